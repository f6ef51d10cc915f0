"""The shapes of our JSON except jobs, for the OpenAPI document; a test compares the answers with them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from ryla_graphs.answers.shapes import JobShape, LoraShape, ProblemShape
from ryla_graphs.answers.words import OutputKind
from ryla_graphs.formats.drawing import Drawing
from ryla_graphs.plan.plan import Plan


class JobsShape(BaseModel, title="Jobs"):
    """A page of jobs."""

    jobs: list[JobShape]


class RouteShape(BaseModel, title="Route"):
    """A route that jobs may take."""

    name: str
    engine: str
    on: bool
    share: float | None = Field(description="Percent of users whose jobs try this route first")
    priority: int
    weight: float
    state: str = Field(description="Circuit breaker: `closed` (works), `half-open` (one run tests it) or `open`")
    reason: str
    next_try_seconds: float | None
    draining: bool
    running: int
    slots: int
    expected_seconds: float | None
    runs: dict[str, int] = Field(description="Number of runs by outcome, since the server started")
    cost_usd: float
    spent_today_usd: float


class RoutesShape(BaseModel, title="Routes"):
    """All routes that jobs may take."""

    routes: list[RouteShape]
    trouble: str = Field(description="Why the newest flags are not in use; empty if they are")


class LorasShape(BaseModel, title="Loras"):
    """All LoRAs of the caller."""

    loras: list[LoraShape]


class HealthShape(BaseModel, title="Health"):
    """The process is alive."""

    status: str
    version: str


class ReadyShape(BaseModel, title="Ready"):
    """Whether a job would run now."""

    ready: bool
    reason: str
    engine: str
    simulated: bool = Field(description="Whether the simulator draws the outputs, so that no model runs")
    waiting: int
    running: int
    queue_limit: int


class PresetShape(BaseModel, title="Preset"):
    """A summary of a preset."""

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
    example: dict[str, Any] = Field(description="An example with all required parameters")


class NodesShape(BaseModel, title="Nodes"):
    """Node classes by name."""

    engine: str
    count: int
    nodes: list[str]


class VerdictShape(BaseModel, title="Verdict"):
    """What ComfyUI would answer to `POST /prompt`."""

    accepted: bool
    error: str | None = Field(description="The type of ComfyUI's error, if it rejects the prompt")
    nodes: dict[str, list[dict[str, Any]]] = Field(
        description="Types and inputs of ComfyUI's `node_errors`, by node id"
    )


class LeftOutShape(BaseModel, title="LeftOut"):
    """A part of an editor workflow that is not in the prompt."""

    node: str
    what: str
    reason: str


class GraphShape(BaseModel, title="Graph"):
    """A graph before it runs."""

    prompt: dict[str, Any] = Field(description="The graph as ComfyUI's Export (API) writes it")
    drawing: Drawing | None = Field(description="Null if there are more than 2,000 nodes")
    parameters: dict[str, Any] = Field(
        description="The preset's parameters as they would be used, with the seed that was drawn"
    )
    valid: bool = Field(description="Whether the graph has no error")
    runs_here: bool = Field(description="Whether this deployment would accept it, apart from its files")
    problems: list[ProblemShape]
    plan: Plan | None = Field(description="The estimate, for a valid graph: docs/plan.md")


class SentShape(BaseModel):
    """What the server found in a body."""

    kind: str = Field(description="The kind of document, in words")
    used: Literal["prompt", "workflow"] = Field(description="Which of the two was read, if the file has both")
    left_out: list[LeftOutShape]
    unread: list[str] = Field(description="Keys beside the graph that were ignored")
    inputs: list[str] = Field(description="The input files in the body")


class OpenedShape(SentShape, GraphShape, title="OpenedGraph"):
    """A graph that was opened, before it is run."""

    form: dict[str, Any] | None = Field(
        description="JSON Schema of the inputs that can be changed, by `node.input`; null above 2,000 nodes"
    )
    files: dict[str, str] = Field(
        description="The input files in the body, as `inputs` takes them: send them with a changed graph"
    )


class PromisedShape(BaseModel, title="PromisedOutput"):
    """An output node, and what must come out of it."""

    node: str
    class_type: str
    kind: OutputKind
    at_least: int = Field(description="How many files or texts; 0 if the node is known to report none")
    optional: bool = Field(default=False, description="Whether the job succeeds without it")


class JudgementShape(SentShape, title="Judgement"):
    """The verdict on a graph, here and in ComfyUI."""

    valid: bool = Field(description="Whether the graph has no error")
    runs_here: bool = Field(description="Whether this deployment would accept it, apart from its files")
    verdict: VerdictShape
    problems: list[ProblemShape]
    outputs: list[PromisedShape] = Field(
        description="The outputs that a run of the graph delivers at least, if it is valid"
    )
    plan: Plan | None = Field(description="The estimate, for a valid graph: docs/plan.md")
