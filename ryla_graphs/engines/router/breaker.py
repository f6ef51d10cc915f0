"""The circuit breaker of a route: closed while it works, open while it fails, half-open while one run tests it.

It counts faults in a row, not rates, because a route gets few runs, and each takes minutes. A route that pushes back
(429) gets no runs for as long as it asks, which is not a fault. After a denial (wrong key, no credit), the breaker
stays open until someone changes something, because retries would not help.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Literal, NamedTuple

State = Literal["closed", "half-open", "open"]
NUMBERS: dict[State, int] = {"closed": 0, "half-open": 1, "open": 2}
"""The values of the states in metrics."""

IN_A_ROW = 3
IN_WINDOW, WINDOW = 5, 10
GOOD_TO_CLOSE = 2
OPEN_SECONDS, MOST_OPEN_SECONDS, JITTER = 15.0, 600.0, 0.2
PUSHED_BACK_SECONDS = 5.0
"""Seconds to wait if a route pushes back without a ``Retry-After``."""


class Shown(NamedTuple):
    """The state of a breaker."""

    state: State
    reason: str = ""
    next_try: float | None = None
    """Seconds until the route may be tried again; None if it does not wait for a time."""


class Permit:
    """Permission for one run, which reports its result once. A dropped permit says nothing about the route."""

    def __init__(self, breaker: Breaker, *, trial: bool) -> None:
        self._breaker, self.trial, self._done = breaker, trial, False

    def good(self) -> None:
        """Report that the route worked, even if the graph itself failed in a node."""
        self._end(lambda: self._breaker.went_well(self))

    def fault(self, reason: str) -> None:
        """Report a fault of the route."""
        self._end(lambda: self._breaker.went_wrong(self, reason))

    def release(self) -> None:
        """Return the permit without a result."""
        self._end(lambda: self._breaker.let_go(self))

    def _end(self, tell: Callable[[], None]) -> None:
        if not self._done:
            self._done = True
            tell()


class Breaker:
    """The state of one route, in this process. `clock` and `spread` are for tests."""

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, spread: Callable[[], float] = random.random
    ) -> None:
        self._clock, self._spread = clock, spread
        self._lock = threading.Lock()
        self._recent: deque[bool] = deque(maxlen=WINDOW)
        self._in_a_row = 0
        self._opened = 0
        self._opened_until: float | None = None
        self._trial: Permit | None = None
        self._good = 0
        self._pushed_until = 0.0
        self._denied = ""
        self._reason = ""

    def shown(self) -> Shown:
        """The current state."""
        with self._lock:
            return self._shown()

    def _shown(self) -> Shown:
        now = self._clock()
        if self._denied:
            return Shown("open", self._denied)
        until = max(self._opened_until or 0.0, self._pushed_until)
        if until > now:
            pushed = self._pushed_until >= (self._opened_until or 0.0)
            return Shown("open", "it accepts no more runs at the moment" if pushed else self._reason, until - now)
        return Shown("closed") if self._opened_until is None else Shown("half-open", self._reason)

    def enter(self) -> Permit | None:
        """A permit for a run; None if the route is open, or another run tests it."""
        with self._lock:
            state = self._shown().state
            if state == "open" or (state == "half-open" and self._trial is not None):
                return None
            permit = Permit(self, trial=state == "half-open")
            if permit.trial:
                self._trial = permit
            return permit

    @property
    def enterable(self) -> bool:
        """Whether `enter` would return a permit."""
        with self._lock:
            state = self._shown().state
            return state == "closed" or (state == "half-open" and self._trial is None)

    def went_well(self, permit: Permit) -> None:
        """Note that a permitted run worked."""
        with self._lock:
            self._leave(permit)
            self._in_a_row = 0
            if self._opened_until is None:
                self._recent.append(True)
            elif permit.trial:
                self._good += 1
                if self._good >= GOOD_TO_CLOSE:
                    self._close()

    def went_wrong(self, permit: Permit, reason: str) -> None:
        """Note that a permitted run met a fault of the route."""
        with self._lock:
            self._leave(permit)
            self._reason = reason
            if self._opened_until is not None:
                if permit.trial:
                    self._open()
                return  # runs that started before it opened tell nothing new
            self._in_a_row += 1
            self._recent.append(False)
            if self._in_a_row >= IN_A_ROW or self._recent.count(False) >= IN_WINDOW:
                self._open()

    def let_go(self, permit: Permit) -> None:
        """Note that a permitted run says nothing about the route."""
        with self._lock:
            self._leave(permit)

    def push_back(self, seconds: float | None) -> None:
        """Note that the route accepts no more runs for a while."""
        with self._lock:
            wait = PUSHED_BACK_SECONDS if seconds is None else min(seconds, MOST_OPEN_SECONDS)
            self._pushed_until = max(self._pushed_until, self._clock() + wait)

    def deny(self, reason: str) -> bool:
        """Note that the route denies access; returns whether that is new."""
        with self._lock:
            news, self._denied = not self._denied, reason
            return news

    def suspect(self, reason: str) -> None:
        """Open, because a health check failed; only a successful run closes the breaker again."""
        with self._lock:
            if self._opened_until is None:
                self._reason = reason
                self._open()

    def reset(self) -> None:
        """Close the breaker and forget all faults, because someone changed something."""
        with self._lock:
            self._denied, self._pushed_until = "", 0.0
            self._close()

    def _leave(self, permit: Permit) -> None:
        if self._trial is permit:
            self._trial = None

    def _open(self) -> None:
        length = min(MOST_OPEN_SECONDS, OPEN_SECONDS * 2.0**self._opened)
        length *= 1 + JITTER * (2 * self._spread() - 1)
        self._opened += 1
        self._opened_until = self._clock() + min(MOST_OPEN_SECONDS, length)
        self._good = self._in_a_row = 0
        self._recent.clear()

    def _close(self) -> None:
        self._opened, self._opened_until = 0, None
        self._good = self._in_a_row = 0
        self._recent.clear()
        self._reason = ""
