"""`Plan`: what a graph needs, how long it takes and what it costs, as a value. Everything in it is an estimate."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from ryla_graphs.plan.gpus import GPU, gpu
from ryla_graphs.plan.stages import Affected, StageKind
from ryla_graphs.plan.vram import Fit

TARGET_SECONDS = 30.0
TARGET_USD = 0.50
"""What RYLA wants of an image: less time and less money than this."""


class _Value(BaseModel, frozen=True, extra="forbid"):
    pass


class WeightFile(_Value, frozen=True):
    """A weight file that the graph loads."""

    name: str
    folder: str
    nodes: tuple[str, ...]
    """The nodes that load it."""
    size: int | None
    """In bytes, exactly; None if it is unknown."""
    between: tuple[int, int] | None = None
    """In bytes, at least and at most, by what its name tells; None if its size is known, or nothing is."""
    sha256: str | None = None
    """None if it is not published."""
    family: str | None = None
    licence: str | None = None
    """None for a file that the manifest does not have: its licence is unknown too."""
    commercial: bool | None = None
    """Whether it may be used commercially; None if that is unknown."""
    gated: bool = False
    """Whether the repository of `source` wants its terms accepted, and a token."""
    pickled: bool = False
    """Whether loading it may run code."""
    source: str | None = None
    """Where it can be downloaded."""


class NodePack(_Value, frozen=True):
    """A node pack that the graph's classes come from."""

    folder: str
    """What the server calls the folder it is in."""
    classes: tuple[str, ...]
    repository: str | None = None
    """None for an unknown pack."""
    commit: str | None = None
    warnings: tuple[str, ...] = ()


class PaidService(_Value, frozen=True):
    """A node that calls a partner's paid service, which is billed to the account of the key that the run bears."""

    node: str
    class_type: str
    service: str
    """Whose: ``Kling``."""
    usd_at_least: float | None = None
    """Of a run, by ComfyUI's own price badge; None if that is not recorded, or goes by the second or the token."""
    usd_at_most: float | None = None
    rate: str | None = None
    """A price that is not of a whole run: ``$0.05 per second``."""


class MinimumVersion(_Value, frozen=True):
    """The oldest ComfyUI that can run the graph, and what asks for it."""

    version: str
    because: tuple[str, ...]
    """Each as ``Z-Image: the official template asks for it``."""


class StagePlan(_Value, frozen=True):
    """One node's work on the GPU."""

    node: str
    class_type: str
    kind: StageKind
    width: int
    height: int
    frames: int
    batch: int
    set_by: tuple[str, str] | None
    """The node whose width and height these are, and its class; None if no node says them."""
    family: str | None
    evaluations: int
    """How often its model is evaluated, over all steps."""
    steps_known: bool
    """Whether its steps are known before the run; where not, `evaluations` is the least."""
    weights: tuple[str, ...]
    """What is loaded while it runs."""
    weight_bytes: int
    """At most; of weights whose size is known."""
    weights_known: bool = True
    """Whether the size of all of them is known."""
    activation_bytes: int
    """What it needs in addition to its weights."""
    tera_operations: float | None
    """10^12 operations; None if that is unknown."""


class OnGPU(_Value, frozen=True):
    """What one GPU makes of the run."""

    gpu: str
    fit: Fit | None
    """None if the sizes of weights are unknown."""
    reasons: tuple[str, ...] = ()
    """Why it does not fit, or what is slower than it could be."""
    peak_bytes: int | None = None
    """Of its memory, what is reserved included."""
    seconds: float | None = None
    """Of a whole run on a server that is warm; at least so much where the plan does not `know` it."""
    seconds_an_image: float | None = None
    usd: float | None = None
    """Of a whole run on a server that is warm, with the processor and memory of its container."""
    usd_an_image: float | None = None
    cold_seconds: float | None = None
    """What a server that is not running takes before that."""

    @property
    def runs(self) -> bool:
        """Whether the run is known to fit, with all weights of a stage in memory."""
        return self.fit in ("resident", "swap")

    @property
    def card(self) -> GPU:
        """The GPU's facts."""
        return gpu(self.gpu)

    @property
    def in_time(self) -> bool | None:
        """Whether an image takes less than `TARGET_SECONDS`; None if that is unknown."""
        return None if self.seconds_an_image is None else self.seconds_an_image < TARGET_SECONDS

    @property
    def in_budget(self) -> bool | None:
        """Whether an image costs less than `TARGET_USD`; None if that is unknown."""
        return None if self.usd_an_image is None else self.usd_an_image < TARGET_USD


class Unknown(_Value, frozen=True):
    """Something that the plan could not find out. The figures that hang on it are at least what is said, or missing."""

    what: str
    affects: tuple[Affected, ...]
    """Which figures it leaves open."""
    node: str | None = None
    class_type: str | None = None

    def __str__(self) -> str:
        where = f"{self.class_type} '{self.node}': " if self.node is not None else ""
        return f"{where}{self.what}"


class Plan(_Value, frozen=True):
    """What a graph needs and costs. The JSON of a plan reads back to an equal plan."""

    weights: tuple[WeightFile, ...]
    packs: tuple[NodePack, ...]
    services: tuple[PaidService, ...] = ()
    """The paid services that it calls; what they cost is in no other figure of the plan."""
    comfyui: MinimumVersion
    stages: tuple[StagePlan, ...]
    images: int
    """Pictures and videos that a run delivers, at least."""
    pixels: int
    """Of all pictures and frames that a run delivers."""
    peak_bytes: int | None
    """Of the GPU's memory that the most demanding stage needs, at most; None if that is unknown."""
    peak_bytes_at_least: int | None = None
    """The same with weights as small as their names allow; `peak_bytes` where all sizes are known."""
    peak_stage: str | None
    resident_bytes: int | None
    """With all weights of the run loaded at once, so that nothing moves between stages."""
    gpus: tuple[OnGPU, ...]
    cheapest: str | None
    """The GPU that it fits and that makes an image for the least money."""
    fastest: str | None
    recommended: str | None
    """The cheapest GPU that it fits and that is in time; the cheapest where none is."""
    unknowns: tuple[Unknown, ...]
    assumptions: tuple[str, ...]
    prices_as_of: str

    def knows(self, figure: Affected) -> bool:
        """Whether everything is known that the figure depends on; otherwise the real value may be higher."""
        return not any(figure in unknown.affects for unknown in self.unknowns)

    @property
    def weight_bytes(self) -> int:
        """Bytes of all weight files whose size is known."""
        return sum(file.size or 0 for file in self.weights)

    @property
    def weight_bytes_between(self) -> tuple[int, int] | None:
        """The smallest and largest total size of all weight files, in bytes; None if a file is unknown."""
        sizes = [file.between or (file.size, file.size) for file in self.weights]
        known = [(least, most) for least, most in sizes if least is not None and most is not None]
        least, most = (sum(each) for each in zip(*known, strict=True)) if known else (0, 0)
        return (least, most) if len(known) == len(sizes) else None

    def on(self, name: str) -> OnGPU:
        """The estimate for one GPU; raises `NotFound` if the GPU is unknown."""
        wanted = gpu(name).name
        return next(row for row in self.gpus if row.gpu == wanted)

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON-ready data."""
        return self.model_dump(mode="json")

    @classmethod
    def from_dict(cls, content: Any) -> Plan:
        """The plan that `to_dict` wrote; raises pydantic's `ValidationError` for anything else."""
        return cls.model_validate(content)
