"""The state machine of jobs. No other module writes the state of a job, an output or an event.

    queued ──▶ running ──▶ succeeded
      │          │  ╰────▶ failed
      ╰──────────┴───────▶ cancelled       queued may fail, too

A job is queued until the engine reports that it executes the run, also while it waits in the engine's own queue. Each
step is one transaction of the store. Readers and sinks get an event after it is stored, except progress and the start:
these are stored with the next event, or by `keep`, since most runs would end before the write of their start does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any

from ryla_graphs.answers.words import JobState
from ryla_graphs.problems import StoreUnreachable
from ryla_graphs.server.jobs.channels import Channel
from ryla_graphs.server.jobs.live import Live, LiveJobs, Snapshot
from ryla_graphs.server.records import Asset, Ended, IdempotencyKey, Job, JobError, JobEvent, KeyUse
from ryla_graphs.server.sinks.base import Sink, guarded, receives
from ryla_graphs.server.storage import StaleJob, Store

TRANSITIONS: Mapping[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.FAILED, JobState.CANCELLED}),
    JobState.RUNNING: frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}),
    JobState.SUCCEEDED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}


class IllegalTransition(Exception):
    """The job is no longer in a state that allows this transition."""


class JobStates(LiveJobs):
    """Moves jobs from state to state, and reports each step."""

    def __init__(
        self, store: Store, sinks: Iterable[Sink] = (), *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` is a steady one."""
        super().__init__()
        self._store = store
        self._sinks = [*sinks]
        self._receivers = cache(self._receivers_of)
        self._clock = clock

    def accept(
        self, job: Job, loop: asyncio.AbstractEventLoop, key: IdempotencyKey | None = None, *, run_id: str | None = None
    ) -> KeyUse | None:
        """Store a new job. If its idempotency key was used before, returns that use and stores nothing.

        With a `run_id`, the job starts at once, in the same transaction.
        """
        job = job if run_id is None else _begun(job, run_id)
        live = self._live[job.id] = Live(job, Channel(loop), job.state, job.created_at - self._clock())
        event = live.channel.numbered(job.created_at, "status", status_of(job))
        with live.lock:
            try:
                use = self._store.add_job(job, [event], key)
            except BaseException:
                del self._live[job.id]
                raise
            if use is not None:
                del self._live[job.id]
                return use
            live.channel.stored([event])
            self._report(live, event)
        return None

    def abandon(self, job_id: str) -> None:
        """Stop reporting a job that the store cannot write; the next process resumes it."""
        if (live := self._live.pop(job_id, None)) is not None:
            live.channel.close(Ended(live.job, live.outputs))

    def revive(self, job: Job, loop: asyncio.AbstractEventLoop) -> None:
        """Resume a job that another process left unfinished."""
        events = self._store.events(job.id)
        at = max([time.time(), job.created_at, *(event.at for event in events)])
        channel, outputs = Channel(loop, events), tuple(self._store.outputs(job.id))
        self._live[job.id] = Live(job, channel, job.state, at - self._clock(), outputs)

    def time_of(self, job: Job) -> float:
        """The time at which a job is now, or at which it ended."""
        live = self._live.get(job.id)
        return self._now(live) if live is not None else job.ended_at or job.created_at

    def _now(self, live: Live) -> float:
        return live.lead + self._clock()

    def heard(self, job: Job, events: Sequence[JobEvent], outputs: Sequence[Asset]) -> None:
        """Send readers the events that another process stored for a job; its sinks run in that process."""
        if (live := self._live.get(job.id)) is None:
            return
        with live.lock:
            if live.job.state is JobState.RUNNING and job.state is JobState.QUEUED:  # its start is stored later
                job = replace(job, state=JobState.RUNNING, started_at=live.job.started_at)
            live.job, live.outputs, live.elsewhere = job, tuple(outputs), True
            live.channel.heard(events)
            if job.state.terminal:
                self._live.pop(job.id, None)
        if job.state.terminal:
            live.channel.close(Ended(job, live.outputs))

    def begin(self, job_id: str, run_id: str) -> Job:
        """Start another attempt: `run_id` is the next run on the engine. The first attempt is not reported."""
        again = self._found(job_id).job.attempt > 0
        return self._move(job_id, lambda job: _begun(job, run_id), report=again)

    def start(self, job_id: str) -> Job:
        """Note that the engine executes the job; reported at once, stored later."""
        live = self._found(job_id)
        with live.lock:
            self._check(live.job, JobState.RUNNING)
            if live.elsewhere:
                raise IllegalTransition(f"job {job_id} belongs to another process")
            if live.job.state is not JobState.RUNNING:
                now = self._now(live)
                live.job = replace(live.job, state=JobState.RUNNING, started_at=now)
                self._report(live, live.channel.numbered(now, "status", status_of(live.job)))
                self._save_if_full(live)
            return live.job

    def keep(self) -> None:
        """Report progress that is only noted so far, and store starts that are only reported so far.

        A failed write is retried at the next call.
        """
        for job_id, live in list(self._live.items()):
            self.freshen(job_id)
            if live.kept is not live.job.state and not live.elsewhere:
                with live.lock, suppress(StoreUnreachable, IllegalTransition):
                    if not live.job.state.terminal:
                        self._save(live, live.job, live.channel.unstored())

    def attempted(self, job_id: str, attempts: tuple[Mapping[str, Any], ...]) -> Job:
        """Store the routes that the job went to; the next event reports them."""
        return self._move(job_id, lambda job: replace(job, attempts=attempts), report=False)

    def routed(self, job_id: str, facts: Mapping[str, Any]) -> None:
        """Report that the job was handed to a route."""
        self._report_live(job_id, "routed", facts)

    def request_cancel(self, job_id: str) -> Job:
        """Note that the caller wants to cancel the job; it ends when the engine reports the end."""
        return self._move(job_id, lambda job: replace(job, cancel_requested=True))

    def commit(self, job_id: str, output: Asset) -> None:
        """Commit an output, whose content is in the store already."""
        self._move(job_id, lambda job: job, output=output)

    def progress(self, job_id: str, snapshot: Snapshot) -> None:
        """Note that the graph has progressed. Readers and sinks get the snapshot at once.

        Most jobs have none of them, so the snapshot is made when somebody asks, with the next change, or by `keep`.
        """
        if (live := self._live.get(job_id)) is not None:
            with live.lock:
                live.news = snapshot
                if live.channel.followers or self._receivers("progress"):
                    self._report_news(live)

    def freshen(self, job_id: str) -> None:
        """Report the progress that is only noted so far, for somebody who begins to read."""
        if (live := self._live.get(job_id)) is not None and live.news is not None:
            with live.lock:
                self._report_news(live)

    def preview(self, job_id: str, picture: Mapping[str, Any]) -> None:
        """Send a small preview of the picture in progress, without storing it."""
        self._report_live(job_id, "preview", picture)

    def succeed(self, job_id: str, metrics: Mapping[str, Any], last: Asset | None = None) -> Job:
        """End the job as succeeded; commits `last`, the last output, in the same transaction."""
        return self._end(job_id, JobState.SUCCEEDED, metrics, output=last)

    def fail(self, job_id: str, error: JobError, metrics: Mapping[str, Any] | None = None) -> Job:
        """End the job as failed, with the reason."""
        return self._end(job_id, JobState.FAILED, metrics or {}, error)

    def cancel(self, job_id: str, metrics: Mapping[str, Any] | None = None) -> Job:
        """End the job as cancelled, without waiting for a hung engine."""
        return self._end(job_id, JobState.CANCELLED, metrics or {})

    def _end(
        self,
        job_id: str,
        state: JobState,
        metrics: Mapping[str, Any],
        error: JobError | None = None,
        output: Asset | None = None,
    ) -> Job:
        def change(job: Job) -> Job:
            return replace(job, state=state, ended_at=self.time_of(job), error=error, metrics=dict(metrics))

        return self._move(job_id, change, output=output)

    def _move(
        self, job_id: str, change: Callable[[Job], Job], *, output: Asset | None = None, report: bool = True
    ) -> Job:
        """Change a job, in one transaction; all changes go through here. Raises `IllegalTransition`."""
        live = self._found(job_id)
        with live.lock:
            old, channel = live.job, live.channel
            if live.elsewhere:
                raise IllegalTransition(f"job {job_id} belongs to another process")
            new = change(old)
            self._check(old, new.state)
            self._report_news(live)
            unstored, now = channel.unstored(), self._now(live)
            events = [] if output is None else [channel.numbered(now, "output", output_facts(output))]
            if new is not old and report:
                events.append(channel.numbered(now, "status", status_of(new)))
            self._save(live, new, [*unstored, *events], output)
            if output is not None:
                live.outputs = (*live.outputs, output)
            if new.state.terminal:
                del self._live[job_id]
            for event in events:
                self._report(live, event)
        if new.state.terminal:
            channel.close(Ended(new, live.outputs))
        return new

    def _found(self, job_id: str) -> Live:
        live = self._live.get(job_id)
        if live is None:
            raise IllegalTransition(f"job {job_id} has ended")
        return live

    @staticmethod
    def _check(job: Job, to: JobState) -> None:
        if job.state.terminal:  # the job ended while this thread waited for the lock
            raise IllegalTransition(f"job {job.id} has ended")
        if to is not job.state and to not in TRANSITIONS[job.state]:
            raise IllegalTransition(f"job {job.id} is {job.state} and cannot become {to}")

    def _save(self, live: Live, new: Job, events: list[JobEvent], output: Asset | None = None) -> None:
        try:
            self._store.save_job(new, was=live.kept, events=events, output=output)
        except StaleJob as error:
            raise IllegalTransition(str(error)) from None
        live.job, live.kept = new, new.state
        live.channel.stored(events)

    def _report_live(self, job_id: str, kind: str, data: Mapping[str, Any]) -> None:
        live = self._live.get(job_id)
        if live is None:
            return
        with live.lock:
            if live.job.state.terminal or live.elsewhere:  # nothing is reported after the end
                return
            now, channel = self._now(live), live.channel
            self._report(live, JobEvent(0, now, kind, data) if kind == "preview" else channel.numbered(now, kind, data))
            self._save_if_full(live)

    def _report_news(self, live: Live) -> None:
        """Report the progress that is only noted so far."""
        news, live.news = live.news, None
        if news is not None and not live.job.state.terminal and not live.elsewhere:
            self._report(live, live.channel.numbered(self._now(live), "progress", news()))
            self._save_if_full(live)

    def _save_if_full(self, live: Live) -> None:
        if live.channel.full:
            # Stored with the next event. If another process has the job, the next step hears it, not whoever looks.
            with suppress(StoreUnreachable, IllegalTransition):
                self._save(live, live.job, live.channel.unstored())

    def _report(self, live: Live, event: JobEvent) -> None:
        live.channel.publish(event)
        for receive in self._receivers(event.kind):
            receive(live.job, event)

    def _receivers_of(self, kind: str) -> list[Callable[[Job, JobEvent], None]]:
        return [guarded(sink) for sink in self._sinks if receives(sink, kind)]


def _begun(job: Job, run_id: str) -> Job:
    return replace(job, run_id=run_id, attempt=job.attempt + 1)


def status_of(job: Job) -> dict[str, Any]:
    """The data of a status event."""
    facts: dict[str, Any] = {"state": job.state, "attempt": job.attempt}
    if job.cancel_requested and not job.state.terminal:
        facts["cancel_requested"] = True
    if job.error is not None:
        facts["error"] = {"code": job.error.code, "message": job.error.message, "node": job.error.node}
    return facts


def output_facts(output: Asset) -> dict[str, Any]:
    """The data of an output event, also used for each output in the JSON of a job."""
    facts = ("number", "node", "kind", "media_type", "name", "size", "simulated", "id", "folder")
    return {name: getattr(output, name) for name in facts} | {"hash": f"blake3:{output.hash}"}
