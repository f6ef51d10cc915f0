"""Hands jobs from one web container to the next: the newest works on them, the old one answers its callers and ends.

While Modal redeploys, requests still reach the old container. It answers them with what the new one writes, and
forwards new jobs and cancellations to it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import modal
from fastapi import FastAPI
from modal.exception import Error as ModalError

from ryla_graphs.answers.words import JobState
from ryla_graphs.modal_deploy.store.lease import BEAT_SECONDS, Lease
from ryla_graphs.modal_deploy.store.modal_errors import modal_errors
from ryla_graphs.modal_deploy.store.store import ModalStore
from ryla_graphs.problems import StoreUnreachable
from ryla_graphs.server.deployment import Deployment
from ryla_graphs.server.records import Job
from ryla_graphs.server.threads import in_thread

log = logging.getLogger("ryla_graphs.modal_deploy")

READ_SECONDS = 1.0
"""Seconds between two reads of the new owner's records, for jobs that the old container's callers wait for."""
MAIL = "owner"
"""The partition of the event queue for messages to the owner."""


class Handover:
    """Takes the lease for an app, renews it, and releases it; see `ryla_graphs.server.jobs.service.Relay`."""

    def __init__(
        self,
        lease: Lease,
        store: ModalStore,
        events: modal.Queue,
        taken: Callable[[Sequence[Job]], None] = lambda _: None,
        *,
        beat: float = BEAT_SECONDS,
    ) -> None:
        self.lease = lease
        self._store = store
        self._taken = taken
        """Called with jobs that another container left unfinished."""
        self._events = events
        self._beat = beat
        self._deployment: Deployment | None = None
        self._outbox: deque[Mapping[str, str]] = deque()
        self._done = threading.Event()
        self.gone = threading.Event()
        """Set when another container has taken over the jobs."""
        self._thread = threading.Thread(target=self._watch, name="ryla-lease", daemon=True)

    def install(self, app: FastAPI) -> None:
        """Make an app own the records while it runs."""
        inner = app.router.lifespan_context

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
            await in_thread(self._begin)
            try:
                async with inner(app) as state:
                    self._deployment = app.state.deployment
                    yield state
            finally:
                await in_thread(self._end)

        app.router.lifespan_context = lifespan

    def job(self, job_id: str) -> None:
        """Forward a new job to the owner."""
        self._send({"job": job_id})

    def cancel(self, job_id: str) -> None:
        """Forward a cancellation to the owner."""
        self._send({"cancel": job_id})

    def _begin(self) -> None:
        if not self.lease.take():
            log.warning("a web container that started later works on the jobs")
        self._store.load()
        self._taken(self._store.jobs(states=(JobState.QUEUED, JobState.RUNNING)))
        self._thread.start()

    def _end(self) -> None:
        self._done.set()
        self._thread.join(timeout=30)
        with suppress(StoreUnreachable):
            self.lease.release()

    def _watch(self) -> None:
        while not self._done.wait(min(self._beat, READ_SECONDS) if self.gone.is_set() else self._beat):
            try:
                self._tick()
            except StoreUnreachable as error:
                log.warning("cannot read the lease of the records: %s", error)
            except Exception:  # the thread must survive, or the lease is lost
                log.exception("a bug in this server interrupted the renewal of its lease")

    def _tick(self) -> None:
        deployment = self._deployment
        if self.gone.is_set():
            self._flush()
        elif deployment is not None and self.lease.superseded():
            self._let_go(deployment)
        else:
            self.lease.renew()
            if deployment is not None:
                self._read_mail(deployment)
        if deployment is None:
            return
        for job in deployment.jobs.live_jobs:
            if self.gone.is_set() or job.id in self._store.overtaken:
                self._store.fetch(job.id)
                deployment.jobs.heard(job.id)

    def _let_go(self, deployment: Deployment) -> None:
        log.info("another web container works on the jobs from now on")
        deployment.jobs.let_go(self)
        deployment.webhooks.close()
        self.lease.release()
        self.gone.set()

    def _read_mail(self, deployment: Deployment) -> None:
        with modal_errors("events"):
            mail = self._events.get_many(100, block=False, partition=MAIL)
        for message in mail:
            if job_id := message.get("job"):
                self._store.fetch(job_id)
                jobs = [job for job in (self._store.job(job_id),) if job is not None]
                self._taken(jobs)
                deployment.jobs.resume(jobs)
            elif job_id := message.get("cancel"):
                deployment.jobs.cancel(job_id)

    def _send(self, message: Mapping[str, str]) -> None:
        self._outbox.append(message)
        with suppress(StoreUnreachable):  # the next tick retries
            self._flush()

    def _flush(self) -> None:
        while self._outbox:
            message = self._outbox.popleft()
            try:
                self._events.put(dict(message), partition=MAIL)
            except (ModalError, OSError) as error:
                self._outbox.appendleft(message)
                raise StoreUnreachable(f"Modal accepts no message at the moment: {error}") from error
