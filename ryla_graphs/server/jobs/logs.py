"""What was written about one job: the server's own events, and what its engine's machine wrote meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from ryla_graphs.engines import Engine
from ryla_graphs.engines.base import Logged
from ryla_graphs.server.errors import without_folders
from ryla_graphs.server.jobs.views import moment
from ryla_graphs.server.records import Job
from ryla_graphs.server.storage import Store

MOST_LINES = 1000
"""Of an engine; the last ones."""


class Line(NamedTuple):
    """A line of a job's log."""

    at: float
    source: Literal["server", "engine"]
    text: str


def log_lines(job: Job, store: Store, engine: Engine) -> list[Line]:
    """The lines that are still known, by time."""
    return sorted([*_of_server(job, store), *_of_engine(job, engine)], key=lambda line: line.at)


def _of_server(job: Job, store: Store) -> Iterator[Line]:
    for event in store.events(job.id):
        if event.kind in ("status", "output"):
            facts = " ".join(f"{key}={value}" for key, value in event.data.items() if key != "name")
            yield Line(event.at, "server", f"{event.kind} {facts}")


def _of_engine(job: Job, engine: Engine) -> Iterator[Line]:
    if not isinstance(engine, Logged) or job.run_id is None:
        return
    lines = engine.log_of(job.run_id, job.started_at or job.created_at, job.ended_at)
    for line in lines[-MOST_LINES:]:
        yield Line(line.at, "engine", without_folders(line.text))


def log_view(job: Job, lines: Sequence[Line]) -> dict[str, Any]:
    """A job's log as JSON."""
    shown = [{"at": moment(line.at), "source": line.source, "text": line.text} for line in lines]
    return {"job": job.id, "state": job.state, "lines": shown}
