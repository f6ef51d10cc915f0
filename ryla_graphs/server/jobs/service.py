"""`JobService`: accepts jobs, hands them to worker threads, and lets callers wait, follow and cancel."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple, Protocol

from ryla_graphs.answers.words import JobState
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines import Engine
from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.engines.router.routing import Routing
from ryla_graphs.problems import StoreUnreachable
from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.jobs.attempts import JobJournal
from ryla_graphs.server.jobs.channels import Channel
from ryla_graphs.server.jobs.following import Deliver
from ryla_graphs.server.jobs.running import RunningJobs
from ryla_graphs.server.jobs.states import IllegalTransition, JobStates
from ryla_graphs.server.jobs.waiting import JobQueue
from ryla_graphs.server.jobs.worker import Cancellation, JobRun, Tools
from ryla_graphs.server.records import Asset, Ended, IdempotencyKey, Job, JobEvent, KeyUse, run_id_of
from ryla_graphs.server.settings import Settings
from ryla_graphs.server.sinks.base import Sink
from ryla_graphs.server.storage import Blobs, Store
from ryla_graphs.server.threads import go_on, in_thread, in_thread_until

Rebuild = Callable[[Job], CompiledWorkflow]
"""Compiles a job for the engine; raises if that is no longer possible."""

STOP_SECONDS = 5.0
"""Seconds that `stop` waits for jobs that are just ending; the next process resumes the others."""

log = logging.getLogger("ryla_graphs.server")


class Accepted(NamedTuple):
    """The result of a submission."""

    job: Job
    replayed: bool = False
    """Whether the job belongs to an earlier request with the same idempotency key."""


class Relay(Protocol):
    """Notifies the process that runs the jobs, if that is another one; both share the store."""

    def job(self, job_id: str) -> None:
        """Announce a new job."""
        ...

    def cancel(self, job_id: str) -> None:
        """Ask for a job to be cancelled."""
        ...


class JobService:
    """All jobs of one process. Call blocking methods in threads, async ones on the loop given to `start`."""

    def __init__(
        self,
        engine: Engine,
        store: Store,
        blobs: Blobs,
        settings: Settings,
        *,
        rebuild: Rebuild,
        deliver: Deliver,
        sinks: Iterable[Sink] = (),
    ) -> None:
        self._store = store
        self._queue = JobQueue(settings.queue_limit, max(1, engine.slots))
        self._rebuild = rebuild
        self._states = JobStates(store, sinks)
        self._stopping = threading.Event()
        self._tools = Tools(engine, blobs, self._states, settings, deliver, self._stopping)
        if isinstance(engine, Routing):
            engine.keep_in(JobJournal(self._states, self._tools.kept))
        self._compiled: dict[str, CompiledWorkflow] = {}
        self._partner_keys: dict[str, PartnerKey] = {}
        self._cancellations: dict[str, Cancellation] = {}
        self._running = RunningJobs(self._states, given_up=self._given_up)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._relay: Relay | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Resume the jobs that an earlier process left unfinished, and start to work."""
        self._loop = loop
        left = self._store.jobs(states=(JobState.QUEUED, JobState.RUNNING))
        left.sort(key=lambda job: (job.state is JobState.QUEUED, job.created_at))
        self._running.start()
        self.resume(left)
        if left:
            log.info("resumed %d jobs that an earlier process left unfinished", len(left))

    def resume(self, jobs: Iterable[Job]) -> None:
        """Work on jobs that another process has stored; ignore those that are here already."""
        assert self._loop is not None
        taken = [job for job in jobs if not job.state.terminal and self._states.live(job.id) is None]
        for job in taken:
            self._states.revive(job, self._loop)
            self._cancellations[job.id] = Cancellation()
            if job.cancel_requested:
                self._cancellations[job.id].request()
        for _ in range(self._queue.restore([job.id for job in taken])):
            go_on(self._work)

    def let_go(self, relay: Relay) -> None:
        """Leave the jobs to another process from now on, and run no more here.

        Callers still get answers, from what that process stores (see `heard`); their requests are relayed.
        """
        self._relay = relay
        self._stopping.set()
        self._queue.close()

    def heard(self, job_id: str) -> None:
        """Send the events that another process has stored for a job to the job's readers here."""
        if (job := self._store.job(job_id)) is not None:
            self._states.heard(job, self._store.events(job_id), self._store.outputs(job_id))

    @property
    def live_jobs(self) -> tuple[Job, ...]:
        """All jobs that have not ended."""
        return self._states.all_live()

    def stop(self) -> None:
        """Start no more jobs. Runs continue on the engine, and the next process resumes their jobs."""
        self._stopping.set()
        self._queue.close()
        self._queue.rest(STOP_SECONDS)
        self._running.stop()

    def submit(
        self,
        job: Job,
        workflow: CompiledWorkflow,
        key: IdempotencyKey | None = None,
        partner_key: PartnerKey | None = None,
    ) -> Accepted:
        """Store and queue a new job; if its idempotency key was used before, return the earlier job instead.

        `partner_key` stays in memory only, until the job or the process ends.

        Raises `RequestError`: `queue_full`, `not_ready`, `idempotency_key_reuse`.
        """
        if self._loop is None:
            raise RequestError("not_ready", "the server is starting")
        if self._relay is not None:
            return self._relayed(job, key, self._relay, self._loop)
        at_once = self._queue.reserve()
        self._compiled[job.id], self._cancellations[job.id] = workflow, Cancellation()
        if partner_key is not None:
            self._partner_keys[job.id] = partner_key
        use, kept = None, False
        try:
            use = self._states.accept(job, self._loop, key, run_id=run_id_of(job.id, 1) if at_once else None)
            kept = use is None
        finally:
            if not kept:
                self._forget(job.id)
            self._go_on(job.id, at_once=at_once, kept=kept)
        if use is not None:
            assert key is not None
            return Accepted(self._used(use, key), replayed=True)
        return Accepted(self.live(job.id) or job)

    def _go_on(self, job_id: str, *, at_once: bool, kept: bool) -> None:
        """Use the slot or place that was reserved for a job, or release it if the job was not stored."""
        if at_once:
            go_on(partial(self._work, job_id if kept else None))
        elif not kept:
            self._queue.release()
        elif self._queue.put(job_id):
            go_on(self._work)

    def _relayed(self, job: Job, key: IdempotencyKey | None, relay: Relay, loop: asyncio.AbstractEventLoop) -> Accepted:
        use = self._states.accept(job, loop, key)
        if use is not None:
            assert key is not None
            return Accepted(self._used(use, key), replayed=True)
        relay.job(job.id)
        return Accepted(job)

    def replay(self, key: IdempotencyKey) -> Job | None:
        """The job that used a key; raises `RequestError` if the key was used for a different request."""
        use = self._store.key(key.owner, key.key)
        return None if use is None else self._used(use, key)

    def _used(self, use: KeyUse, key: IdempotencyKey) -> Job:
        job = self.job(use.job_id)
        if use.fingerprint != key.fingerprint or job is None:
            raise RequestError("idempotency_key_reuse", "the `Idempotency-Key` was used for a different request")
        return job

    def live(self, job_id: str) -> Job | None:
        """A live job in its current state; does not block."""
        return self._states.live(job_id)

    def job(self, job_id: str) -> Job | None:
        """A job in its current state."""
        return self._states.live(job_id) or self._store.job(job_id)

    def progress(self, job_id: str) -> dict[str, object] | None:
        """The latest progress snapshot of a running job."""
        progress = self._states.progress_of(job_id)
        return None if progress is None else dict(progress)

    def position(self, job_id: str) -> int | None:
        """How many jobs wait before this one; None if it does not wait here, but perhaps inside the engine."""
        position = self._queue.position(job_id)
        if position is None and (job := self._states.live(job_id)) is not None and job.state is JobState.QUEUED:
            return 0
        return position

    @property
    def trouble(self) -> str | None:
        """Why a running job cannot be stored; None if all can."""
        return next(iter(self._tools.waiting.values()), None)

    @property
    def waiting(self) -> int:
        """The number of waiting jobs."""
        return len(self._queue)

    @property
    def running(self) -> int:
        """The number of jobs on the engine."""
        return len(self._cancellations) - len(self._queue)

    async def taken(self, take: Callable[[], Accepted], seconds: float) -> tuple[Accepted, Ended | None]:
        """Accept a job in a thread, and sleep until it ends, without waking up in between.

        Returns no end if that takes longer than `seconds`.
        """
        followed: list[Channel] = []

        def sleeps_on(accepted: Accepted, wake: Callable[[], None]) -> bool:
            channel = self._states.channel(accepted.job.id)
            if channel is None or not channel.wake_at_end(wake):
                return False
            followed.append(channel)
            return True

        begun = time.monotonic()
        accepted = await in_thread_until(sleeps_on, seconds, take)
        if followed:
            return accepted, followed[0].end
        left = max(0.0, seconds - (time.monotonic() - begun))
        return accepted, await self.ended(accepted.job.id, left)

    async def ended(self, job_id: str, seconds: float | None = None) -> Ended | None:
        """Sleep until a job ends; None if that takes longer than `seconds`, or if there is no such job."""
        channel = self._states.channel(job_id)
        if channel is None:
            return await in_thread(self._kept, job_id)
        try:
            async with asyncio.timeout(seconds):
                return await channel.ended()
        except TimeoutError:
            return None

    def _kept(self, job_id: str) -> Ended | None:
        job = self._store.job(job_id)
        return Ended(job, tuple(self._store.outputs(job_id))) if job is not None else None

    async def outputs(self, job_id: str) -> Sequence[Asset]:
        """The outputs of a job that are committed so far."""
        if self._states.live(job_id) is not None:
            return self._states.outputs(job_id)
        return await in_thread(self._store.outputs, job_id)

    async def events(self, job_id: str, after: int = 0) -> AsyncIterator[list[JobEvent]]:
        """The events of a job after number `after`, in batches, until it ends."""
        channel = self._states.channel(job_id)
        if channel is None:
            kept = await in_thread(self._store.events, job_id, after)
            if kept:
                yield kept
            return
        await in_thread(self._states.freshen, job_id)
        async for events in channel.follow(after):
            yield events

    def cancel(self, job_id: str) -> None:
        """Cancel a job: at once if it waits, else as soon as the engine can. Blocks briefly."""
        if self._relay is not None:
            self._relay.cancel(job_id)
            return
        with suppress(IllegalTransition):  # it has ended
            if (position := self._queue.remove(job_id)) is not None:
                self._cancel_waiting(job_id, position)
                return
            self._states.request_cancel(job_id)
            if (cancellation := self._cancellations.get(job_id)) is not None:
                cancellation.request()

    def _cancel_waiting(self, job_id: str, position: int) -> None:
        """Cancel a job that was just removed from the queue; it goes on waiting there if that cannot be stored."""
        try:
            self._states.cancel(job_id)
        except StoreUnreachable:
            if self._queue.put_back(job_id, position):
                go_on(self._work)
            raise
        self._forget(job_id)

    def _forget(self, job_id: str) -> None:
        self._compiled.pop(job_id, None)
        self._partner_keys.pop(job_id, None)
        self._cancellations.pop(job_id, None)

    def _work(self, first: str | None = None) -> None:
        """Run jobs in a slot while there are any. `first` is a job that started when it was accepted."""
        job_id = first if first is not None else self._queue.take()
        while job_id is not None and self._run(job_id, fresh=job_id == first):
            job_id = self._queue.take()

    def _run(self, job_id: str, *, fresh: bool) -> bool:
        """Run a job; False if it was given up, so that another thread has the slot."""
        begun = time.monotonic()
        job = self._states.live(job_id)
        if job is not None:
            cancellation = self._cancellations.get(job_id) or Cancellation()
            partner_key = self._partner_keys.get(job_id)
            run = JobRun(job, self._prepared, cancellation, self._tools, partner_key, fresh=fresh)
            if not self._running.run_to_end(job_id, run):
                return False
            self._queue.took(time.monotonic() - begun)
        self._forget(job_id)
        return True

    def _given_up(self, job_id: str) -> None:
        self._forget(job_id)
        go_on(self._work)

    def _prepared(self, job: Job) -> CompiledWorkflow:
        return self._compiled.get(job.id) or self._rebuild(job)
