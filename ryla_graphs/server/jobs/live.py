"""The jobs of this process that have not ended, for whoever asks about them. `states` moves them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ryla_graphs.answers.words import JobState
from ryla_graphs.server.jobs.channels import Channel
from ryla_graphs.server.records import Asset, Job

Snapshot = Callable[[], Mapping[str, Any]]
"""Makes the complete progress of a job; called in any thread."""


@dataclass(slots=True)
class Live:
    """A job that has not ended. Code that moves or reports it holds the lock, so event numbers are sent in order."""

    job: Job
    channel: Channel
    kept: JobState
    """The state in the store."""
    lead: float
    """The job's time less the steady clock. All its times are counted from its first one, so that none goes back and
    durations are right, whatever happens to the machine's clock."""
    outputs: tuple[Asset, ...] = ()
    elsewhere: bool = False
    """Whether another process moves the job and numbers its events."""
    news: Snapshot | None = None
    """What makes the latest progress, if it is noted and not reported."""
    lock: threading.Lock = field(default_factory=threading.Lock)


class LiveJobs:
    """Answers questions about live jobs; never blocks."""

    def __init__(self) -> None:
        self._live: dict[str, Live] = {}

    def all_live(self) -> tuple[Job, ...]:
        """All live jobs."""
        return tuple(live.job for live in [*self._live.values()])

    def live(self, job_id: str) -> Job | None:
        """A live job in its current state."""
        found = self._live.get(job_id)
        return found.job if found else None

    def channel(self, job_id: str) -> Channel | None:
        """The channel with the events of a live job."""
        found = self._live.get(job_id)
        return found.channel if found else None

    def followed(self, job_id: str) -> bool:
        """Whether a job's events have a reader at the moment."""
        found = self._live.get(job_id)
        return found is not None and found.channel.followers > 0

    def outputs(self, job_id: str) -> tuple[Asset, ...]:
        """The committed outputs of a live job."""
        found = self._live.get(job_id)
        return found.outputs if found else ()

    def of_run(self, run_id: str) -> Job | None:
        """The live job that a run belongs to."""
        return next((job for job in self.all_live() if job.run_id == run_id), None)

    def progress_of(self, job_id: str) -> Mapping[str, Any] | None:
        """The latest progress of a job that has not ended."""
        if (live := self._live.get(job_id)) is None:
            return None
        return live.channel.progress if (news := live.news) is None else news()
