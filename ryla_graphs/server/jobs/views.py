"""The one shape of a job: what our routes answer, webhooks tell, and Comfy API v2 is made of."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, PlainSerializer, WithJsonSchema

from ryla_graphs.faces import Outcome
from ryla_graphs.outputs import OutputKind
from ryla_graphs.server.errors import body_of
from ryla_graphs.server.jobs.service import JobService
from ryla_graphs.server.jobs.states import output_facts
from ryla_graphs.server.records import Asset, Job, JobState
from ryla_graphs.server.sinks.faces import REFERENCE


def timestamp(moment: datetime) -> str:
    """A time as ISO 8601 in UTC, as all of our JSON has it."""
    return moment.isoformat(timespec="milliseconds")


Moment = Annotated[
    datetime, PlainSerializer(timestamp, return_type=str), WithJsonSchema({"type": "string", "format": "date-time"})
]


class ProblemShape(BaseModel, title="Problem"):
    """One thing that is wrong. What is not known is left out."""

    code: str = Field(description="For programs")
    message: str
    level: Literal["error", "warning", "note"]
    tier: int = Field(description="Who finds it: 1 ComfyUI's server, 2 nothing, or too late, 3 this deployment")
    node: str | None = None
    class_type: str | None = None
    input: str | None = None
    preset: str | None = Field(default=None, description="The preset whose parameter it is about")
    parameter: str | None = None
    request: str | None = Field(default=None, description="What was asked with, if one of its fields is wrong")
    field: str | None = None
    file: str | None = Field(default=None, description="The weight file that it is about")
    given: Any = None
    expected: str | None = None
    hint: str | None = None
    source: str | None = Field(default=None, description="file:line, for graphs that Python wrote")
    parameters: list[str] = Field(default=[], description="The preset parameters that decide the input")


class ErrorShape(BaseModel, title="Error"):
    """Why something did not work."""

    code: str = Field(description="For programs; docs/errors.md lists them")
    message: str
    node: str | None = Field(default=None, description="The node that failed while it ran")
    class_type: str | None = None
    problems: list[ProblemShape]


class ErrorAnswer(BaseModel):
    """The body of every answer that is no success."""

    error: ErrorShape


class OutputEvent(BaseModel):
    """What an `output` event says: an output is committed."""

    number: int
    node: str
    kind: OutputKind
    media_type: str
    name: str
    size: int = Field(description="In bytes")
    simulated: bool
    id: str = Field(description="Its id as an asset")
    hash: str = Field(description="blake3:…")
    folder: str = Field(description="`output`, or `temp` for what is only shown")


class FaceShape(BaseModel, title="Face"):
    """How well a picture kept the person's face. What was not measured is null, which is not zero."""

    outcome: Outcome = Field(
        description="`measured`; `small` and `profile` have numbers that say little, the others none"
    )
    verified: bool | None = Field(description="Whether it counts as the same person")
    match: float | None = Field(description="How likely it is one person, of two equally likely stories: 0 to 1")
    consistency: float | None = Field(
        description="How many in a hundred pairs of photos of one person are at least this far apart: 50 is as good"
    )
    distance: float | None
    false_match_rate: float | None = Field(description="How many pairs of different people are this near")
    faces: int = Field(description="How many the picture has; the nearest counts")
    reference_faces: int = Field(description="How many the reference has; its largest counts")
    model: str
    calibration: str = Field(description="Scores under different ids cannot be compared")
    ms: int


class OutputShape(OutputEvent, title="Output"):
    """One committed output of a job."""

    url: str
    face: FaceShape | None = Field(default=None, description="Of a job with `measureFace`: null until it is measured")
    base64: str | None = Field(default=None, description="The content, where `outputs=base64` asks for it")


class InputShape(BaseModel, title="Input"):
    """A file that a job was given."""

    name: str = Field(description="What the graph and the parameters call it")
    hash: str = Field(description="blake3:…")
    url: str = Field(description="Where its content is; also what the next job may be given in the place of a file")


class ProgressShape(BaseModel, title="Progress"):
    """How far a job is; every snapshot is complete."""

    value: float = Field(ge=0, le=1)
    nodes_done: int = Field(description="How many are in `done` and `cached`")
    nodes_total: int
    done: list[str] = Field(description="The nodes that have run, in their order")
    cached: list[str] = Field(description="The nodes that do not run, since the engine has what they gave before")
    node: str | None = Field(description="The node at work")
    class_type: str | None
    step: int | None
    steps: int | None


class UrlsShape(BaseModel, title="JobUrls"):
    """Where to go from a job."""

    self: str
    events: str


