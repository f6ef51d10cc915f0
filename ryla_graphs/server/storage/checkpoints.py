"""Checkpoints the SQLite database in its own thread, so that no job waits for the disk."""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from queue import SimpleQueue

log = logging.getLogger("ryla_graphs.server")

EVERY = 500
"""Transactions between two checkpoints; their log has a few megabytes."""
LARGE = 64 * 1024
"""The bytes of a large transaction; it counts as several, by its size."""


class Checkpoints:
    """Moves the write-ahead log into the database from time to time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # A SimpleQueue is reentrant: a garbage collection that interrupts this thread may put into it; an Event hangs.
        self._due: SimpleQueue[bool] = SimpleQueue()
        self._written = 0
        self._thread = threading.Thread(target=self._work, name="ryla-checkpoints", daemon=True)
        self._thread.start()

    def written(self, size: int = 0) -> None:
        """Count a transaction, of about so many bytes."""
        self._written += 1 + size // LARGE
        if self._written >= EVERY:
            self._written = 0
            self._due.put(True)

    def stop(self) -> None:
        """Tell the thread to end; may be called during garbage collection."""
        self._due.put(False)

    def join(self) -> None:
        """Wait until the thread has ended."""
        self._thread.join()

    def _work(self) -> None:
        while self._due.get():
            try:
                # Without this mode, SQLite would create an empty database where the old one was deleted.
                place = f"{self._path.absolute().as_uri()}?mode=rw"
                with closing(sqlite3.connect(place, uri=True, isolation_level=None)) as db:
                    db.execute("PRAGMA wal_checkpoint(PASSIVE)")
            except sqlite3.Error as error:  # the log grows until the disk can be written again
                log.error("cannot checkpoint the database: %s", error)
