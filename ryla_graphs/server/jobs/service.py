"""`JobService`: takes jobs, gives them to worker threads, lets callers wait, follow and cancel."""

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
from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.jobs.at_work import AtWork
from ryla_graphs.server.jobs.attempts import JobJournal
from ryla_graphs.server.jobs.channels import Channel
from ryla_graphs.server.jobs.following import Deliver
from ryla_graphs.server.jobs.states import IllegalTransition, JobStates
from ryla_graphs.server.jobs.waiting import JobQueue
from ryla_graphs.server.jobs.worker import Cancellation, JobRun, Tools
from ryla_graphs.server.records import Asset, Ended, IdempotencyKey, Job, JobEvent, KeyUse, run_id_of
from ryla_graphs.server.settings import Settings
from ryla_graphs.server.sinks.base import Sink
from ryla_graphs.server.storage import Blobs, Store
from ryla_graphs.server.threads import go_on, in_thread, in_thread_until

Rebuild = Callable[[Job], CompiledWorkflow]
"""Makes of a job what the engine runs; raises if it no longer can."""

STOP_SECONDS = 5.0
"""How long a stop waits for jobs that end right now; the others are taken up by the next process."""

log = logging.getLogger("ryla_graphs.server")


class Accepted(NamedTuple):
    """What became of a submission."""

    job: Job
    replayed: bool = False
    """Whether it is the job of an earlier request with the same idempotency key."""


class Relay(Protocol):
    """The way to the process that works on the jobs, where that is another one; what is relayed is in the store."""

    def job(self, job_id: str) -> None:
        """There is a new job."""
        ...

    def cancel(self, job_id: str) -> None:
        """Somebody wants a job to end."""
        ...


