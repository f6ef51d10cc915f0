"""The time limits of an attempt: until it starts, while it runs, and in all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

from ryla_graphs.engines.router.route import Route

Late = Literal["start", "run", "total"]


class Budgets:
    """The timers of one attempt. The first one that expires calls `expire`, which says whether it ends the attempt."""

    def __init__(self, route: Route, expire: Callable[[Late], bool]) -> None:
        self._route, self._expire = route, expire
        self._lock = threading.Lock()
        self._timers: dict[Late, threading.Timer] = {}
        self._over = False
        self.late: Late | None = None
        """Which timer has expired."""
        self._set("start", route.start_seconds)
        self._set("total", route.total_seconds)

    def begun(self) -> None:
        """Note that the run has started."""
        with self._lock:
            if (timer := self._timers.pop("start", None)) is not None:
                timer.cancel()
        self._set("run", self._route.run_seconds)

    def stop(self) -> None:
        """Stop all timers: the attempt has ended."""
        with self._lock:
            self._over = True
            for timer in self._timers.values():
                timer.cancel()
            self._timers.clear()

    def _set(self, kind: Late, seconds: float | None) -> None:
        if seconds is None:
            return
        with self._lock:
            if not self._over:
                timer = self._timers[kind] = threading.Timer(seconds, self._ran_out, (kind,))
                timer.daemon = True
                timer.start()

    def _ran_out(self, kind: Late) -> None:
        with self._lock:
            if self._over or self.late is not None or kind not in self._timers:
                return
            self.late = kind
            del self._timers[kind]
        if not self._expire(kind):
            self.late = None
            self._set(kind, self._route.start_seconds if kind == "start" else None)
