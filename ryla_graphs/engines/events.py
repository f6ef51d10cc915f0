"""What an engine tells about a run: one small vocabulary, the same for every engine.

A run is `Queued` (and `Routed`, each time a router hands it over), then `Started`, then any number of `Cached`,
`NodeStarted`, `Progress`, `Preview` and `OutputReady`, and ends with exactly one of `Finished`, `Failed` and
`Cancelled`. A run that the engine starts again says `Retrying` and goes on with nodes; outputs reported before that are
void. A run that does not get far has no `Started`.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.problems import EngineError, EngineRefused, Problem


@dataclass(frozen=True, slots=True)
class Usage:
    """What a run took, where the engine knows it. Times are in seconds."""

    gpu: str | None = None
    queue_seconds: float | None = None
    """From handing over to the first work on it, a cold start not counted."""
    cold_seconds: float | None = None
    """The start of the machine, where this run had to wait for it; 0 on a warm one."""
    idle_seconds: float | None = None
    """Of the machine that no run used, and that this run pays for."""
    execution_seconds: float | None = None
    cost_usd: float | None = None
    """By the engine's price list, of all seconds that the machine was held for this run, idle ones included."""


@dataclass(frozen=True, slots=True)
class Event:
    """The base of all events."""

    kind: ClassVar[str]
    terminal: ClassVar[bool] = False

    run: str
    """The run's id."""

    def to_dict(self) -> dict[str, Any]:
        """The event as JSON-ready data."""
        facts = {field.name: _plain(getattr(self, field.name)) for field in fields(self)}
        if not facts.get("left_out", True):
            del facts["left_out"]
        return {"event": self.kind, **facts}


@dataclass(frozen=True, slots=True)
class Queued(Event):
    """The engine has accepted the graph."""

    kind = "queued"
    ahead: int | None = None
    """How many runs are before this one, where the engine tells."""
    left_out: tuple[Problem, ...] = ()
    """What is wrong with the outputs that the engine does not run, where the caller does without them."""


@dataclass(frozen=True, slots=True)
class Started(Event):
    """The run has begun."""

    kind = "started"


@dataclass(frozen=True, slots=True)
class Cached(Event):
    """Nodes do not run, since the engine has what they gave before."""

    kind = "cached"
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NodeStarted(Event):
    """A node has begun."""

    kind = "node"
    node: str
    class_type: str | None = None


@dataclass(frozen=True, slots=True)
class Progress(Event):
    """A node is at step `step` of `steps`."""

    kind = "progress"
    node: str
    step: int
    steps: int


@dataclass(frozen=True, slots=True)
class Preview(Event):
    """A small picture of what is being made."""

    kind = "preview"
    node: str | None
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class OutputReady(Event):
    """An output is there."""

    kind = "output"
    artifact: Artifact


@dataclass(frozen=True, slots=True)
class Retrying(Event):
    """The engine runs the graph once more, from its beginning; what was reported of outputs and nodes is void."""

    kind = "retrying"
    attempt: int
    """Which attempt begins, the first being 1."""
    reason: str
    """What became of the attempt before, for people."""


@dataclass(frozen=True, slots=True)
class Routed(Event):
    """A router has handed the run to a route."""

    kind = "routed"
    route: str
    reason: str
    """What chose it."""
    tried: Mapping[str, str]
    """Why it is none of the other routes, by their names."""
    experiment: str | None = None
    arm: str | None = None
    """The arm of the experiment that the user is in, where there is one."""


@dataclass(frozen=True, slots=True)
class Finished(Event):
    """The run ended well, with every output that the graph promises."""

    kind = "finished"
    terminal = True
    seconds: float
    outputs: tuple[Artifact, ...]
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class Failed(Event):
    """The run ended badly."""

    kind = "failed"
    terminal = True
    error: EngineError
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class Cancelled(Event):
    """The run was cancelled."""

    kind = "cancelled"
    terminal = True
    usage: Usage = Usage()


def _plain(value: Any) -> Any:
    if isinstance(value, (Artifact, Problem)):
        return value.to_dict()
    if isinstance(value, Usage):
        return {key: fact for key, fact in asdict(value).items() if fact is not None}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, EngineRefused) and value.problems:
        # Its text holds its problems; apart they keep their nodes and codes on the other side.
        return {"code": value.code, "message": value.args[0], "problems": [each.to_dict() for each in value.problems]}
    if isinstance(value, EngineError):
        return {"code": value.code, "message": str(value), "node": value.node, "class_type": value.class_type}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value
