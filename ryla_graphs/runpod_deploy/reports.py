"""Reports progress from time to time, and never after the end.

RunPod's SDK sends each update from its own thread, and offers no way to wait for it. An update that arrives after the
result sets the finished job back to IN_PROGRESS forever. So this finds the threads that a call starts, and waits for
them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

SECONDS = 1.0
"""Seconds between two updates; each is a request to RunPod."""
JOIN_SECONDS = 10.0

log = logging.getLogger("ryla_graphs.runpod_deploy")


class ProgressReports:
    """The updates of one job."""

    def __init__(self, send: Callable[[Mapping[str, Any]], None], *, seconds: float = SECONDS) -> None:
        self._send, self._seconds = send, seconds
        self._again = 0.0
        self._threads: list[threading.Thread] = []

    def put(self, facts: Mapping[str, Any]) -> None:
        """Send the progress, unless an update was sent a moment ago or is still being sent."""
        if time.monotonic() < self._again or any(thread.is_alive() for thread in self._threads):
            return
        self._again = time.monotonic() + self._seconds
        before = set(threading.enumerate())
        try:
            self._send(facts)
        except Exception as error:  # noqa: BLE001 - a lost report must not fail the job
            log.warning("cannot report progress: %s", error)
        self._threads = [thread for thread in threading.enumerate() if thread not in before]

    def close(self) -> None:
        """Wait until no update is being sent."""
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(JOIN_SECONDS)
