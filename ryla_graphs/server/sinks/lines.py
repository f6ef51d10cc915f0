"""The log of a server: lines are written together, so that no request waits for the disk or the terminal."""

from __future__ import annotations

import atexit
import logging
import sys
import threading
from collections import deque
from typing import TextIO

from ryla_graphs.server.log_lines import Lines

EVERY_SECONDS = 0.1


class GatheredLines(logging.Handler):
    """Writes what was logged in the last moment at once, from a thread of its own; warnings do not wait.

    What a process that is killed logged in its last moment is lost.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__()
        self.setFormatter(Lines())
        self._stream = stream or sys.stderr
        self._waiting: deque[logging.LogRecord] = deque()
        self._due = threading.Event()
        threading.Thread(target=self._work, name="ryla-log", daemon=True).start()
        atexit.register(self.flush)

    def handle(self, record: logging.LogRecord) -> bool:
        """Take a record, without a lock: a deque needs none."""
        found = bool(self.filter(record))
        if found:
            self._waiting.append(record)
            if record.levelno >= logging.WARNING:
                self.flush()
            elif not self._due.is_set():
                self._due.set()
        return found

    def flush(self) -> None:
        """Write what waits."""
        with self.lock or threading.Lock():
            lines: list[str] = []
            while self._waiting:
                lines.append(self.format(self._waiting.popleft()) + "\n")
            if lines:
                self._stream.write("".join(lines))
                self._stream.flush()

    def _work(self) -> None:
        while self._due.wait():
            threading.Event().wait(EVERY_SECONDS)
            self._due.clear()
            try:
                self.flush()
            except Exception:  # noqa: BLE001 - nothing reads the log any more, and the server goes on
                self._waiting.clear()
