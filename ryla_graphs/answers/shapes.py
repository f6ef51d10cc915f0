"""The shapes of jobs, for the server's routes and webhooks, and for the client that reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema
from typing_extensions import TypedDict

from ryla_graphs.answers.words import JobState, Outcome, OutputKind
from ryla_graphs.deprecation import deprecated
from ryla_graphs.problems.codes import Level


def timestamp(moment: datetime) -> str:
    """A time as ISO 8601 in UTC, as in all of our JSON."""
    return moment.isoformat(timespec="milliseconds")


Moment = Annotated[
    datetime, PlainSerializer(timestamp, return_type=str), WithJsonSchema({"type": "string", "format": "date-time"})
]


class Shape(BaseModel):
    """The base of all shapes: a JSON object in an answer."""

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
    """One problem. Unknown fields are left out."""

    code: str = Field(description="A fixed code for programs")
    message: str
    level: Level
    tier: int = Field(description="Who detects it: 1 ComfyUI's server, 2 nothing, or only a run, 3 this deployment")
    node: str | None = None
    class_type: str | None = None
    input: str | None = None
    preset: str | None = Field(default=None, description="The preset whose parameter is wrong")
    parameter: str | None = None
    request: str | None = Field(default=None, description="The request one of whose fields is wrong")
    field: str | None = None
    file: str | None = Field(default=None, description="The weight file that is wrong")
    given: Any = None
    expected: str | None = None
    hint: str | None = None
    source: str | None = Field(default=None, description="file:line, for graphs written in Python")
    parameters: tuple[str, ...] = Field(default=(), description="The preset parameters that decide the input")


class ErrorShape(Shape, title="Error"):
    """An error."""

    code: str = Field(description="A fixed code for programs; docs/errors.md lists them")
    message: str
    node: str | None = Field(default=None, description="The node that failed during the run")
    class_type: str | None = None
    problems: tuple[ProblemShape, ...]


class ErrorAnswer(Shape):
    """The body of every answer with an error status."""

    error: ErrorShape


class OutputEvent(Shape):
    """The data of an `output` event: an output is committed."""

    number: int
    node: str
    kind: OutputKind
    media_type: str
    name: str
    size: int = Field(description="In bytes")
    simulated: bool
    id: str = Field(description="The id of its asset")
    hash: str = Field(description="blake3:…")
    folder: str = Field(description="`output`, or `temp` for files that are only shown")


class FaceShape(Shape, title="Face"):
    """How well a picture kept the person's face. Values that were not measured are null, not zero."""

    outcome: Outcome = Field(
        description="`measured`; `small` and `profile` have unreliable numbers, other outcomes none"
    )
    verified: bool | None = Field(description="Whether the face counts as the same person's")
    match: float | None = Field(description="The probability that it is the same person, assuming even odds: 0 to 1")
    consistency: float | None = Field(
        description="How many of a hundred pairs of photos of one person differ at least this much; 50 is ideal"
    )
    distance: float | None
    false_match_rate: float | None = Field(description="The share of pairs of different people that are this similar")
    faces: int = Field(description="The number of faces in the picture; the most similar one counts")
    reference_faces: int = Field(description="The number of faces in the reference; the largest one counts")
    model: str
    calibration: str = Field(description="The id of the calibration; scores with different ids cannot be compared")
    ms: int


class OutputShape(OutputEvent, title="Output"):
    """One committed output of a job."""

    url: str
    face: FaceShape | None = Field(default=None, description="In a job with `measureFace`; null until it is measured")
    base64: str | None = Field(default=None, description="The content, if the request has `outputs=base64`")


class InputShape(Shape, title="Input"):
    """An input file of a job."""

    name: str = Field(description="Its name in the graph and in the parameters")
    hash: str = Field(description="blake3:…")
    url: str = Field(description="The URL of its content; the next job accepts it in place of a file")


