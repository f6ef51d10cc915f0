"""The time limits of engines, and how the server notices that one is exceeded."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ryla_graphs.problems import Cancelled, EngineError, RunTimedOut

PLAN_TIMES = 20.0
"""A run may take this many times its planned time: plans assume one good GPU, and people have slower ones."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """In seconds."""

    silence: float = 1_800
    """Seconds without an event from an executing run."""
    download: float = 300
    """Seconds to fetch one output."""
    cancel: float = 10
    """Seconds from a cancellation until the run's thread is given up."""
    least: float = 3_600
    """Seconds that every run may take, however short its plan."""
    most: float = 21_600
    """The most seconds that any run may execute, or wait in the engine's own queue."""

    def run(self, planned: float | None) -> float:
        """The most seconds that a run with this planned time may execute.

        >>> Deadlines().run(400), Deadlines().run(1), Deadlines().run(None)
        (8000.0, 3600, 21600)
        """
        return self.most if planned is None else min(self.most, max(self.least, planned * PLAN_TIMES))


class Watch:
    """What a thread is doing with its run. The thread writes here, and another one checks for progress."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.wait()

    def wait(self) -> None:
        """Note that another attempt starts, and waits for its turn."""
        self._begun: float | None = None
        self._fetching: float | None = None
        self._heard = self._clock()

    def start(self) -> None:
        """Note that the engine executes the run."""
        self._begun = self._begun if self._begun is not None else self._clock()

    def hear(self) -> None:
        """Note that the engine sent something."""
        self._heard = self._clock()

    def excuse(self) -> None:
        """Restart all timers: the delay is not the engine's fault, but for example a full disk."""
        now = self._clock()
        self._heard = now
        self._begun, self._fetching = (None if since is None else now for since in (self._begun, self._fetching))

    @contextmanager
    def fetch(self) -> Iterator[None]:
        """Time the download of an output inside the block."""
        self._fetching = self._clock()
        try:
            yield
        finally:
            self._fetching = None
            self.hear()

    def overdue(
        self, deadlines: Deadlines, *, cancelled: float | None, planned: Callable[[], float | None]
    ) -> EngineError | None:
        """Why the run must be given up; None while all limits hold.

        `cancelled` is the time of a cancellation, `planned` computes the planned time, and is only called if needed.
        """
        now, begun, fetching = self._clock(), self._begun, self._fetching
        if cancelled is not None and now - cancelled > deadlines.cancel:
            return Cancelled("the job was cancelled, but the engine did not confirm that the run ended")
        if fetching is not None:
            if now - fetching > deadlines.download:
                return RunTimedOut(f"the engine did not deliver an output within {deadlines.download:g} seconds")
            return None
        if begun is None and now - self._heard > deadlines.most:
            return RunTimedOut(f"the engine did not start the run within {deadlines.most:g} seconds")
        if begun is None:
            return None
        if now - self._heard > deadlines.silence:
            return RunTimedOut(f"the engine sent no event of the run for {deadlines.silence:g} seconds")
        least = min(deadlines.least, deadlines.most)  # before that, no plan need be asked
        if now - begun > least and now - begun > (most := deadlines.run(planned())):
            return RunTimedOut(f"the run took longer than its limit of {most:g} seconds")
        return None
