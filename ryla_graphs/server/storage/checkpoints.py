"""Checkpoints of the SQLite database in a thread of their own, so that no job waits for the disk."""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

log = logging.getLogger("ryla_graphs.server")

EVERY = 500
"""Transactions between two checkpoints; their log is some megabytes."""


class Checkpoints:
    """Moves the log into the database from time to time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._due = threading.Event()
        self._written = 0
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name="ryla-checkpoints", daemon=True)
        self._thread.start()

    def written(self) -> None:
        """Count a transaction."""
        self._written += 1
        if self._written >= EVERY:
            self._written = 0
            self._due.set()

    def stop(self) -> None:
        """End the thread; it may be the one that calls, where it collects the garbage."""
        self._stopped = True
        self._due.set()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _work(self) -> None:
        while True:
            self._due.wait()
            self._due.clear()
            if self._stopped:
                return
            try:
                with closing(sqlite3.connect(self._path, isolation_level=None)) as db:
                    db.execute("PRAGMA wal_checkpoint(PASSIVE)")
            except sqlite3.Error as error:  # the log grows until the disk takes it again
                log.error("the database cannot be brought up to its log: %s", error)
