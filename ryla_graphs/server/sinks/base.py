"""Where the events of all jobs go besides their readers: logs, metrics, webhooks.

A sink is fed by the state machine, in the thread that moved the job: it must be quick, and hand on what is slow. A
sink that fails never touches the job.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import Protocol

from ryla_graphs.server.records import Job, JobEvent

log = logging.getLogger("ryla_graphs.server")


class Sink(Protocol):
    """Takes every event of every job, previews included; one with an attribute `kinds` gets only events of these."""

    def on_event(self, job: Job, event: JobEvent) -> None:
        """Something happened; `job` is as it is after it."""
        ...


def guarded(sink: Sink) -> Callable[[Job, JobEvent], None]:
    """The sink as a function that never raises."""

    def tell(job: Job, event: JobEvent) -> None:
        try:
            if hears(sink, event.kind):
                sink.on_event(job, event)
        except Exception:
            log.exception("the sink %s failed at event %s of job %s", type(sink).__name__, event.seq, job.id)

    return tell


def hears(sink: Sink, kind: str) -> bool:
    """Whether a sink gets events of a kind."""
    kinds: Collection[str] | None = getattr(sink, "kinds", None)
    return kinds is None or kind in kinds


class LogSink:
    """One log line for each change of a job, with the facts as `extra` for structured handlers."""

    kinds = ("status", "output")

    def on_event(self, job: Job, event: JobEvent) -> None:
        """Log a change."""
        if not log.isEnabledFor(logging.INFO):
            return
        facts = {
            "job": job.id,
            "owner": job.owner,
            "preset": job.request.preset or "workflow",
            "event": event.kind,
            **{key: value for key, value in event.data.items() if key != "name"},
        }
        text = " ".join([f"{key}={value}" for key, value in facts.items()])
        # As `log.info` does in the end, which looks for the caller first.
        record = logging.getLogRecordFactory()(log.name, logging.INFO, __file__, 0, text, (), None)
        record.facts = facts
        log.handle(record)
