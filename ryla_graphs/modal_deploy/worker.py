"""The GPU side: runs one job on this container's ComfyUI, and sends its events to the web side.

Events are sent in numbered batches, at most a few per second, since each costs a round trip. The last event is always
sent, however the run ended.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from ryla_graphs.engines.base import Engine, Run
from ryla_graphs.engines.events import Cancelled, Event, Failed, Finished, OutputReady, Retrying, Usage
from ryla_graphs.engines.wire_format import Job
from ryla_graphs.modal_deploy.output_queue import PAUSES, Deliver, OutputQueue, PendingOutputs
from ryla_graphs.problems import EngineError

log = logging.getLogger("ryla_graphs.modal_deploy")

SECONDS_BETWEEN_BATCHES = 0.25
MOST_EVENTS = 2_000
"""The most items of one run. A partition of Modal's queue holds 5,000; progress beyond this is dropped."""

_PASSING = frozenset({"progress", "preview"})
"""Kinds of events of which only the newest counts."""


class Channel(Protocol):
    """The destination of one run's events."""

    def send(self, batch: list[dict[str, Any]]) -> None:
        """Send some events, in order."""
        ...


PROTOCOL = 1
"""The protocol version of a web side: from 1 on, it knows that a run goes on when its call ends with `HANDED_OVER`."""
HANDED_OVER = "handed_over"
"""The result of a call whose outputs are still being stored; the run's last event follows over the channel only."""


def _no_usage(seconds: float) -> Usage:
    return Usage(execution_seconds=seconds)


class Outbox:
    """Numbers events and sends them in batches: the first one at once, the others at most a few times a second."""

    def __init__(self, channel: Channel, attempt: int) -> None:
        self._channel = channel
        self._attempt = attempt
        self._waiting: list[dict[str, Any]] = []
        self._number = 0
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        self._ended = False

    def put(self, event: dict[str, Any], *, last: bool = False) -> None:
        """Send an event within `SECONDS_BETWEEN_BATCHES`; the last one before this returns.

        Events that could not be sent go with the next batch. Raises what the channel raises for the last event.
        """
        with self._lock:
            if self._ended:
                return
            if event["event"] in _PASSING:
                if self._number + len(self._waiting) > MOST_EVENTS:
                    return
                self._waiting = [row for row in self._waiting if row["event"] != event["event"]]
            self._waiting.append(event)
            if last:
                self._ended = True
                self._send_last()
            elif self._timer is None:
                self._try()
        if last and self._timer is not None:
            self._timer.cancel()

    def _send(self) -> None:
        batch = [
            {**event, "attempt": self._attempt, "number": self._number + place}
            for place, event in enumerate(self._waiting)
        ]
        self._channel.send(batch)
        self._number += len(batch)
        self._waiting = []

    def _send_last(self) -> None:
        for pause in PAUSES:
            try:
                return self._send()
            except Exception as error:  # noqa: BLE001 - whatever Modal's client raises
                log.warning("cannot report the end of a run: %s", error)
                time.sleep(pause)
        return self._send()

    def _try(self) -> None:
        try:
            self._send()
        except Exception as error:  # noqa: BLE001 - whatever Modal's client raises
            log.warning("cannot report events of a run: %s", error)
        self._timer = threading.Timer(SECONDS_BETWEEN_BATCHES, self._time_is_up)
        self._timer.daemon = True
        self._timer.start()

    def _time_is_up(self) -> None:
        with self._lock:
            self._timer = None
            if self._waiting and not self._ended:
                self._try()


class Worker:
    """Runs jobs on one engine, one after the other."""

    def __init__(
        self,
        engine: Engine,
        deliver: Deliver,
        usage: Callable[[float], Usage] = _no_usage,
        *,
        prepare: Callable[[Mapping[str, Any]], None] | None = None,
        pending: PendingOutputs | None = None,
        done: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._prepare = prepare
        """Called with the graph before it is started; may raise `EngineError`."""
        self._deliver = deliver
        self._usage = usage
        self._began = 0.0
        self._pending = pending
        """Stores the outputs of an ended run in the background; without it, a job waits until they are stored."""
        self._done = done
        """Called after the last event is reported, in the thread that reports it."""
        self._expired: EngineError | None = None
        self._unwanted = False
        self._run: Run | None = None
        self._outputs: OutputQueue | None = None

    def cancel(self) -> None:
        """Cancel the current job, from another thread; a job that has not started ends at once."""
        self._unwanted = True
        if self._run is not None:
            self._run.cancel()

    def expire(self, why: EngineError) -> None:
        """End the current job as failed, from another thread."""
        self._expired = why
        self.cancel()

    def give_up(self) -> dict[str, Any]:
        """Give up a job that does not end; returns its last event. Later events of the job are not reported."""
        assert self._outputs is not None
        assert self._expired is not None
        self._outputs.end(Failed(self._outputs.run, self._expired))
        self._outputs.wait()
        return self._outputs.last

    def work(self, data: Mapping[str, Any], channel: Channel, attempt: int) -> dict[str, Any]:
        """Run a job to its end; returns its last event, which the channel also gets. Never raises if the job fails.

        Returns `HANDED_OVER` if outputs are stored in the background and the web side supports that.
        """
        outbox = Outbox(channel, attempt)
        self._began = time.monotonic()
        job = Job.from_dict(data, self._engine.catalog())
        outputs = self._outputs = OutputQueue(job.run, self._deliver, outbox.put, partial(self._report_last, outbox))
        last: Event = Failed(job.run, EngineError("the worker was ended"))
        try:
            for event in self._events(job):
                if event.terminal:
                    last = self._judged(event)
                elif isinstance(event, OutputReady):
                    outputs.add(event)
                elif isinstance(event, Retrying):
                    outputs.start_over(event)
                else:
                    outbox.put(event.to_dict())
        finally:
            self._run = None
            outputs.end(last)
        if self._pending is not None and int(data.get("protocol", 0)) >= 1:
            self._pending.add(outputs)
            return {"event": HANDED_OVER, "run": job.run}
        outputs.wait()
        return outputs.last

    def _report_last(self, outbox: Outbox, event: dict[str, Any]) -> None:
        outbox.put(event, last=True)
        self._done()

    def _events(self, job: Job) -> Iterator[Event]:
        try:
            if self._prepare is not None:
                self._prepare(job.workflow.document)
            self._run = self._engine.start(job.workflow, job.inputs, run_id=job.run, previews=job.previews)
        except EngineError as error:
            yield Failed(job.run, error)
            return
        if self._unwanted:
            self._run.cancel()
        yield from self._run.events()

    def _judged(self, event: Event) -> Event:
        """The last event with the usage of the run, which costs money however it ended."""
        if isinstance(event, Finished):
            return replace(event, outputs=(), usage=self._usage(event.seconds))
        usage = self._usage(time.monotonic() - self._began)
        if self._expired is not None:
            return Failed(event.run, self._expired, usage)
        return replace(event, usage=usage) if isinstance(event, (Failed, Cancelled)) else event
