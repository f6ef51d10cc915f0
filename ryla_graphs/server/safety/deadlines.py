"""How long an engine may take for what, and what tells that it takes longer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ryla_graphs.problems import Cancelled, EngineError, RunTimedOut

PLAN_TIMES = 20.0
"""A run may take this many times what its plan says: plans are for one good GPU, and people have others."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """In seconds."""

    silence: float = 1_800
    """A run that executes and tells nothing."""
    download: float = 300
    """The fetching of one output."""
    cancel: float = 10
    """What was cancelled, until its thread is given up."""
    least: float = 3_600
    """Every run may take so long, whatever its plan says."""
    most: float = 21_600
    """No run may take longer, also without a planned time. Nor may it wait longer in the engine's
    own queue, where others may be before it."""

    def run(self, planned: float | None) -> float:
        """How long a run may execute.

        >>> Deadlines().run(400), Deadlines().run(1), Deadlines().run(None)
        (8000.0, 3600, 21600)
        """
        return self.most if planned is None else min(self.most, max(self.least, planned * PLAN_TIMES))


class Watch:
    """What a thread is at with its run. It writes here, and another thread looks whether it gets on."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.wait()

    def wait(self) -> None:
        """Another attempt begins; it waits for its turn."""
        self._begun: float | None = None
        self._fetching: float | None = None
        self._heard = self._clock()

    def start(self) -> None:
        """The engine executes it."""
        self._begun = self._begun if self._begun is not None else self._clock()

    def hear(self) -> None:
        """The engine sent something."""
        self._heard = self._clock()

    def excuse(self) -> None:
        """What holds the thread up is none of the engine's doing, such as a full disk; all clocks begin again."""
        now = self._clock()
        self._heard = now
        self._begun, self._fetching = (None if since is None else now for since in (self._begun, self._fetching))

    @contextmanager
    def fetch(self) -> Iterator[None]:
        """Read an output from the engine."""
        self._fetching = self._clock()
        try:
            yield
        finally:
            self._fetching = None
            self.hear()

    def overdue(
        self, deadlines: Deadlines, *, cancelled: float | None, planned: Callable[[], float | None]
    ) -> EngineError | None:
        """Why the run is to be given up; None while it is on its way.

        `cancelled` is when somebody wanted its end, `planned` gives what its plan says, and is asked late.
        """
        now, begun, fetching = self._clock(), self._begun, self._fetching
        if cancelled is not None and now - cancelled > deadlines.cancel:
            return Cancelled("the job was cancelled, and the engine does not say that it ended")
        if fetching is not None:
            if now - fetching > deadlines.download:
                return RunTimedOut(f"the engine did not hand an output over in {deadlines.download:g} seconds")
            return None
        if begun is None and now - self._heard > deadlines.most:
            return RunTimedOut(f"the engine did not begin the run in {deadlines.most:g} seconds")
        if begun is None:
            return None
        if now - self._heard > deadlines.silence:
            return RunTimedOut(f"the engine sent nothing about the run for {deadlines.silence:g} seconds")
        if now - begun > deadlines.least and now - begun > (most := deadlines.run(planned())):
            return RunTimedOut(f"the run took more than the {most:g} seconds that it may take")
        return None