class AttemptShape(BaseModel, title="Attempt"):
    """One hand-over of a job to a route."""

    route: str
    why: str
    started: float = Field(description="Seconds since 1970, as `ended`")
    ended: float | None
    outcome: str
    reason: str
    ran: bool = Field(description="Whether it may have run there")
    cost_usd: float | None
    maybe_charged: bool = Field(description="Whether it may have cost money that is in no figure")
    experiment: str | None
    arm: str | None
    run_id: str
    remote_id: str | None


class JobShape(BaseModel, title="Job"):
    """One execution of a graph."""

    id: str
    state: JobState
    preset: str | None
    parameters: dict[str, Any] = Field(description="The preset's, as they were used")
    labels: dict[str, str] = Field(description="What it was submitted with, and can be found by")
    seed: int | None = Field(json_schema_extra={"format": "uint64"})
    seed_text: str | None = Field(description="The seed with all its digits, which JavaScript's numbers have not")
    position: int | None = Field(description="How many jobs are before it, while it waits")
    progress: ProgressShape | None
    attempt: int
    cancel_requested: bool
    attempts: list[AttemptShape] = Field(description="Where it was handed to, on servers with routes")
    created_at: Moment
    started_at: Moment | None
    ended_at: Moment | None
    metrics: dict[str, Any] = Field(
        description="queue_ms, cold_ms, idle_ms, execution_ms, load_ms, nodes (ms by node), gpu, cost_usd, if known"
    )
    warnings: list[ProblemShape]
    inputs: list[InputShape]
    outputs: list[OutputShape]
    error: ErrorShape | None
    urls: UrlsShape


class StatusError(BaseModel):
    """Why a job failed, in short."""

    code: str
    message: str
    node: str | None


class StatusEvent(BaseModel):
    """What a `status` event says: a job has gone on."""

    state: JobState
    attempt: int
    cancel_requested: bool = Field(default=False, description="Somebody wants its end")
    error: StatusError | None = Field(default=None, description="Of a job that failed")


class PreviewEvent(BaseModel):
    """What a `preview` event says: a small picture of what is being made."""

    node: str | None
    media_type: str
    data: str = Field(description="In base64")


class RoutedEvent(BaseModel):
    """What a `routed` event says: a server with routes has handed the job to one."""

    route: str
    reason: str
    tried: list[str]
    arm: str | None


EVENTS: Mapping[str, type[BaseModel]] = {
    "status": StatusEvent,
    "progress": ProgressShape,
    "preview": PreviewEvent,
    "output": OutputEvent,
    "routed": RoutedEvent,
}
"""What each event of a stream says."""


def as_json(shape: BaseModel) -> bytes:
    """A shape as the body of an answer. What was not set is left out."""
    return shape.model_dump_json(exclude_unset=True).encode()


def moment(seconds: float | None) -> str | None:
    """A time in seconds as ISO 8601 in UTC."""
    return None if seconds is None else timestamp(_moment(seconds))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def job_path(job_id: str) -> str:
    """Where a job is."""
    return f"/jobs/{job_id}"


def output_path(output: Asset) -> str:
    """Where the content of an output is."""
    return f"{job_path(output.job_id or '')}/outputs/{output.number}"


def output_shape(output: Asset, content: Callable[[str], bytes] | None = None) -> OutputShape:
    """An output, with its content in base64 where a reader is given."""
    facts: dict[str, Any] = output_facts(output) | {"url": output_path(output)}
    if content is not None:
        facts["base64"] = base64.b64encode(content(output.hash)).decode()
    return OutputShape(**facts)


def _with_faces(outputs: Iterable[OutputShape], job: Job) -> Iterator[OutputShape]:
    """The outputs of a job that wants its faces measured: null for those that are not."""
    faces = {row["output"]: FaceShape.model_validate(row) for row in job.faces}
    return (output.model_copy(update={"face": faces.get(output.number)}) for output in outputs)


def job_shape(job: Job, outputs: Iterable[OutputShape], jobs: JobService) -> JobShape:
    """All that the owner of a job may know of it."""
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
        attempts=[AttemptShape.model_validate(row) for row in job.attempts],
        created_at=_moment(job.created_at),
        started_at=None if job.started_at is None else _moment(job.started_at),
        ended_at=None if job.ended_at is None else _moment(job.ended_at),
        metrics=dict(job.metrics),
        warnings=[ProblemShape.model_validate(problem) for problem in job.request.warnings],
        inputs=[
            InputShape(name=name, hash=f"blake3:{digest}", url=f"{path}/inputs/{name}")
            for name, digest in job.request.inputs.items()
        ],
        outputs=list(_with_faces(outputs, job) if REFERENCE in job.request.extra else outputs),
        error=None if job.error is None else ErrorShape.model_validate(body_of(job.error)["error"]),
        urls=UrlsShape(self=path, events=f"{path}/events"),
    )
