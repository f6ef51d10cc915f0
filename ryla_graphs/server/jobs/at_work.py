"""The runs that are with the engine, and a thread that looks whether they get on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ryla_graphs.problems import EngineError, StoreUnreachable
from ryla_graphs.server.jobs.states import IllegalTransition, JobStates
from ryla_graphs.server.jobs.worker import JobRun

LOOK_SECONDS = 0.5
"""How often it looks."""

log = logging.getLogger("ryla_graphs.server")


class AtWork:
    """Every run that a thread works at.

    A thread that is stuck in the engine cannot be ended. Its job is, another thread takes its slot, and when the engine
    lets go of it at last, it finds that and leaves.
    """

    def __init__(self, states: JobStates, *, given_up: Callable[[str], None]) -> None:
        """`given_up` forgets a job, and gives its slot to another thread."""
        self._states = states
        self._given_up = given_up
        self._runs: dict[str, JobRun] = {}
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin to look."""
        threading.Thread(target=self._watch, name="ryla-watch", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def bring_to_its_end(self, job_id: str, run: JobRun) -> bool:
        """Run a job; False where it was given up meanwhile."""
        self._runs[job_id] = run
        try:
            run.run()
        except Exception:  # the thread lives
            log.exception("job %s was left by a fault of this server", job_id)
        return self._runs.pop(job_id, None) is not None

    def _watch(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            try:
                self._states.keep()
                for job_id, run in list(self._runs.items()):
                    if (error := run.overdue()) is not None:
                        self._give_up(job_id, run, error)
            except Exception:  # the thread lives
                log.exception("a fault of this server while it looked after its jobs")

    def _give_up(self, job_id: str, run: JobRun, error: EngineError) -> None:
        try:
            run.end(error)
        except (StoreUnreachable, IllegalTransition):
            return  # at the next look, unless its own thread was faster
        log.error("job %s is given up: %s", job_id, error)
        if self._runs.pop(job_id, None) is not None:
            self._given_up(job_id)
        run.cancel()
