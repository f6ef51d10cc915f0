"""Caches the engine's catalog, so that no request waits for it."""

from __future__ import annotations

import logging
import threading
import time

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.engines import Engine
from ryla_graphs.problems import EngineError, InvalidDocument

RETRY_SECONDS = 10.0
"""Seconds after which an engine that did not answer is asked again, at the next graph."""

log = logging.getLogger("ryla_graphs.server")


class LiveCatalog:
    """The node classes that graphs are checked against.

    While an engine does not answer, its last known classes count. If it never answered, the bundled classes count, and
    the engine refuses later what it cannot run.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._catalog: Catalog | None = None
        self._retry_at = 0.0

    def get(self) -> Catalog:
        """The current catalog; asks the engine only if it has not answered yet."""
        if self._catalog is None and time.monotonic() >= self._retry_at:
            self.refresh()
        return self._catalog or catalogs.bundled()

    def refresh(self) -> None:
        """Ask the engine again, for example after it got a new file."""
        with self._lock:
            try:
                self._catalog = self._engine.catalog().replace(any_input_file=True)
            except (EngineError, InvalidDocument) as error:
                self._retry_at = time.monotonic() + RETRY_SECONDS
                log.warning("%s does not list its node classes: %s", self._engine.name, error)
