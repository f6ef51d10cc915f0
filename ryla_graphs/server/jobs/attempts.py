"""Attempts of a router, kept in the record of their job."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ryla_graphs.engines.router.journal import Asked, Attempt
from ryla_graphs.server.jobs.states import JobStates
from ryla_graphs.server.records import Job
from ryla_graphs.server.wishes import MAX_USD, USER

Kept = Callable[[Callable[[], Job]], Job]


class JobJournal:
    """The journal of a server: what is written has survived a crash when `write` returns."""

    def __init__(self, states: JobStates, kept: Kept) -> None:
        self._states, self._kept = states, kept

    def asked(self, run_id: str) -> Asked:
        """Who the job is for: its user key, or else whoever sent it."""
        job = self._states.of_run(run_id)
        if job is None:
            return Asked()
        extra = job.request.extra
        return Asked(extra.get(USER) or job.owner, job.request.preset, max_usd=extra.get(MAX_USD))

    def attempts(self, run_id: str) -> Sequence[Attempt]:
        """Those in the record of the job, also of runs that it had before."""
        job = self._states.of_run(run_id)
        return () if job is None else [Attempt.from_dict(row) for row in job.attempts]

    def write(self, run_id: str, attempts: Sequence[Attempt]) -> None:
        """Keep them with the job; waits while the store takes nothing."""
        job = self._states.of_run(run_id)
        if job is not None:
            rows, job_id = tuple(attempt.to_dict() for attempt in attempts), job.id
            self._kept(lambda: self._states.attempted(job_id, rows))
