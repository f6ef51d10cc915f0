"""The GPU side: run one job on the ComfyUI of this container, and tell the other side what happens.

Events leave in numbered batches, at most a few a second, since each costs a round trip; the last one always
leaves, whatever became of the run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.base import Engine, Run
from ryla_graphs.engines.events import Cancelled, Event, Failed, Finished, OutputReady, Retrying, Usage
from ryla_graphs.engines.wire import Job
from ryla_graphs.problems import EngineError

SECONDS_BETWEEN_BATCHES = 0.25
MOST_EVENTS = 2_000
"""Of one run. A partition of Modal's queue takes 5,000 items; progress beyond this is left out."""

_PASSING = frozenset({"progress", "preview"})
"""Kinds of which only the newest counts."""


class Channel(Protocol):
    """Where the events of one run go."""

    def send(self, batch: list[dict[str, Any]]) -> None:
        """Hand over some events, in order."""
        ...


Deliver = Callable[[str, int, Artifact], str]
"""Stores an output of a run, by the run's id and the output's number; gives the path on the volume."""


def _no_usage(seconds: float) -> Usage:
    return Usage(execution_seconds=seconds)


class Outbox:
    """Numbers events and sends them in batches, the first at once and the others at most a few times a second."""

    def __init__(self, channel: Channel, attempt: int) -> None:
        self._channel = channel
        self._attempt = attempt
        self._waiting: list[dict[str, Any]] = []
        self._number = 0
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def put(self, event: dict[str, Any], *, last: bool = False) -> None:
        """Take an event; it leaves within `SECONDS_BETWEEN_BATCHES`, the last one before this returns."""
        with self._lock:
            if event["event"] in _PASSING:
                if self._number + len(self._waiting) > MOST_EVENTS:
                    return
                self._waiting = [row for row in self._waiting if row["event"] != event["event"]]
            self._waiting.append(event)
            if last or self._timer is None:
                self._send()
        if last and self._timer is not None:
            self._timer.cancel()

    def _send(self) -> None:
        batch = []
        for event in self._waiting:
            batch.append({**event, "attempt": self._attempt, "number": self._number})
            self._number += 1
        self._waiting = []
        self._channel.send(batch)
        self._timer = threading.Timer(SECONDS_BETWEEN_BATCHES, self._time_is_up)
        self._timer.daemon = True
        self._timer.start()

    def _time_is_up(self) -> None:
        with self._lock:
            self._timer = None
            if self._waiting:
                self._send()


class Worker:
    """Runs jobs on one engine, one after the other."""

    def __init__(
        self,
        engine: Engine,
        deliver: Deliver,
        usage: Callable[[float], Usage] = _no_usage,
        *,
        prepare: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        self._engine = engine
        self._prepare = prepare
        """Called with the graph before it is started; may raise `EngineError`."""
        self._deliver = deliver
        self._usage = usage
        self._began = 0.0
        self._run: Run | None = None

    def cancel(self) -> None:
        """End the job that is on, from another thread."""
        if self._run is not None:
            self._run.cancel()

    def work(self, data: Mapping[str, Any], channel: Channel, attempt: int) -> dict[str, Any]:
        """Run a job to its end; gives its last event, which also went into the channel. Never raises for its fate."""
        outbox = Outbox(channel, attempt)
        self._began = time.monotonic()
        job = Job.from_dict(data, self._engine.catalog())
        stored: list[Mapping[str, Any]] = []
        last: dict[str, Any] = {"event": "failed", "run": job.run, "error": {"message": "the worker was ended"}}
        try:
            for event in self._events(job):
                told = self._told(event, job.run, stored)
                if event.terminal:
                    last = told
                else:
                    outbox.put(told)
        finally:
            self._run = None
            outbox.put(last, last=True)
        return last

    def _events(self, job: Job) -> Iterator[Event]:
        try:
            if self._prepare is not None:
                self._prepare(job.workflow.document)
            self._run = self._engine.start(job.workflow, job.inputs, run_id=job.run, previews=job.previews)
        except EngineError as error:
            yield Failed(job.run, error)
            return
        yield from self._run.events()

    def _told(self, event: Event, run: str, stored: list[Mapping[str, Any]]) -> dict[str, Any]:
        told = event.to_dict()
        if isinstance(event, OutputReady):
            path = self._deliver(run, len(stored), event.artifact)
            stored.append({**event.artifact.to_dict(), "stored": path})
            told["artifact"] = stored[-1]
        elif isinstance(event, Retrying):
            stored.clear()
        elif isinstance(event, Finished):
            told = replace(event, outputs=(), usage=self._usage(event.seconds)).to_dict()
            told["outputs"] = list(stored)
        elif isinstance(event, (Failed, Cancelled)):  # which is paid for, too
            told = replace(event, usage=self._usage(time.monotonic() - self._began)).to_dict()
        return told
