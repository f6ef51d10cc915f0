"""The engine's catalog, kept, so that no request waits for it."""

from __future__ import annotations

import logging
import threading
import time

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.engines import Engine
from ryla_graphs.problems import EngineError, InvalidDocument

RETRY_SECONDS = 10.0
"""After this long an engine that did not tell is asked again, when a graph comes."""

log = logging.getLogger("ryla_graphs.server")


class LiveCatalog:
    """The node classes that graphs are checked against.

    An engine that does not answer has the classes that it had; one that never answered has the bundled ones, and
    refuses later what it cannot run.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._catalog: Catalog | None = None
        self._retry_at = 0.0

    def get(self) -> Catalog:
        """The catalog; asks the engine only if it has not answered yet."""
        if self._catalog is None and time.monotonic() >= self._retry_at:
            self.refresh()
        return self._catalog or catalogs.bundled()

    def refresh(self) -> None:
        """Ask the engine again, as after a file has come to it."""
        with self._lock:
            try:
                self._catalog = self._engine.catalog().replace(any_input_file=True)
            except (EngineError, InvalidDocument) as error:
                self._retry_at = time.monotonic() + RETRY_SECONDS
                log.warning("%s does not list its node classes: %s", self._engine.name, error)
