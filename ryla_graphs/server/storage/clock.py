"""A clock by which nothing is deleted early, even if the machine's clock is set forward and back."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

MEMORY_SECONDS = 24 * 3600.0
"""For how long a clock that is set forward is not trusted yet."""
_EVERY_SECONDS = 300.0
"""The least time between two readings that are remembered; between them, the lowest counts."""


class SlowClock:
    """Seconds since 1970, by the slowest that the machine's clock was in the last day.

    A clock that is set forward by an hour makes everything look an hour older. So ages are computed with a time that
    follows backward jumps at once, and forward jumps after a day.
    """

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._steady = wall, steady
        self._lock = threading.Lock()
        self._seen: deque[tuple[float, float]] = deque()
        """When the clock was read, and its lead over the steady clock; the leads rise."""
        self.now()

    def now(self) -> float:
        """The time; reads the clock, so that a jump is noticed."""
        with self._lock:
            at = self._steady()
            lead = self._wall() - at
            while self._seen and self._seen[-1][1] >= lead:
                self._seen.pop()
            if not self._seen or at - self._seen[-1][0] >= _EVERY_SECONDS:
                self._seen.append((at, lead))
            while self._seen[0][0] < at - MEMORY_SECONDS:
                self._seen.popleft()
                if not self._seen:
                    self._seen.append((at, lead))
            return at + self._seen[0][1]
