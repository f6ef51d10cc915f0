"""What a server answers about jobs: one shape for its routes, its webhooks, and the client that reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from ryla_graphs.answers.words import JobState, Outcome, OutputKind
from ryla_graphs.deprecation import deprecated
from ryla_graphs.problems.codes import Level


def timestamp(moment: datetime) -> str:
    """A time as ISO 8601 in UTC, as all of our JSON has it."""
    return moment.isoformat(timespec="milliseconds")


Moment = Annotated[
    datetime, PlainSerializer(timestamp, return_type=str), WithJsonSchema({"type": "string", "format": "date-time"})
]


class Shape(BaseModel):
    """A value of an answer's JSON."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    # The Python client had mappings in the place of these.

    @deprecated(
        "`JobView.progress['value']` is deprecated since 0.2.0 and goes in 0.4.0, not before 2027-06-01: "
        "use `JobView.progress.value`, and attributes of `error` and `face`"
    )
    def __getitem__(self, name: str) -> Any:
        if name not in type(self).model_fields:
            raise KeyError(name)
        return getattr(self, name)

    @deprecated(
        "`JobView.progress.get('value')` is deprecated since 0.2.0 and goes in 0.4.0, not before 2027-06-01: "
        "use `JobView.progress.value`, and attributes of `error` and `face`"
    )
    def get(self, name: str, default: Any = None) -> Any:
        """The value of a field; the default if there is no such field."""
        return getattr(self, name) if name in type(self).model_fields else default

    @deprecated(
        "`'value' in JobView.progress` is deprecated since 0.2.0 and goes in 0.4.0, not before 2027-06-01: "
        "use `JobView.progress.value is not None`"
    )
    def __contains__(self, name: str) -> bool:
        return name in type(self).model_fields


class ProblemShape(Shape, title="Problem"):
    """One thing that is wrong. What is not known is left out."""

    code: str = Field(description="For programs")
    message: str
    level: Level
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
    parameters: tuple[str, ...] = Field(default=(), description="The preset parameters that decide the input")


class ErrorShape(Shape, title="Error"):
    """Why something did not work."""

    code: str = Field(description="For programs; docs/errors.md lists them")
    message: str
    node: str | None = Field(default=None, description="The node that failed while it ran")
    class_type: str | None = None
    problems: tuple[ProblemShape, ...]


class ErrorAnswer(Shape):
    """The body of every answer that is no success."""

    error: ErrorShape


class OutputEvent(Shape):
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


class FaceShape(Shape, title="Face"):
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


class InputShape(Shape, title="Input"):
    """A file that a job was given."""

    name: str = Field(description="What the graph and the parameters call it")
    hash: str = Field(description="blake3:…")
    url: str = Field(description="Where its content is; also what the next job may be given in the place of a file")


class ProgressShape(Shape, title="Progress"):
    """How far a job is; every snapshot is complete."""

    value: float = Field(ge=0, le=1)
    nodes_done: int = Field(description="How many are in `done` and `cached`")
    nodes_total: int
    done: tuple[str, ...] = Field(description="The nodes that have run, in their order")
    cached: tuple[str, ...] = Field(description="The nodes that do not run, since the engine has what they gave before")
    node: str | None = Field(description="The node at work")
    class_type: str | None
    step: int | None
    steps: int | None


class UrlsShape(Shape, title="JobUrls"):
    """Where to go from a job."""

    self: str
    events: str


class AttemptShape(Shape, title="Attempt"):
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


class JobShape(Shape, title="Job"):
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
    attempts: tuple[AttemptShape, ...] = Field(description="Where it was handed to, on servers with routes")
    created_at: Moment
    started_at: Moment | None
    ended_at: Moment | None
    metrics: dict[str, Any] = Field(
        description="queue_ms, cold_ms, idle_ms, execution_ms, load_ms, nodes (ms by node), gpu, cost_usd, if known"
    )
    warnings: tuple[ProblemShape, ...]
    inputs: tuple[InputShape, ...]
    outputs: tuple[OutputShape, ...]
    error: ErrorShape | None
    urls: UrlsShape


class LoraShape(Shape, title="Lora"):
    """A LoRA of the caller."""

    id: str = Field(description="What `loraId` takes")
    name: str
    lora_name: str = Field(description="What a loader of a graph takes")
    families: tuple[str, ...] = Field(description="The model families that it may be of, by its header")
    size: int = Field(description="In bytes")
    hash: str = Field(description="blake3:…")
    created_at: Moment


class StatusError(Shape):
    """Why a job failed, in short."""

    code: str
    message: str
    node: str | None


class StatusEvent(Shape):
    """What a `status` event says: a job has gone on."""

    state: JobState
    attempt: int
    cancel_requested: bool = Field(default=False, description="Somebody wants its end")
    error: StatusError | None = Field(default=None, description="Of a job that failed")


class PreviewEvent(Shape):
    """What a `preview` event says: a small picture of what is being made."""

    node: str | None
    media_type: str
    data: str = Field(description="In base64")


class RoutedEvent(Shape):
    """What a `routed` event says: a server with routes has handed the job to one."""

    route: str
    reason: str
    tried: tuple[str, ...]
    arm: str | None


EVENTS: Mapping[str, type[Shape]] = {
    "status": StatusEvent,
    "progress": ProgressShape,
    "preview": PreviewEvent,
    "output": OutputEvent,
    "routed": RoutedEvent,
}
"""What each event of a stream says."""
