"""The engine's catalog, asked for when it is first needed and again from time to time."""

from __future__ import annotations

import logging
import threading
import time

from ryla_graphs import catalogs
from ryla_graphs.engines import Engine
from ryla_graphs.errors import EngineError, InvalidDocument
from ryla_graphs.object_info import Catalog

FRESH_SECONDS = 300.0
"""For so long a catalog is taken to be what the engine has."""
RETRY_SECONDS = 10.0
"""After this long an engine that did not tell is asked again."""

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
        self._until = 0.0

    def get(self) -> Catalog:
        """The catalog; asks the engine where what is known is old."""
        if self._catalog is not None and time.monotonic() < self._until:
            return self._catalog
        with self._lock:
            if self._catalog is None or time.monotonic() >= self._until:
                self._ask()
            return self._catalog or catalogs.bundled()

    def _ask(self) -> None:
        try:
            self._catalog = self._engine.catalog().with_any_input_file()
            self._until = time.monotonic() + FRESH_SECONDS
        except (EngineError, InvalidDocument) as error:
            log.warning("%s does not tell its node classes: %s", self._engine.name, error)
            self._catalog = self._catalog or catalogs.bundled()
            self._until = time.monotonic() + RETRY_SECONDS
