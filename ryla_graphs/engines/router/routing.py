"""The protocol of routers, as the server uses them."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.router.journal import Journal


@runtime_checkable
class Routing(Protocol):
    """An engine that hands runs to routes."""

    def keep_in(self, journal: Journal) -> None:
        """Store attempts in this journal."""
        ...

    def check(self, workflow: CompiledWorkflow, sizes: dict[str, int]) -> None:
        """Raise `CannotRunHere` if no route could run a graph."""
        ...

    def drain(self, name: str, *, on: bool = True) -> dict[str, Any]:
        """Stop giving a route new runs, or resume."""
        ...

    def routes(self) -> list[dict[str, Any]]:
        """The state of all routes."""
        ...

    def hint(self, name: str, run_id: str) -> None:
        """Poll a run of a route."""
        ...

    @property
    def trouble(self) -> str:
        """Why the newest flags are not in use; empty if they are."""
        ...
