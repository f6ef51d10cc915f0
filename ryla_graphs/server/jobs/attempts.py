"""Stores the attempts of a router in the record of their job."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ryla_graphs.engines.router.journal import Attempt, RunOptions
from ryla_graphs.server.job_options import MAX_USD, USER
from ryla_graphs.server.jobs.states import JobStates
from ryla_graphs.server.records import Job

Kept = Callable[[Callable[[], Job]], Job]


class JobJournal:
    """The router's journal on a server: what `write` has stored survives a crash."""

    def __init__(self, states: JobStates, kept: Kept) -> None:
        self._states, self._kept = states, kept

    def options(self, run_id: str) -> RunOptions:
        """Whom the job is for: its user key, or else its owner; and its spending limit."""
        job = self._states.of_run(run_id)
        if job is None:
            return RunOptions()
        extra = job.request.extra
        return RunOptions(extra.get(USER) or job.owner, job.request.preset, max_usd=extra.get(MAX_USD))

    def attempts(self, run_id: str) -> Sequence[Attempt]:
        """The attempts in the record of the job, earlier runs included."""
        job = self._states.of_run(run_id)
        return () if job is None else [Attempt.from_dict(row) for row in job.attempts]

    def write(self, run_id: str, attempts: Sequence[Attempt]) -> None:
        """Store attempts with the job; blocks and retries while the store does not answer."""
        job = self._states.of_run(run_id)
        if job is not None:
            rows, job_id = tuple(attempt.to_dict() for attempt in attempts), job.id
            self._kept(lambda: self._states.attempted(job_id, rows))
