"""The events of a run: one small vocabulary for every engine.

A run is `Queued` (and `Routed`, each time a router hands it over), then `Started`, then any number of `Cached`,
`NodeStarted`, `Progress`, `Preview` and `OutputReady`, and ends with exactly one of `Finished`, `Failed` and
`Cancelled`. When the engine restarts a run, it sends `Retrying` and continues with nodes; earlier outputs are void. A
run that fails early has no `Started`.
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
    """The resources that a run took, as far as the engine knows. Times are in seconds."""

    gpu: str | None = None
    queue_seconds: float | None = None
    """From submission until the work starts, without a cold start."""
    cold_seconds: float | None = None
    """The start of the machine, if this run had to wait for it; 0 on a warm machine."""
    idle_seconds: float | None = None
    """Idle time of the machine that this run pays for."""
    execution_seconds: float | None = None
    cost_usd: float | None = None
    """By the engine's price list, for all seconds of the machine for this run, including idle ones."""


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
    """How many runs are before this one; None if the engine does not say."""
    left_out: tuple[Problem, ...] = ()
    """The problems of outputs that the engine leaves out, if the caller allowed that."""


@dataclass(frozen=True, slots=True)
class Started(Event):
    """The run has started."""

    kind = "started"


@dataclass(frozen=True, slots=True)
class Cached(Event):
    """Nodes do not run, because the engine has their outputs cached."""

    kind = "cached"
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NodeStarted(Event):
    """A node has started."""

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
    """A small preview of the picture in progress."""

    kind = "preview"
    node: str | None
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class OutputReady(Event):
    """An output is available."""

    kind = "output"
    artifact: Artifact


@dataclass(frozen=True, slots=True)
class Retrying(Event):
    """The engine restarts the graph; earlier reports of outputs and nodes are void."""

    kind = "retrying"
    attempt: int
    """The number of the attempt that starts; the first one is 1."""
    reason: str
    """Why the previous attempt ended, for people."""


@dataclass(frozen=True, slots=True)
class Routed(Event):
    """A router has handed the run to a route."""

    kind = "routed"
    route: str
    reason: str
    """Why this route was chosen."""
    tried: Mapping[str, str]
    """Why the other routes were not chosen, by their names."""
    experiment: str | None = None
    arm: str | None = None
    """The user's arm in the experiment, if there is one."""


@dataclass(frozen=True, slots=True)
class Finished(Event):
    """The run succeeded, with every output that the graph promises."""

    kind = "finished"
    terminal = True
    seconds: float
    outputs: tuple[Artifact, ...]
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class Failed(Event):
    """The run failed."""

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
        # The text repeats the problems; as separate data they keep their nodes and codes.
        return {"code": value.code, "message": value.args[0], "problems": [each.to_dict() for each in value.problems]}
    if isinstance(value, EngineError):
        return {"code": value.code, "message": str(value), "node": value.node, "class_type": value.class_type}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value
