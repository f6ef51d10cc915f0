"""Turns a stored job into its JSON shape, for our routes, for webhooks, and as the source of Comfy API v2's shape."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from ryla_graphs.answers.shapes import (
    AttemptShape,
    ErrorShape,
    FaceShape,
    InputShape,
    JobShape,
    OutputShape,
    ProblemShape,
    ProgressShape,
    UrlsShape,
    timestamp,
)
from ryla_graphs.server.errors import body_of
from ryla_graphs.server.jobs.service import JobService
from ryla_graphs.server.jobs.states import output_facts
from ryla_graphs.server.records import Asset, DamagedRecord, Job
from ryla_graphs.server.sinks.faces import REFERENCE


def as_json(shape: BaseModel) -> bytes:
    """A shape as the body of an answer. Unset fields are left out."""
    return shape.model_dump_json(exclude_unset=True).encode()


def moment(seconds: float | None) -> str | None:
    """A time, given in seconds, as ISO 8601 in UTC."""
    return None if seconds is None else timestamp(_moment(seconds))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def job_path(job_id: str) -> str:
    """The path of a job."""
    return f"/jobs/{job_id}"


def output_path(output: Asset) -> str:
    """The path of an output's content."""
    return f"{job_path(output.job_id or '')}/outputs/{output.number}"


def output_shape(output: Asset, content: Callable[[str], bytes] | None = None) -> OutputShape:
    """An output, with its content in base64 if a reader is given."""
    facts: dict[str, Any] = output_facts(output) | {"url": output_path(output)}
    if content is not None:
        facts["base64"] = base64.b64encode(content(output.hash)).decode()
    return OutputShape(**facts)


def _with_faces(outputs: Iterable[OutputShape], job: Job) -> Iterator[OutputShape]:
    """The outputs of a job with face scores: null for pictures that are not measured yet."""
    faces = {row["output"]: FaceShape.model_validate(row) for row in job.faces}
    return (output.model_copy(update={"face": faces.get(output.number)}) for output in outputs)


def job_shape(job: Job, outputs: Iterable[OutputShape], jobs: JobService) -> JobShape:
    """Everything that the owner of a job may know about it; raises `DamagedRecord`."""
    try:
        return _job_shape(job, outputs, jobs)
    except (ValueError, OverflowError) as damage:
        raise DamagedRecord("job", job.id, job.owner) from damage


def _job_shape(job: Job, outputs: Iterable[OutputShape], jobs: JobService) -> JobShape:
    path = job_path(job.id)
    return JobShape(
        id=job.id,
        state=job.state,
        preset=job.request.preset,
        parameters=dict(job.request.parameters),
        labels=dict(job.request.labels),
        seed=job.request.seed,
        seed_text=None if job.request.seed is None else str(job.request.seed),
        position=jobs.position(job.id),
        progress=None if (progress := jobs.progress(job.id)) is None else ProgressShape.model_validate(progress),
        attempt=job.attempt,
        cancel_requested=job.cancel_requested,
        attempts=tuple(map(AttemptShape.model_validate, job.attempts)),
        created_at=_moment(job.created_at),
        started_at=None if job.started_at is None else _moment(job.started_at),
        ended_at=None if job.ended_at is None else _moment(job.ended_at),
        metrics=dict(job.metrics),
        warnings=tuple(map(ProblemShape.model_validate, job.request.warnings)),
        inputs=tuple(
            InputShape(name=name, hash=f"blake3:{digest}", url=f"{path}/inputs/{name}")
            for name, digest in job.request.inputs.items()
        ),
        outputs=tuple(_with_faces(outputs, job) if REFERENCE in job.request.extra else outputs),
        error=None if job.error is None else ErrorShape.model_validate(body_of(job.error)["error"]),
        urls=UrlsShape(self=path, events=f"{path}/events"),
    )
