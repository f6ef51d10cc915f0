"""The engine of a container whose ComfyUI did not start."""

from __future__ import annotations

from typing import Any

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines import Run
from ryla_graphs.engines.base import Health, LostRun
from ryla_graphs.problems import EngineError, RunLost


class Broken:
    """The engine of a container that has no ComfyUI; see `ryla_graphs.engines.base.Engine`."""

    name = "a container without ComfyUI"
    slots = 0

    def __init__(self, why: str) -> None:
        self._why = why

    def catalog(self) -> Catalog:
        """The bundled classes, so that a job can be read before it is refused."""
        return catalogs.bundled()

    def start(self, *_: Any, **__: Any) -> Run:
        """Raises `EngineError` with the reason."""
        raise EngineError(self._why)

    def resume(self, run_id: str, workflow: CompiledWorkflow) -> Run:  # noqa: ARG002 - this container never had a run
        """Raises `EngineError`: nothing runs here."""
        return LostRun(run_id, RunLost(self._why))

    def health(self) -> Health:
        """Never ready."""
        return Health(ready=False, reason=self._why)

    def close(self) -> None:
        """Does nothing, since it holds nothing."""
