"""The GPU side: run one job on the ComfyUI of this container, and tell the other side what happens.

Events leave in numbered batches, at most a few a second, since each costs a round trip; the last one always
leaves, whatever became of the run.
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
from ryla_graphs.engines.wire import Job
from ryla_graphs.modal_deploy.handing import PAUSES, Deliver, Handing, Pending
from ryla_graphs.problems import EngineError

log = logging.getLogger("ryla_graphs.modal_deploy")

SECONDS_BETWEEN_BATCHES = 0.25
MOST_EVENTS = 2_000
"""Of one run. A partition of Modal's queue takes 5,000 items; progress beyond this is left out."""

_PASSING = frozenset({"progress", "preview"})
"""Kinds where only the newest event counts."""


class Channel(Protocol):
    """Where the events of one run go."""

    def send(self, batch: list[dict[str, Any]]) -> None:
        """Hand over some events, in order."""
        ...


PROTOCOL = 1
"""What a web side understands of its workers: from 1 on, that a call ends with `HANDED_OVER` and its run goes on."""
HANDED_OVER = "handed_over"
"""What a call gives whose outputs are still on their way; the last event of its run comes over the channel alone."""


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
        self._ended = False

    def put(self, event: dict[str, Any], *, last: bool = False) -> None:
        """Take an event; it leaves within `SECONDS_BETWEEN_BATCHES`, the last one before this returns.

        What could not be sent is sent with what comes next; raises what the channel raises for the last event.
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
                log.warning("the end of a run could not be reported: %s", error)
                time.sleep(pause)
        return self._send()

    def _try(self) -> None:
        try:
            self._send()
        except Exception as error:  # noqa: BLE001 - whatever Modal's client raises
            log.warning("events of a run could not be reported: %s", error)
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
        pending: Pending | None = None,
        done: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._prepare = prepare
        """Called with the graph before it is started; may raise `EngineError`."""
        self._deliver = deliver
        self._usage = usage
        self._began = 0.0
        self._pending = pending
        """Takes the outputs of a run that has ended; without it a job waits until they are stored."""
        self._done = done
        """Called when the last event is reported, in the thread that reports it."""
        self._expired: EngineError | None = None
        self._unwanted = False
        self._run: Run | None = None
        self._handing: Handing | None = None

    def cancel(self) -> None:
        """End the job that is on, from another thread; one that has not begun yet ends at once."""
        self._unwanted = True
        if self._run is not None:
            self._run.cancel()

    def expire(self, why: EngineError) -> None:
        """End the job that is on, which then has failed, from another thread."""
        self._expired = why
        self.cancel()

    def give_up(self) -> dict[str, Any]:
        """The last event of a job that does not end; what it does after this is not reported."""
        assert self._handing is not None
        assert self._expired is not None
        self._handing.end(Failed(self._handing.run, self._expired))
        self._handing.wait()
        return self._handing.last

    def work(self, data: Mapping[str, Any], channel: Channel, attempt: int) -> dict[str, Any]:
        """Run a job to its end; gives its last event, which also went into the channel. Never raises for its fate.

        Where outputs may be stored afterwards, and the web side knows of that, gives `HANDED_OVER`.
        """
        outbox = Outbox(channel, attempt)
        self._began = time.monotonic()
        job = Job.from_dict(data, self._engine.catalog())
        handing = self._handing = Handing(job.run, self._deliver, outbox.put, partial(self._tell_last, outbox))
        last: Event = Failed(job.run, EngineError("the worker was ended"))
        try:
            for event in self._events(job):
                if event.terminal:
                    last = self._judged(event)
                elif isinstance(event, OutputReady):
                    handing.output(event)
                elif isinstance(event, Retrying):
                    handing.start_over(event)
                else:
                    outbox.put(event.to_dict())
        finally:
            self._run = None
            handing.end(last)
        if self._pending is not None and int(data.get("protocol", 0)) >= 1:
            self._pending.add(handing)
            return {"event": HANDED_OVER, "run": job.run}
        handing.wait()
        return handing.last

    def _tell_last(self, outbox: Outbox, event: dict[str, Any]) -> None:
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
        """The last event with what the run took, which is paid for however it ended."""
        if isinstance(event, Finished):
            return replace(event, outputs=(), usage=self._usage(event.seconds))
        usage = self._usage(time.monotonic() - self._began)
        if self._expired is not None:
            return Failed(event.run, self._expired, usage)
        return replace(event, usage=usage) if isinstance(event, (Failed, Cancelled)) else event