class ProgressShape(Shape, title="Progress"):
    """The progress of a job; every snapshot is complete."""

    value: float = Field(ge=0, le=1)
    nodes_done: int = Field(description="The number of nodes in `done` and `cached`")
    nodes_total: int
    done: tuple[str, ...] = Field(description="The nodes that have run, in order")
    cached: tuple[str, ...] = Field(
        description="The nodes that do not run, because the engine has their outputs cached"
    )
    node: str | None = Field(description="The running node")
    class_type: str | None
    step: int | None
    steps: int | None


class UrlsShape(Shape, title="JobUrls"):
    """Links of a job."""

    self: str
    events: str


class AttemptShape(Shape, title="Attempt"):
    """One attempt: a job that was handed to a route."""

    route: str
    why: str
    started: float = Field(description="Seconds since 1970, like `ended`")
    ended: float | None
    outcome: str
    reason: str
    ran: bool = Field(description="Whether it may have run there")
    cost_usd: float | None
    maybe_charged: bool = Field(description="Whether it may have cost money that is not in `cost_usd`")
    experiment: str | None
    arm: str | None
    run_id: str
    remote_id: str | None


class MetricsShape(TypedDict, total=False):
    """What a run took. What is unknown is left out; a dictionary, since servers may add fields."""

    __pydantic_config__ = ConfigDict(title="Metrics", extra="allow")  # type: ignore[misc]

    queue_ms: Annotated[int, Field(description="From submission until the engine started")]
    cold_ms: Annotated[int, Field(description="For the start of a machine")]
    idle_ms: Annotated[int, Field(description="The machine's idle time that this job pays")]
    execution_ms: Annotated[int, Field(description="At work")]
    load_ms: Annotated[int, Field(description="At work in nodes that load weights")]
    nodes: Annotated[dict[str, float], Field(description="Milliseconds by node")]
    gpu: Annotated[str, Field(description="The hardware")]
    cost_usd: Annotated[float, Field(description="In US dollars")]
    route: Annotated[str, Field(description="The last route, on servers with routes")]


class JobShape(Shape, title="Job"):
    """One execution of a graph."""

    id: str
    state: JobState
    preset: str | None
    parameters: dict[str, Any] = Field(description="The preset's parameters, as they were used")
    labels: dict[str, str] = Field(description="The labels that it was submitted with, and can be found by")
    seed: int | None = Field(json_schema_extra={"format": "uint64"})
    seed_text: str | None = Field(description="The seed with all digits, which JavaScript's numbers cannot hold")
    position: int | None = Field(description="How many jobs wait before it")
    progress: ProgressShape | None
    attempt: int
    cancel_requested: bool
    attempts: tuple[AttemptShape, ...] = Field(description="The routes that got the job, on servers with routes")
    created_at: Moment
    started_at: Moment | None
    ended_at: Moment | None
    metrics: MetricsShape
    warnings: tuple[ProblemShape, ...]
    inputs: tuple[InputShape, ...]
    outputs: tuple[OutputShape, ...]
    error: ErrorShape | None
    urls: UrlsShape


class LoraShape(Shape, title="Lora"):
    """A LoRA of the caller."""

    id: str = Field(description="The value for `loraId`")
    name: str
    lora_name: str = Field(description="The value for a loader node's `lora_name`")
    families: tuple[str, ...] = Field(description="The model families that the file's header fits")
    size: int = Field(description="In bytes")
    hash: str = Field(description="blake3:…")
    created_at: Moment


class StatusError(Shape):
    """Why a job failed, in short form."""

    code: str
    message: str
    node: str | None


class StatusEvent(Shape):
    """The data of a `status` event: the state of a job has changed."""

    state: JobState
    attempt: int
    cancel_requested: bool = Field(default=False, description="Whether someone has cancelled the job")
    error: StatusError | None = Field(default=None, description="The error, if the job failed")


class PreviewEvent(Shape):
    """The data of a `preview` event: a small preview of the picture in progress."""

    node: str | None
    media_type: str
    data: str = Field(description="The picture in base64")


class RoutedEvent(Shape):
    """The data of a `routed` event: a server with routes has handed the job to one."""

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
"""The data of each event of a stream."""
