"""Checkpoints of the SQLite database in a thread of their own, so that no job waits for the disk."""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from queue import SimpleQueue

log = logging.getLogger("ryla_graphs.server")

EVERY = 500
"""Transactions between two checkpoints; their log is some megabytes."""


class Checkpoints:
    """Moves the log into the database from time to time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Takes a message even from a garbage collection that interrupted this very thread; an event would hang there.
        self._due: SimpleQueue[bool] = SimpleQueue()
        self._written = 0
        self._thread = threading.Thread(target=self._work, name="ryla-checkpoints", daemon=True)
        self._thread.start()

    def written(self) -> None:
        """Count a transaction."""
        self._written += 1
        if self._written >= EVERY:
            self._written = 0
            self._due.put(True)

    def stop(self) -> None:
        """Have the thread end; may be called by a garbage collection."""
        self._due.put(False)

    def join(self) -> None:
        """Wait until it has ended."""
        self._thread.join()

    def _work(self) -> None:
        while self._due.get():
            try:
                with closing(sqlite3.connect(self._path, isolation_level=None)) as db:
                    db.execute("PRAGMA wal_checkpoint(PASSIVE)")
            except sqlite3.Error as error:  # the log grows until the disk takes it again
                log.error("the database cannot be brought up to its log: %s", error)
