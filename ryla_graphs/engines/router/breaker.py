"""The breaker of one route: closed while it works, open while it does not, half-open for one run at a time between.

Faults in a row count, not rates: a route sees few runs, and each takes minutes. A route that pushes back (429) is left
alone for as long as it asks, which is no fault. One that denies us (a wrong key, no money) stays open until somebody
changes something, since to try again would only be noise.
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
"""As metrics tell them."""

IN_A_ROW = 3
IN_WINDOW, WINDOW = 5, 10
GOOD_TO_CLOSE = 2
OPEN_SECONDS, MOST_OPEN_SECONDS, JITTER = 15.0, 600.0, 0.2
PUSHED_BACK_SECONDS = 5.0
"""Where a route that takes no more does not say when to come back."""


class Shown(NamedTuple):
    """How a breaker is."""

    state: State
    reason: str = ""
    next_try: float | None = None
    """In seconds from now; None if nothing is waited for."""


class Permit:
    """That one run may be handed over; says how it ended once. Dropping it says nothing about the route."""

    def __init__(self, breaker: Breaker, *, trial: bool) -> None:
        self._breaker, self.trial, self._done = breaker, trial, False

    def good(self) -> None:
        """The route did what it should, be it that the graph failed in a node that runs fine."""
        self._end(lambda: self._breaker.went_well(self))

    def fault(self, reason: str) -> None:
        """The route did not do what it should."""
        self._end(lambda: self._breaker.went_wrong(self, reason))

    def release(self) -> None:
        """Nothing can be said of the route."""
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
        """How it is now."""
        with self._lock:
            return self._shown()

    def _shown(self) -> Shown:
        now = self._clock()
        if self._denied:
            return Shown("open", self._denied)
        until = max(self._opened_until or 0.0, self._pushed_until)
        if until > now:
            pushed = self._pushed_until >= (self._opened_until or 0.0)
            return Shown("open", "it takes no more at the moment" if pushed else self._reason, until - now)
        return Shown("closed") if self._opened_until is None else Shown("half-open", self._reason)

    def enter(self) -> Permit | None:
        """May a run be handed over? None if not, as while another one tries a half-open route."""
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
        """Whether `enter` would give a permit now."""
        with self._lock:
            state = self._shown().state
            return state == "closed" or (state == "half-open" and self._trial is None)

    def went_well(self, permit: Permit) -> None:
        """A run that it permitted ended well."""
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
        """A run that it permitted met a fault of the route."""
        with self._lock:
            self._leave(permit)
            self._reason = reason
            if self._opened_until is not None:
                if permit.trial:
                    self._open()
                return  # of those that were under way when it opened, nothing new is learnt
            self._in_a_row += 1
            self._recent.append(False)
            if self._in_a_row >= IN_A_ROW or self._recent.count(False) >= IN_WINDOW:
                self._open()

    def let_go(self, permit: Permit) -> None:
        """A run that it permitted says nothing about the route."""
        with self._lock:
            self._leave(permit)

    def push_back(self, seconds: float | None) -> None:
        """The route takes no more for a while."""
        with self._lock:
            wait = PUSHED_BACK_SECONDS if seconds is None else min(seconds, MOST_OPEN_SECONDS)
            self._pushed_until = max(self._pushed_until, self._clock() + wait)

    def deny(self, reason: str) -> bool:
        """The route turns us away; gives whether that is news."""
        with self._lock:
            news, self._denied = not self._denied, reason
            return news

    def suspect(self, reason: str) -> None:
        """A look at the route finds it unwell: it opens, and only a run closes it again."""
        with self._lock:
            if self._opened_until is None:
                self._reason = reason
                self._open()

    def reset(self) -> None:
        """Somebody has changed something: forget all that was seen."""
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
