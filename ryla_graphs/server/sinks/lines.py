"""A log handler that writes lines in batches, so that no request waits for the disk or the terminal."""

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
    """Collects log lines for a moment and writes them together, from its own thread; warnings are written at once.

    If the process is killed, the lines of its last moment are lost.
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
        """Accept a record. Needs no lock, since appending to a deque is atomic."""
        found = bool(self.filter(record))
        if found:
            self._waiting.append(record)
            if record.levelno >= logging.WARNING:
                self._flush_anyway()
            elif not self._due.is_set():
                self._due.set()
        return found

    def flush(self) -> None:
        """Write the waiting lines."""
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
            self._flush_anyway()

    def _flush_anyway(self) -> None:
        """Write the waiting lines. If the disk is full, or the log has no reader, they are lost; the server goes on."""
        try:
            self.flush()
        except Exception:  # noqa: BLE001 - whoever logs, often about the full disk, must not fail
            self._waiting.clear()
