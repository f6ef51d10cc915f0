"""The jobs that run on the engine, and a thread that detects stuck ones."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ryla_graphs.problems import EngineError, StoreUnreachable
from ryla_graphs.server.jobs.states import IllegalTransition, JobStates
from ryla_graphs.server.jobs.worker import JobRun

LOOK_SECONDS = 0.5
"""Seconds between two checks."""

log = logging.getLogger("ryla_graphs.server")


class RunningJobs:
    """Every job that a thread is running.

    A thread that is stuck in the engine cannot be killed. So its job is ended and another thread takes its slot; once
    the engine returns control to the stuck thread, it notices that it was replaced, and exits.
    """

    def __init__(self, states: JobStates, *, given_up: Callable[[str], None]) -> None:
        """`given_up` is called with the id of a job whose thread is stuck, to give its slot to another thread."""
        self._states = states
        self._given_up = given_up
        self._runs: dict[str, JobRun] = {}
        self._stopped = threading.Event()

    def start(self) -> None:
        """Start the thread that checks."""
        threading.Thread(target=self._watch, name="ryla-watch", daemon=True).start()

    def stop(self) -> None:
        """Stop the thread that checks."""
        self._stopped.set()

    def run_to_end(self, job_id: str, run: JobRun) -> bool:
        """Run a job to its end; False if it was given up in the meantime."""
        self._runs[job_id] = run
        try:
            run.run()
        except Exception:  # the thread must survive
            log.exception("a bug in this server interrupted job %s", job_id)
        return self._runs.pop(job_id, None) is not None

    def _watch(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            try:
                self._states.keep()
                for job_id, run in list(self._runs.items()):
                    if (error := run.overdue()) is not None:
                        self._give_up(job_id, run, error)
            except Exception:  # the thread must survive
                log.exception("a bug in this server interrupted the check for stuck jobs")

    def _give_up(self, job_id: str, run: JobRun, error: EngineError) -> None:
        try:
            run.end(error)
        except (StoreUnreachable, IllegalTransition):
            return  # retried at the next check, unless its own thread ends the job first
        log.error("job %s is given up: %s", job_id, error)
        if self._runs.pop(job_id, None) is not None:
            self._given_up(job_id)
        run.cancel()
