"""The protocol of sinks, which receive the events of all jobs: logs, metrics, webhooks.

The state machine calls a sink in the thread that changed the job, so a sink must be quick, and leave slow work to its
own thread. A sink that fails never affects the job.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import Any, Protocol

from ryla_graphs.server.records import Job, JobEvent

log = logging.getLogger("ryla_graphs.server")


class Sink(Protocol):
    """Receives every event of every job, previews included; with an attribute `kinds`, only events of these kinds."""

    def on_event(self, job: Job, event: JobEvent) -> None:
        """Handle an event; `job` is the job after it."""
        ...


def guarded(sink: Sink) -> Callable[[Job, JobEvent], None]:
    """The sink as a function that never raises."""

    kinds = _kinds(sink)

    def report(job: Job, event: JobEvent) -> None:
        try:
            if kinds is None or event.kind in kinds:
                sink.on_event(job, event)
        except Exception:
            log.exception("the sink %s failed at event %s of job %s", type(sink).__name__, event.seq, job.id)

    return report


def receives(sink: Sink, kind: str) -> bool:
    """Whether a sink receives events of a kind."""
    kinds = _kinds(sink)
    return kinds is None or kind in kinds


def _kinds(sink: Sink) -> Collection[str] | None:
    kinds: Collection[str] | None = getattr(sink, "kinds", None)
    return kinds


class Facts(dict[str, Any]):
    """The facts of a line; it is written out where the line is, in the thread that writes lines."""

    def __str__(self) -> str:
        return " ".join([f"{key}={value}" for key, value in self.items()])


class LogSink:
    """Logs one line for each change of a job, with the facts as `extra` for structured handlers."""

    kinds = ("status", "output")

    def on_event(self, job: Job, event: JobEvent) -> None:
        """Log a change."""
        if not log.isEnabledFor(logging.INFO):
            return
        facts = Facts(job=job.id, owner=job.owner, preset=job.request.preset or "workflow", event=event.kind)
        facts.update(event.data)
        facts.pop("name", None)
        # What `log.info` does, without its search for the calling frame.
        record = logging.getLogRecordFactory()(log.name, logging.INFO, __file__, 0, facts, (), None)
        record.facts = facts
        log.handle(record)
