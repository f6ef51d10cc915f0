"""Progress that is reported now and then, and never after the end.

RunPod's SDK sends each update from a thread of its own and gives no way to wait for it. One that overtakes the result
puts the finished job back to IN_PROGRESS for ever. So the threads that a call starts are found, and waited for.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

SECONDS = 1.0
"""Between two updates; each is a request to RunPod."""
JOIN_SECONDS = 10.0

log = logging.getLogger("ryla_graphs.runpod_deploy")


class Telling:
    """The updates of one job."""

    def __init__(self, send: Callable[[Mapping[str, Any]], None], *, seconds: float = SECONDS) -> None:
        self._send, self._seconds = send, seconds
        self._again = 0.0
        self._threads: list[threading.Thread] = []

    def put(self, facts: Mapping[str, Any]) -> None:
        """Tell how far the job is, unless that was done a moment ago or the last update is still on its way."""
        if time.monotonic() < self._again or any(thread.is_alive() for thread in self._threads):
            return
        self._again = time.monotonic() + self._seconds
        before = set(threading.enumerate())
        try:
            self._send(facts)
        except Exception as error:  # noqa: BLE001 - a lost report is no reason for the job to fail
            log.warning("progress could not be reported: %s", error)
        self._threads = [thread for thread in threading.enumerate() if thread not in before]

    def close(self) -> None:
        """Wait until nothing is on its way any more."""
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(JOIN_SECONDS)
