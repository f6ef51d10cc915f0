"""From a graph to its `Plan`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from ryla_graphs.catalogs import repositories_of
from ryla_graphs.outputs import promised_outputs
from ryla_graphs.plan.canvas import Canvas, canvases
from ryla_graphs.plan.choice import best
from ryla_graphs.plan.dependencies import classes_of, minimum_version, node_packs, weight_files
from ryla_graphs.plan.gpu_features import requirements_of
from ryla_graphs.plan.gpus import GPU, GPUS, PRICES_AS_OF
from ryla_graphs.plan.loaded_weights import Piece, Weights
from ryla_graphs.plan.plan import OnGPU, Plan, StagePlan, Unknown
from ryla_graphs.plan.seconds import cold_seconds, run_seconds
from ryla_graphs.plan.services import services_of
from ryla_graphs.plan.sizing import Held
from ryla_graphs.plan.stages import Stage, stages
from ryla_graphs.plan.vram import RESERVED, Fit, Memory, bytes_each, memory, needs, size_on
from ryla_graphs.software.packs import folder_of, pack_in
from ryla_graphs.validation.view import View


def plan_of(view: View, held: Held = lambda _folder, _name: None) -> Plan:
    """The plan of a graph, from the graph and its catalog alone. It never raises because of what is in the graph.

    `held` gives the sizes of files in a models folder.
    """
    weights = Weights(view, held)
    sizes = canvases(view)
    found = stages(view, weights, sizes)
    delivered = list(_delivered(view, sizes))
    unknowns = tuple(_unknowns(view, weights, found))
    run = _Run(view, found, _at_least(found), delivered, _pieces(found), _blind(found))
    gpus = tuple(_on(card, run) for card in GPUS.values())
    without_gpu, least = memory(found), memory(run.smallest)
    known = bool(without_gpu) and not run.blind
    return Plan(
        weights=tuple(weight_files(weights)),
        packs=tuple(node_packs(view)),
        services=tuple(services_of(view)),
        comfyui=minimum_version(view, found),
        stages=tuple(_stage_plan(stage) for stage in found),
        images=_images(delivered),
        pixels=sum(canvas.pixels for canvas in delivered),
        peak_bytes=without_gpu.peak + RESERVED if without_gpu and known else None,
        peak_bytes_at_least=least.peak + RESERVED if least and known else None,
        peak_stage=without_gpu.peak_stage if without_gpu and known else None,
        resident_bytes=without_gpu.resident + RESERVED if without_gpu and known else None,
        gpus=gpus,
        cheapest=best(gpus, "cheapest"),
        fastest=best(gpus, "fastest"),
        recommended=best(gpus, "recommended"),
        unknowns=unknowns,
        assumptions=tuple(_assumptions(found)),
        prices_as_of=PRICES_AS_OF,
    )


class _Run(NamedTuple):
    """What its cost on every GPU is computed from."""

    view: View
    stages: tuple[Stage, ...]
    smallest: tuple[Stage, ...]
    """The same stages with all weights at their smallest possible size."""
    delivered: list[Canvas]
    pieces: frozenset[Piece]
    blind: bool
    """Whether some stage's memory is unknown, and therefore also whether it fits."""


def stages_of(view: View) -> tuple[StagePlan, ...]:
    """The stages of a graph, without memory, GPUs and money. Limits are checked against these for every request."""
    return tuple(_stage_plan(stage) for stage in stages(view, Weights(view), canvases(view)))


def _delivered(view: View, sizes: Mapping[str, Canvas]) -> Iterator[Canvas]:
    """The canvas of each output node that delivers pictures or videos."""
    for output in promised_outputs(view):
        if output.node in view.reached and output.kind in ("image", "video") and output.node in sizes:
            yield sizes[output.node]


def _images(delivered: Iterable[Canvas]) -> int:
    return sum(canvas.batch for canvas in delivered)


def _pieces(found: Iterable[Stage]) -> frozenset[Piece]:
    """Everything that is loaded; stages that share one set of pieces are not read again."""
    return frozenset[Piece]().union(*{stage.pieces for stage in found})


def _blind(found: tuple[Stage, ...]) -> bool:
    unknown = any("memory" in affects for stage in found for _, affects in stage.gaps)
    return unknown or any(piece.size is None for piece in _pieces(found))


def _at_least(found: Iterable[Stage]) -> tuple[Stage, ...]:
    smallest: dict[frozenset[Piece], frozenset[Piece]] = {}
    for stage in found:
        if stage.pieces not in smallest:
            smallest[stage.pieces] = frozenset(replace(piece, size=piece.least) for piece in stage.pieces)
    return tuple(replace(stage, pieces=smallest[stage.pieces]) for stage in found)


def _doubt(run: _Run, needed: Memory, card: GPU) -> Iterator[str]:
    """A note that the run would fit better with the smallest possible weights; fits assume the largest."""
    better = _BETTER.get(needed.fit, ())
    small = memory(run.smallest, card) if better else None
    if small is not None and small.fit in better:
        uncertain = sorted({piece.label for piece in run.pieces if piece.least != piece.size})
        span = f"between {_gib(small.peak)} and {_gib(needed.peak)}"
        yield f"'{needed.peak_stage}' may fit: it needs {span}, since {', '.join(uncertain)} is not known exactly"


