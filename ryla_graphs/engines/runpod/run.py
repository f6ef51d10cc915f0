"""One job on a RunPod endpoint, polled until it has ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import quote

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.base import missing_output
from ryla_graphs.engines.events import (
    Cancelled,
    Event,
    Failed,
    Finished,
    OutputReady,
    Queued,
    Started,
    Usage,
)
from ryla_graphs.engines.http import NoAnswer, Service
from ryla_graphs.engines.patience import Patience
from ryla_graphs.engines.polled import PolledProgress
from ryla_graphs.engines.runpod.results import error_of
from ryla_graphs.problems import EngineDenied, EngineError, RunLost, RunTimedOut, RunUncertain

CANCEL_SECONDS = 5.0
_WORKING = frozenset({"IN_PROGRESS", "RUNNING"})


class Reads(Protocol):
    """Makes artifacts from a worker's answer."""

    def __call__(self, output: Any, /) -> tuple[Artifact, ...]:
        """Raises `EngineError`."""
        ...


class RunPodRun:
    """A run; see `ryla_graphs.engines.base.Run`."""

    def __init__(
        self,
        service: Service,
        workflow: CompiledWorkflow,
        run_id: str,
        remote_id: str,
        reads: Reads,
        patience: Patience,
        usd_per_second: float | None = None,
    ) -> None:
        self.id = run_id
        self.remote_id = remote_id
        """RunPod's id of the job; the only way to find it again."""
        self._service, self._workflow, self._reads = service, workflow, reads
        self._patience = patience
        self._usd_per_second = usd_per_second
        self._cancelling = threading.Event()
        self._wake = threading.Event()
        self._began = False
        self._reported = PolledProgress(run_id)
        self._heard = time.monotonic()
        self._missing = False
        self._ended = False

    def cancel(self) -> None:
        """Cancel the job; a job that was faster succeeds."""
        self._cancelling.set()
        self._ask_for_the_end()
        self._wake.set()

    def hint(self) -> None:
        """Poll the job at once, after a hint that it has changed."""
        self._wake.set()

    def _ask_for_the_end(self) -> None:
        try:
            self._service.ask("POST", f"/cancel/{quote(self.remote_id)}", seconds=CANCEL_SECONDS)
        except NoAnswer:
            return  # `events` sees that the job still runs, and retries

    def events(self) -> Iterator[Event]:
        """The events, up to the terminal one."""
        yield Queued(self.id)
        pause = self._patience.least
        try:
            while True:
                before = self._reported.step, self._began
                for event in self._ask():
                    yield event
                    if event.terminal:
                        return
                pause = (
                    self._patience.least
                    if (self._reported.step, self._began) != before
                    else min(self._patience.most, pause * 1.3)
                )
                self._wake.wait(self._patience.doubt if self._missing else pause)
                self._wake.clear()
        except EngineError as error:
            yield Failed(self.id, error)

    def _ask(self) -> Iterator[Event]:
        try:
            answer = self._service.ask("GET", f"/status/{quote(self.remote_id)}")
        except NoAnswer as error:
            self._unheard(str(error))
            return
        job = answer.object()
        if answer.status == 404:
            if self._missing:
                raise RunLost("RunPod no longer has this job: it expired, or its result was deleted")
            self._missing = True
        elif isinstance(trouble := self._service.trouble(answer), EngineDenied):
            raise RunUncertain(f"the run continues, but cannot be followed: {trouble}")
        elif not answer.ok or job is None or job.get("id") != self.remote_id or not isinstance(job.get("status"), str):
            self._unheard("it reports another job" if answer.ok and job and "id" in job else answer.odd())
        else:
            self._heard, self._missing = time.monotonic(), False
            yield from self._settle(job["status"], job)

    def _unheard(self, why: str) -> None:
        if time.monotonic() - self._heard > self._patience.unreachable:
            raise self._service.unreachable(why)

    def _settle(self, status: str, job: Mapping[str, Any]) -> Iterator[Event]:
        if status in _WORKING:
            yield from self._start()
            yield from self._progress(job.get("output"))
        elif status == "COMPLETED":
            yield from self._finish(job)
        elif status == "CANCELLED":
            yield Cancelled(self.id)
        elif status == "FAILED":
            yield from self._start()
            yield Failed(self.id, error_of(job, self._workflow))
        elif status == "TIMED_OUT":
            yield Failed(self.id, self._timed_out(job))
        if status in {*_WORKING, "IN_QUEUE"} and self._cancelling.is_set():
            self._ask_for_the_end()

    def _timed_out(self, job: Mapping[str, Any]) -> EngineError:
        """The error of a timed-out job: one that only waited may move to another route, one that ran may not."""
        if self._began or job.get("executionTime"):
            return RunTimedOut("the run exceeded its time limit on RunPod")
        return RunLost("no RunPod worker took the job in time", began=False)

    def _start(self) -> Iterator[Event]:
        if not self._began:
            self._began = True
            yield Started(self.id)

    def _progress(self, update: Any) -> Iterator[Event]:
        """The progress that our worker reports; the official one reports none."""
        node = update.get("node") if isinstance(update, Mapping) else None
        if not isinstance(node, str):
            return
        yield from self._reported.events(node, update.get("class_type"), update.get("step"), update.get("steps"))

    def _finish(self, job: Mapping[str, Any]) -> Iterator[Event]:
        yield from self._start()
        outputs = self._reads(job.get("output"))
        for artifact in outputs:
            yield OutputReady(self.id, artifact)
        if (missing := missing_output(self._workflow, outputs)) is not None:
            yield Failed(self.id, missing)
            return
        usage = self._usage(job)
        yield Finished(self.id, usage.execution_seconds or 0.0, outputs, usage)

    def _usage(self, job: Mapping[str, Any]) -> Usage:
        delay, execution = (_seconds(job.get(name)) for name in ("delayTime", "executionTime"))
        price = self._usd_per_second
        cost = None if price is None or execution is None else round(price * execution, 6)
        return Usage(queue_seconds=delay, execution_seconds=execution, cost_usd=cost)


def _seconds(value: Any) -> float | None:
    return value / 1000 if isinstance(value, (int, float)) and not isinstance(value, bool) else None
