"""The stages of a run: each node that works on the GPU, the weights it has loaded, and how much it computes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from ryla_graphs.families import FAMILIES
from ryla_graphs.plan.architectures import Architecture
from ryla_graphs.plan.canvas import UNKNOWN, Canvas, canvases, number_of, types_apart, wired
from ryla_graphs.plan.loaded_weights import Piece, Weights, model_of
from ryla_graphs.plan.references import References
from ryla_graphs.plan.sampling import Schedules, evaluations
from ryla_graphs.plan.vaes import VAES, Vae
from ryla_graphs.prompt import PromptNode
from ryla_graphs.shapes import Shapes
from ryla_graphs.validation.view import View

StageKind = Literal["text", "vision", "encode", "sample", "decode", "upscale", "other"]
Affected = Literal["files", "packs", "memory", "seconds", "cost"]
"""The figures of a plan that something unknown can leave open."""
_TIME: tuple[Affected, ...] = ("seconds", "cost")
_ALL: tuple[Affected, ...] = ("memory", "seconds", "cost")


class Gap(NamedTuple):
    """Something unknown about a stage."""

    what: str
    """The subject of a sentence that ends in 'is unknown'."""
    affects: tuple[Affected, ...]


_UPSCALER = 33.4e6
"""Operations per input pixel of an upscaling model with 16.7 million parameters, the usual size."""
_BIREFNET = 2.3e12
"""Operations of BiRefNet, as its authors count them: it scales every picture to 1024x1024 pixels."""
_TRAINERS = frozenset({"TrainLoraNode"})
_MODELS, _SAMPLED = ("MODEL", "GUIDER"), frozenset({"LATENT", "IMAGE"})
"""The socket types that samplers take, and those that they give."""
_VISION_TOKENS = 257
_TEXT_TOKENS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One node's work on the GPU."""

    node: str
    class_type: str
    kind: StageKind
    pieces: frozenset[Piece]
    """What is loaded while it runs."""
    canvas: Canvas
    model: Architecture | None = None
    """What a sampler samples."""
    references: tuple[Canvas, ...] = ()
    """The pictures that it attends to."""
    vae: Vae | None = None
    operations: float | None = None
    """All of them; None if that is unknown."""
    evaluations: int = 1
    """Evaluations of its model; more than its steps if there is a negative prompt."""
    steps_known: bool = True
    """Whether its steps are known before the run."""
    at_once: int = 1
    """How many evaluations are computed together."""
    gaps: tuple[Gap, ...] = ()
    tile: int | None = None
    """The side of the tiles that the graph asks for, in pixels."""
    tiles_at_need: bool = False
    """Whether ComfyUI splits it into tiles if memory runs out."""
    alike: int = 0
    """Stages of a run with the same number cost the same; `stages` counts them, so that each cost is computed once."""

    @property
    def convolutional(self) -> bool:
        """Whether it consists of convolutions, which use less of a card's speed than a transformer does."""
        return self.kind in ("encode", "decode", "upscale") or (self.model is not None and self.model.unet)

    @property
    def passes(self) -> int:
        """How often all the weights are traversed."""
        return -(-self.evaluations // self.at_once)

    def activation(self, bytes_each: int) -> int:
        """The bytes it needs besides the weights, for numbers of the given width."""
        if self.model is not None:
            return self.model.activation(self.canvas, self.references, bytes_each=bytes_each) * self.at_once
        if self.vae is not None:
            width, height = (min(side, self.tile or side) for side in (self.canvas.width, self.canvas.height))
            canvas = replace(self.canvas, width=width, height=height)
            return self.vae.activation(canvas, bytes_each=bytes_each, decode=self.kind == "decode")
        return 0


class Sampling(NamedTuple):
    """How much a node samples, which can be determined without its weights."""

    node: PromptNode
    canvas: Canvas
    evaluations: int
    at_once: int
    steps_known: bool
    gap: Gap | None
    reckoned: bool = True
    """Whether the plan knows how its class samples."""
    crops: bool = False
    """Whether it samples parts that it cuts out of its picture, so that what it gives does not tell how much."""


def samplings(view: View, shapes: Shapes) -> Iterator[Sampling]:
    """The nodes that sample, in the order of `stages`."""
    found = [node for node in view.run_order() if _samples(node)]
    sizes = canvases(view, shapes) if found else {}
    known: Schedules = {}
    return (_sampling_at(view, node, sizes, known) for node in found)


def _samples(node: PromptNode) -> bool:
    if not any(isinstance(spec.type, str) and spec.type in _SAMPLED for spec in node.schema.outputs):
        return False
    return any(not types_apart(spec.type, _MODELS) for name, spec in node.known.items() if name in node.wires)


def _sampling_at(view: View, node: PromptNode, sizes: Mapping[str, Canvas], known: Schedules) -> Sampling:
    canvas = sizes.get(node.id, UNKNOWN)
    if crops := node.schema.class_type == "FaceDetailer":
        canvas = _one_face(view, node, canvas)
    gap: Gap | None
    if (found := evaluations(view, node, known)) is None:
        counted = "steps" not in node.known or number_of(view, node, "steps") is not None
        gap = Gap("what this class computes, which is no sampler that the plan knows,", _ALL)
        return Sampling(node, canvas, 1, 1, counted, gap, reckoned=False, crops=crops)
    gap = Gap(found.unknown, _TIME) if found.unknown else None
    return Sampling(node, canvas, found.total, min(found.at_once, 2), found.counted, gap, crops=crops)


def stages(view: View, weights: Weights, sizes: Mapping[str, Canvas]) -> tuple[Stage, ...]:
    """The stages of a run, in an order in which a server can run them; `sizes` are the canvases by node."""
    run = _Run(view, weights, sizes, References(view, sizes), {})
    found = (_stage(node, run) for node in view.run_order())
    numbers: dict[tuple[object, ...], int] = {}
    return tuple(
        replace(stage, alike=numbers.setdefault(_costs(stage), len(numbers))) for stage in found if stage is not None
    )


class _Run(NamedTuple):
    """What the stages of a run are made from."""

    view: View
    weights: Weights
    sizes: Mapping[str, Canvas]
    pictures: References
    schedules: Schedules


def _costs(stage: Stage) -> tuple[object, ...]:
    """Everything that decides what a stage costs."""
    canvas = stage.canvas
    size = canvas.width, canvas.height, canvas.frames, canvas.batch
    work = stage.operations, stage.evaluations, stage.at_once, stage.tile, stage.tiles_at_need
    return stage.kind, stage.pieces, *size, stage.model, stage.references, stage.vae, *work


def _stage(node: PromptNode, run: _Run) -> Stage | None:
    view, weights, sizes = run.view, run.weights, run.sizes
    gives = {spec.type for spec in node.schema.outputs if isinstance(spec.type, str)}
    takes = {kind for name, spec in node.known.items() if _is_wire(node, name) for kind in spec.type.split(",")}
    canvas = sizes.get(node.id, UNKNOWN)
    if _samples(node):
        return _sampling(node, run)
    if "CLIP" in takes and "CONDITIONING" in gives:
        return _text(node, weights)
    if "VAE" in takes and "LATENT" in takes and "IMAGE" in gives:
        return _vae(view, node, weights, canvas, decode=True)
    if "VAE" in takes and gives & {"LATENT", "CONDITIONING"} and takes & {"IMAGE", "VIDEO"}:
        return _vae(view, node, weights, canvas, decode=False)
    if "CLIP_VISION" in takes or "EVA_CLIP" in takes:
        return _vision(node, weights)
    if "BACKGROUND_REMOVAL" in takes:
        return _stage_of(node, "vision", weights.of(node, "BACKGROUND_REMOVAL"), operations=_BIREFNET)
    if "UPSCALE_MODEL" in takes:
        before = next((sizes[link[0]] for _, link in wired(node, "IMAGE") if link[0] in sizes), UNKNOWN)
        pieces = weights.of(node, "UPSCALE_MODEL")
        return _stage_of(node, "upscale", pieces, canvas=before, operations=before.pixels * _UPSCALER)
    if "SEEDVR2_DIT" in takes and "IMAGE" in gives:
        return _seedvr2(node, weights, canvas)
    if node.schema.api_node:
        return _elsewhere(node, "how long the partner's service takes")
    return _elsewhere(node, "how long training takes") if node.schema.class_type in _TRAINERS else None


def _is_wire(node: PromptNode, name: str) -> bool:
    return name in node.wires


def _stage_of(
    node: PromptNode,
    kind: StageKind,
    pieces: frozenset[Piece],
    *,
    canvas: Canvas | None = None,
    operations: float | None = None,
    gaps: tuple[Gap, ...] = (),
) -> Stage:
    return Stage(
        node=node.id,
        class_type=node.schema.class_type,
        kind=kind,
        pieces=pieces,
        canvas=canvas or Canvas(width=0, height=0),
        operations=operations,
        gaps=gaps,
    )


def _sampling(node: PromptNode, run: _Run) -> Stage:
    sampling = _sampling_at(run.view, node, run.sizes, run.schedules)
    canvas = sampling.canvas
    pieces = run.weights.of(node)
    piece = model_of(pieces)
    model = piece.model if piece else None
    references = run.pictures.of(node) if model is not None and model.references else ()
    gaps = [sampling.gap] if sampling.gap is not None else []
    if model is None:
        family = FAMILIES.get(piece.family or "") if piece else None
        gaps.append(Gap(f"what a step of {family.label} costs" if family else "of which family its model is", _ALL))
    elif not model.linear:
        gaps.append(Gap(f"how long a step of {FAMILIES[model.family].label} takes", _TIME))
    if references is None:
        gaps.append(Gap("what so many reference pictures cost", _ALL))
    operations = None
    if sampling.reckoned and model is not None and model.linear and references is not None:
        control = sum(each.size or 0 for each in pieces if each.content == "controlnet")
        # A ControlNet's share of a step's computation equals its share of the model's size.
        share = 1 + (control / piece.size if piece and piece.size else 0)
        operations = model.operations(canvas, references) * sampling.evaluations * share
    sampled = _stage_of(node, "sample", pieces, canvas=canvas, operations=operations, gaps=tuple(gaps))
    return replace(
        sampled,
        model=model,
        references=references or (),
        evaluations=sampling.evaluations,
        at_once=sampling.at_once,
        steps_known=sampling.steps_known,
    )


def _one_face(view: View, node: PromptNode, canvas: Canvas) -> Canvas:
    """What Impact's detailer samples at once: a face and its surroundings, up to the largest size allowed."""
    side = int(number_of(view, node, "max_size") or canvas.width)
    note = f"FaceDetailer '{node.id}' is taken to find one face, and to draw it with {side}x{side} pixels"
    return Canvas(width=side, height=side, assumed=(*canvas.assumed, note))


def _text(node: PromptNode, weights: Weights) -> Stage:
    pieces = weights.of(node, "CLIP")
    return _stage_of(node, "text", pieces, operations=_read_once(pieces, _TEXT_TOKENS))


def _vision(node: PromptNode, weights: Weights) -> Stage:
    pieces = weights.of(node, "CLIP_VISION") | weights.of(node, "EVA_CLIP")
    return _stage_of(node, "vision", pieces, operations=_read_once(pieces, _VISION_TOKENS))


def _read_once(pieces: frozenset[Piece], tokens: int) -> float:
    """Operations of an encoder: each weight, assumed to have two bytes, multiplies each token once."""
    return sum(piece.size or 0 for piece in pieces) * float(tokens)


def _vae(view: View, node: PromptNode, weights: Weights, canvas: Canvas, *, decode: bool) -> Stage:
    pieces = weights.of(node, "VAE")
    vae = _vae_of(pieces, canvas)
    kind: StageKind = "decode" if decode else "encode"
    stage = _stage_of(node, kind, pieces, canvas=canvas, operations=vae.operations(canvas, decode=decode))
    tile = number_of(view, node, "tile_size") if "tile_size" in node.known else None
    return replace(stage, vae=vae, tile=int(tile) if tile else None, tiles_at_need=True)


def _vae_of(pieces: frozenset[Piece], canvas: Canvas) -> Vae:
    """The kind of VAE: by its family, otherwise by whether it makes videos."""
    families = sorted({piece.family for piece in pieces if piece.family} & FAMILIES.keys())
    latents = FAMILIES[families[0]].latents if families else None
    return VAES.get(latents or "", VAES["wan21"] if canvas.frames > 1 else VAES["flux"])


def _seedvr2(node: PromptNode, weights: Weights, canvas: Canvas) -> Stage:
    """The single node of numz's pack that encodes, samples one step, and decodes."""
    pieces = weights.of(node, "SEEDVR2_DIT") | weights.of(node, "SEEDVR2_VAE")
    stage = _stage_of(node, "decode", pieces, canvas=canvas, gaps=(Gap("how long SeedVR2's node takes", _TIME),))
    return replace(stage, vae=VAES["seedvr2"])


def _elsewhere(node: PromptNode, what: str) -> Stage:
    """Work that the plan cannot estimate."""
    return _stage_of(node, "other", frozenset(), gaps=(Gap(what, _TIME),))