class JobService:
    """All jobs of one process. What blocks is for threads; what is async belongs to the loop given to `start`."""

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
        self._at_work = AtWork(self._states, given_up=self._given_up)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._relay: Relay | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take up what an earlier process left, and begin to work."""
        self._loop = loop
        left = self._store.jobs(states=(JobState.QUEUED, JobState.RUNNING))
        left.sort(key=lambda job: (job.state is JobState.QUEUED, job.created_at))
        self._at_work.start()
        self.take_up(left)
        if left:
            log.info("took up %d jobs that an earlier process left", len(left))

    def take_up(self, jobs: Iterable[Job]) -> None:
        """Work on jobs that another process has kept; those that are here already stay as they are."""
        assert self._loop is not None
        taken = [job for job in jobs if not job.state.terminal and self._states.live(job.id) is None]
        for job in taken:
            self._states.revive(job, self._loop)
            self._cancellations[job.id] = Cancellation()
            if job.cancel_requested:
                self._cancellations[job.id].want()
        for _ in range(self._queue.restore([job.id for job in taken])):
            go_on(self._work)

    def let_go(self, relay: Relay) -> None:
        """Another process works on the jobs from now on: run nothing more.

        Callers are still answered, by what `heard` says; what they ask for is relayed.
        """
        self._relay = relay
        self._stopping.set()
        self._queue.close()

    def heard(self, job_id: str) -> None:
        """Tell the readers of a job what another process has written of it into the store."""
        if (job := self._store.job(job_id)) is not None:
            self._states.heard(job, self._store.events(job_id), self._store.outputs(job_id))

    @property
    def live_jobs(self) -> tuple[Job, ...]:
        """All jobs that have not ended."""
        return self._states.all_live()

    def stop(self) -> None:
        """Begin nothing more. Runs go on at the engine; their jobs are taken up by the next process."""
        self._stopping.set()
        self._queue.close()
        self._queue.rest(STOP_SECONDS)
        self._at_work.stop()

    def submit(
        self,
        job: Job,
        workflow: CompiledWorkflow,
        key: IdempotencyKey | None = None,
        partner_key: PartnerKey | None = None,
    ) -> Accepted:
        """Keep a new job and queue it; with a key that was used, gives the job it was used for.

        `partner_key` is in memory alone, and gone with the end of the job or of the process.

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
        """Use the slot or the place that was reserved for a job, or give it back where the job is not kept."""
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
        """The job that a key was used for; raises `RequestError` if that was another request."""
        use = self._store.key(key.owner, key.key)
        return None if use is None else self._used(use, key)

    def _used(self, use: KeyUse, key: IdempotencyKey) -> Job:
        job = self.job(use.job_id)
        if use.fingerprint != key.fingerprint or job is None:
            raise RequestError("idempotency_key_reuse", "the `Idempotency-Key` was used for another request")
        return job

    def live(self, job_id: str) -> Job | None:
        """A job that has not ended, as it is now; does not block."""
        return self._states.live(job_id)

    def job(self, job_id: str) -> Job | None:
        """A job as it is now."""
        return self._states.live(job_id) or self._store.job(job_id)

    def progress(self, job_id: str) -> dict[str, object] | None:
        """The last snapshot of a job that runs."""
        channel = self._states.channel(job_id)
        return dict(channel.progress) if channel is not None and channel.progress is not None else None

    def position(self, job_id: str) -> int | None:
        """How many jobs are before one that waits; none where it waits inside the engine."""
        position = self._queue.position(job_id)
        if position is None and (job := self._states.live(job_id)) is not None and job.state is JobState.QUEUED:
            return 0
        return position

    @property
    def trouble(self) -> str | None:
        """Why a job that runs cannot be kept; None if all can."""
        return next(iter(self._tools.waiting.values()), None)

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return len(self._queue)

    @property
    def running(self) -> int:
        """How many jobs are with the engine."""
        return len(self._cancellations) - len(self._queue)

    async def taken(self, take: Callable[[], Accepted], seconds: float) -> tuple[Accepted, Ended | None]:
        """Take a job in a thread, and sleep until it ends; nothing in between wakes the coroutine.

        No end is given where that takes longer than so many `seconds`.
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
        """Sleep until a job ends; None if that takes longer, or where there is no such job."""
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
        """The outputs of a job that are committed by now."""
        if self._states.live(job_id) is not None:
            return self._states.outputs(job_id)
        return await in_thread(self._store.outputs, job_id)

    async def events(self, job_id: str, after: int = 0) -> AsyncIterator[list[JobEvent]]:
        """The events of a job beyond `after`, some at a time, until it ends."""
        channel = self._states.channel(job_id)
        if channel is None:
            kept = await in_thread(self._store.events, job_id, after)
            if kept:
                yield kept
            return
        async for events in channel.follow(after):
            yield events

    def cancel(self, job_id: str) -> None:
        """Ask for the end of a job, at once where it waits, else as soon as the engine can. Blocks for a moment."""
        if self._relay is not None:
            self._relay.cancel(job_id)
            return
        with suppress(IllegalTransition):  # it has ended
            if self._queue.remove(job_id):
                self._states.cancel(job_id)
                self._forget(job_id)
                return
            self._states.request_cancel(job_id)
            if (cancellation := self._cancellations.get(job_id)) is not None:
                cancellation.want()

    def _forget(self, job_id: str) -> None:
        self._compiled.pop(job_id, None)
        self._partner_keys.pop(job_id, None)
        self._cancellations.pop(job_id, None)

    def _work(self, first: str | None = None) -> None:
        """Run jobs in a slot, the one that was begun when it was accepted first, as long as there are any."""
        job_id = first if first is not None else self._queue.take()
        while job_id is not None and self._run(job_id, fresh=job_id == first):
            job_id = self._queue.take()

    def _run(self, job_id: str, *, fresh: bool) -> bool:
        """Run a job; False where it was given up, and another thread has the slot."""
        begun = time.monotonic()
        job = self._states.live(job_id)
        if job is not None:
            cancellation = self._cancellations.get(job_id) or Cancellation()
            partner_key = self._partner_keys.get(job_id)
            run = JobRun(job, self._prepared, cancellation, self._tools, partner_key, fresh=fresh)
            if not self._at_work.bring_to_its_end(job_id, run):
                return False
            self._queue.took(time.monotonic() - begun)
        self._forget(job_id)
        return True

    def _given_up(self, job_id: str) -> None:
        self._forget(job_id)
        go_on(self._work)

    def _prepared(self, job: Job) -> CompiledWorkflow:
        return self._compiled.get(job.id) or self._rebuild(job)
