"""What a server asks of an engine that hands runs to routes."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.router.journal import Journal


@runtime_checkable
class Routing(Protocol):
    """An engine that hands runs to routes."""

    def keep_in(self, journal: Journal) -> None:
        """Keep attempts there."""
        ...

    def check(self, workflow: CompiledWorkflow, sizes: dict[str, int]) -> None:
        """Raise `CannotRunHere` where no route could run a graph."""
        ...

    def drain(self, name: str, *, on: bool = True) -> dict[str, Any]:
        """Give a route no new runs, or again."""
        ...

    def routes(self) -> list[dict[str, Any]]:
        """How all routes are."""
        ...

    def hint(self, name: str, run_id: str) -> None:
        """Have a run of a route asked for."""
        ...

    @property
    def trouble(self) -> str:
        """Why the newest flags are not in use."""
        ...
