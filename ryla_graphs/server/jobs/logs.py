"""The log of one job: the server's own events, and the log of the engine's machine during the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from pydantic import BaseModel, Field

from ryla_graphs.answers.shapes import Moment
from ryla_graphs.answers.words import JobState
from ryla_graphs.engines import Engine
from ryla_graphs.engines.base import Logged
from ryla_graphs.server.errors import without_folders
from ryla_graphs.server.records import Job
from ryla_graphs.server.storage import Store

MOST_LINES = 1000
"""The most lines of an engine in a log; the last ones are kept."""


class LogLineShape(BaseModel, title="LogLine"):
    """A line of a job's log."""

    at: Moment
    source: Literal["server", "engine"]
    text: str


class LogShape(BaseModel, title="JobLog"):
    """The log of a job."""

    job: str
    state: JobState
    lines: list[LogLineShape] = Field(description="Lines of the server and the engine that still exist, by time")


class Line(NamedTuple):
    """A line of a job's log."""

    at: float
    source: Literal["server", "engine"]
    text: str


def log_lines(job: Job, store: Store, engine: Engine) -> list[Line]:
    """The lines that still exist, by time."""
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


def log_shape(job: Job, lines: Sequence[Line]) -> LogShape:
    """A job's log as JSON."""
    shown = [
        LogLineShape(at=datetime.fromtimestamp(line.at, UTC), source=line.source, text=line.text) for line in lines
    ]
    return LogShape(job=job.id, state=job.state, lines=shown)