_BETTER: Mapping[Fit, tuple[Fit, ...]] = {"no": ("resident", "swap", "offload"), "offload": ("resident", "swap")}


def _on(card: GPU, run: _Run) -> OnGPU:
    needed = memory(run.stages, card)
    if needed is None:
        return OnGPU(gpu=card.name, fit=None, reasons=("nothing of it is known to run on a GPU",))
    refused, slowed = requirements_of(card, run.view, run.stages)
    fit = "no" if refused else needed.fit
    reasons = (*refused, *_tight(needed, card), *_doubt(run, needed, card), *slowed)
    without_time = OnGPU(
        gpu=card.name,
        fit=None if run.blind and fit != "no" else fit,
        reasons=reasons,
        peak_bytes=None if run.blind else needed.peak + RESERVED,
    )
    if fit == "no" or not any(stage.operations for stage in run.stages):
        return without_time
    written = sum(canvas.pixels for canvas in run.delivered)
    seconds = run_seconds(run.stages, card, moved=needed.swapped + needed.streamed, written=written)
    images = max(1, _images(run.delivered))
    usd = seconds * card.container_usd_per_second
    return without_time.model_copy(
        update={
            "seconds": round(seconds, 3),
            "seconds_an_image": round(seconds / images, 3),
            "usd": round(usd, 6),
            "usd_an_image": round(usd / images, 6),
            "cold_seconds": round(cold_seconds(sum(size_on(piece, None) for piece in run.pieces)), 1),
        }
    )


def _tight(needed: Memory, card: GPU) -> Iterator[str]:
    """What does not fit, as text."""
    room = card.memory_bytes - RESERVED
    if needed.fit == "swap":
        yield f"{_gib(needed.swapped)} of weights are moved in each run: all together need {_gib(needed.resident)}"
    elif needed.fit == "offload":
        yield f"'{needed.peak_stage}' needs {_gib(needed.peak)} and {_gib(room)} are free: weights are streamed"
    elif needed.fit == "no":
        yield f"'{needed.peak_stage}' needs more than the {_gib(room)} that are free, even without its weights"
    for node in needed.tiled:
        yield f"memory is short, so ComfyUI splits '{node}' into tiles, which may show in the picture"


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"


def _stage_plan(stage: Stage) -> StagePlan:
    weights, _ = needs(stage, None)
    operations = stage.operations
    return StagePlan(
        node=stage.node,
        class_type=stage.class_type,
        kind=stage.kind,
        width=stage.canvas.width,
        height=stage.canvas.height,
        frames=stage.canvas.frames,
        batch=stage.canvas.batch,
        set_by=stage.canvas.set_by,
        family=stage.model.family if stage.model else None,
        evaluations=stage.evaluations,
        steps_known=stage.steps_known,
        weights=tuple(sorted({piece.label for piece in stage.pieces})),
        weight_bytes=weights,
        weights_known=all(piece.size is not None for piece in stage.pieces),
        activation_bytes=stage.activation(bytes_each(stage, None)),
        tera_operations=None if operations is None else round(operations / 1e12, 3),
    )


def _unknowns(view: View, weights: Weights, found: tuple[Stage, ...]) -> Iterator[Unknown]:
    for stage in found:
        for what, affects in stage.gaps:
            where = {"node": stage.node, "class_type": stage.class_type}
            yield Unknown(what=f"{what} is unknown", affects=affects, **where)
    for need in {need.key: need for need in sorted(weights.needs, key=lambda need: (need.key, need.node))}.values():
        if need.weight is None:
            which = "its licence is" if weights.stored(need) is not None else "its size and licence are"
            what = f"'{need.name}' in models/{need.folder} is not in the manifest: {which} unknown"
            yield Unknown(what=what, node=need.node, class_type=need.class_type, affects=("files",))
            continue
        if need.weight.size is None and weights.stored(need) is None:
            yield Unknown(what=f"the exact size of '{need.name}' is unknown", affects=("files",))
        if not need.weight.licence.is_known:
            page = need.weight.sources[0].page if need.weight.sources else "its page"
            yield Unknown(what=f"the licence of '{need.name}' is unknown: see {page}", affects=("files",))
    for label in sorted({piece.label for piece in _pieces(found) if piece.size is None}):
        yield Unknown(what=f"how much memory {label} takes is unknown", affects=("memory", "seconds", "cost"))
    folders = {folder for schema in classes_of(view) if (folder := folder_of(schema)) is not None}
    for folder in sorted(folder for folder in folders if pack_in(folder) is None):
        yield Unknown(what=f"the node pack '{folder}' is unknown", affects=("packs",))
    for class_type in sorted(
        {node.class_type for node in view.foreign.values() if not repositories_of(node.class_type)}
    ):
        yield Unknown(what=f"no pack that is known has the class '{class_type}'", affects=("packs",))


def _assumptions(found: tuple[Stage, ...]) -> Iterator[str]:
    assumptions = {piece.assumed for piece in _pieces(found) if piece.assumed}
    yield from sorted(assumptions | {text for stage in found for text in stage.canvas.assumed})
