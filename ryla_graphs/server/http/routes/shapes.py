"""The shapes of our JSON but that of jobs, for the OpenAPI document; a test holds answers against them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from ryla_graphs.answers.shapes import JobShape, LoraShape, ProblemShape
from ryla_graphs.formats.drawing import Drawing


class JobsShape(BaseModel, title="Jobs"):
    """A page of jobs."""

    jobs: list[JobShape]


class RouteShape(BaseModel, title="Route"):
    """A place where jobs may run."""

    name: str
    engine: str
    on: bool
    share: float | None = Field(description="Of users that begin here, in percent")
    priority: int
    weight: float
    state: str = Field(description="`closed` (it works), `half-open` (one run tries it) or `open`")
    reason: str
    next_try_seconds: float | None
    draining: bool
    running: int
    slots: int
    expected_seconds: float | None
    runs: dict[str, int] = Field(description="By outcome, since the server began")
    cost_usd: float
    spent_today_usd: float


class RoutesShape(BaseModel, title="Routes"):
    """All places where jobs may run."""

    routes: list[RouteShape]
    trouble: str = Field(description="Why the newest flags are not in use; empty where they are")


class LorasShape(BaseModel, title="Loras"):
    """All LoRAs of the caller."""

    loras: list[LoraShape]


class HealthShape(BaseModel, title="Health"):
    """That the process lives."""

    status: str
    version: str


class ReadyShape(BaseModel, title="Ready"):
    """Whether a job would run now."""

    ready: bool
    reason: str
    engine: str
    simulated: bool = Field(description="Whether pictures are drawn by rule, and no model is run")
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
    error: str | None = Field(description="The type of its error, if it does not accept the prompt")
    nodes: dict[str, list[dict[str, Any]]] = Field(description="Types and inputs of its `node_errors`, by node id")


class LeftOutShape(BaseModel, title="LeftOut"):
    """Something of a workflow of the editor that is not in the prompt."""

    node: str
    what: str
    reason: str


class GraphShape(BaseModel, title="Graph"):
    """A graph before it is run."""

    prompt: dict[str, Any] = Field(description="As ComfyUI's Export (API) writes it")
    drawing: Drawing | None = Field(description="Null where there are more than 2,000 nodes")
    parameters: dict[str, Any] = Field(description="The preset's as they would be used, with the seed that was drawn")
    valid: bool = Field(description="Whether the graph has no error")
    runs_here: bool = Field(description="Whether this deployment would take it, its files apart")
    problems: list[ProblemShape]
    plan: dict[str, Any] | None = Field(description="The estimate, for a valid graph: docs/plan.md")


class SentShape(BaseModel):
    """What was sent, of a graph that was read."""

    kind: str = Field(description="What was sent, in words")
    used: Literal["prompt", "workflow"] = Field(description="Which was read, of a file that has both")
    left_out: list[LeftOutShape]
    unread: list[str] = Field(description="Keys beside the graph that are ignored")
    inputs: list[str] = Field(description="The input files that came along")


class OpenedShape(SentShape, GraphShape, title="OpenedGraph"):
    """A graph that was opened, before it is run."""

    form: dict[str, Any] | None = Field(
        description="JSON Schema of the inputs that can be changed, by `node.input`; null of more than 2,000 nodes"
    )
    files: dict[str, str] = Field(description="What came along, as `inputs` takes it: send it with a changed graph")


class JudgementShape(SentShape, title="Judgement"):
    """What would become of a graph here."""

    valid: bool = Field(description="Whether the graph has no error")
    runs_here: bool = Field(description="Whether this deployment would take it, its files apart")
    verdict: VerdictShape
    problems: list[ProblemShape]
    outputs: list[dict[str, Any]] = Field(description="What a run delivers at least, for a valid graph")
    plan: dict[str, Any] | None = Field(description="The estimate, for a valid graph: docs/plan.md")
