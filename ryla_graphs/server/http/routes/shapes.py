"""The shapes of our JSON for the OpenAPI document; a test holds answers against them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from ryla_graphs.outputs import OutputKind
from ryla_graphs.server.records import JobState


class ProblemShape(BaseModel, title="Problem"):
    """One thing that is wrong. What is not known is left out."""

    code: str = Field(description="For programs")
    message: str
    level: Literal["error", "warning", "note"]
    tier: int = Field(description="Who finds it: 1 ComfyUI's server, 2 nobody or too late, 3 this deployment")
    node: str | None = None
    class_type: str | None = None
    input: str | None = None
    preset: str | None = Field(default=None, description="The preset whose parameter it is about")
    parameter: str | None = None
    request: str | None = Field(default=None, description="What was asked with, where a field of that is wrong")
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


class OutputShape(BaseModel, title="Output"):
    """One committed output of a job."""

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
    url: str
    base64: str | None = Field(default=None, description="The content, where `outputs=base64` asks for it")


class ProgressShape(BaseModel, title="Progress"):
    """How far a job is; every snapshot is complete."""

    value: float = Field(ge=0, le=1)
    nodes_done: int
    nodes_total: int
    node: str | None
    class_type: str | None
    step: int | None
    steps: int | None


class UrlsShape(BaseModel, title="JobUrls"):
    """Where to go from a job."""

    self: str
    events: str


class JobShape(BaseModel, title="Job"):
    """One execution of a graph."""

    id: str
    state: JobState
    preset: str | None
    parameters: dict[str, Any] = Field(description="The preset's, as they were used")
    seed: int | None = Field(json_schema_extra={"format": "uint64"})
    position: int | None = Field(description="How many jobs are before it, while it waits")
    progress: ProgressShape | None
    attempt: int
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    metrics: dict[str, Any] = Field(
        description="queue_ms, cold_ms, idle_ms, execution_ms, load_ms, nodes (ms by node), gpu, cost_usd, if known"
    )
    warnings: list[ProblemShape]
    outputs: list[OutputShape]
    error: ErrorShape | None
    urls: UrlsShape


class JobsShape(BaseModel, title="Jobs"):
    """A page of jobs."""

    jobs: list[JobShape]


class LogLineShape(BaseModel, title="LogLine"):
    """A line of a job's log."""

    at: datetime
    source: Literal["server", "engine"]
    text: str


class LogShape(BaseModel, title="JobLog"):
    """What was written about a job."""

    job: str
    state: JobState
    lines: list[LogLineShape] = Field(description="The server's and the engine's, by time; those still known")


class ReadyShape(BaseModel, title="Ready"):
    """Whether a job would run now."""

    ready: bool
    reason: str
    engine: str
    waiting: int
    running: int
    queue_limit: int


class PresetShape(BaseModel, title="Preset"):
    """A preset in short."""

    name: str
    summary: str
    url: str


class PresetsShape(BaseModel, title="Presets"):
    """All presets."""

    presets: list[PresetShape]


class PresetDetails(PresetShape):
    """A preset in full."""

    description: str
    parameters: dict[str, Any] = Field(description="JSON Schema")
    example: dict[str, Any] = Field(description="Parameters that suffice")


class NodesShape(BaseModel, title="Nodes"):
    """Node classes by name."""

    engine: str
    count: int
    nodes: list[str]


class VerdictShape(BaseModel, title="Verdict"):
    """What ComfyUI would answer to `POST /prompt`."""

    accepted: bool
    error: str | None = Field(description="The type of its error, where it does not accept the prompt")
    nodes: dict[str, list[dict[str, Any]]] = Field(description="Types and inputs of its `node_errors`, by node id")


class LeftOutShape(BaseModel, title="LeftOut"):
    """Something of a workflow of the editor that is not in the prompt."""

    node: str
    what: str
    reason: str


class JudgementShape(BaseModel, title="Judgement"):
    """What would become of a graph here."""

    kind: str = Field(description="What was sent, in words")
    used: Literal["prompt", "workflow"] = Field(description="Which was read, of a file that has both")
    valid: bool = Field(description="Whether the graph has no error")
    runs_here: bool = Field(description="Whether this deployment would take it, its files apart")
    verdict: VerdictShape
    problems: list[ProblemShape]
    left_out: list[LeftOutShape]
    unread: list[str] = Field(description="Keys beside the graph that nothing is made of")
    inputs: list[str] = Field(description="The input files that came along")
    outputs: list[dict[str, Any]] = Field(description="What a run delivers at least, of a valid graph")
    plan: dict[str, Any] | None = Field(description="The estimate, of a valid graph: docs/plan.md")
