"""How a run fits into a GPU's memory: what ComfyUI has loaded at each stage, and what it must move for that.

ComfyUI keeps loaded what fits, unloads the least recently used when something else needs the room, and streams the
weights of a model that does not fit alone. This module simulates that, stage by stage.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ryla_graphs.plan.gpus import GPU
from ryla_graphs.plan.loaded_weights import Piece
from ryla_graphs.plan.stages import Stage

RESERVED = 2**30
"""What is never free: CUDA's own memory and the 400 MiB that ComfyUI leaves alone."""
LEAST_ACTIVATION = int(0.8 * 2**30)
"""What ComfyUI keeps free besides the weights for whatever it runs."""
_KEPT_AS_FP8 = 0.88
"""The share of a card that weights may take; an fp8 file that would be larger in 16 bits is kept in fp8."""

Fit = Literal["resident", "swap", "offload", "no"]
"""In order: all weights stay; they take turns; one model's weights are streamed at every step; it cannot run."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a run needs on one GPU, in bytes, excluding `RESERVED`."""

    peak: int
    """The need of the most demanding stage, with only its own weights."""
    peak_stage: str
    """The node of that stage."""
    resident: int
    """The need with all weights of the run loaded at once."""
    fit: Fit
    swapped: int
    """Bytes that are loaded again for each run on a warm server."""
    streamed: int
    """Bytes that are streamed in a run because their model does not fit."""
    tiled: tuple[str, ...] = ()
    """Nodes that ComfyUI splits into tiles, because memory is short."""


def bytes_each(stage: Stage, gpu: GPU | None) -> int:
    """The bytes of a number while a stage runs: 2, or 4 if the card has no 16-bit precision for it."""
    if gpu is None or gpu.bf16:
        return 2
    if stage.model is not None:
        return 2 if stage.model.fp16 else 4
    # ComfyUI runs VAEs in bf16 or fp32; everything else can run in fp16.
    return 4 if stage.vae is not None else 2


def size_on(piece: Piece, gpu: GPU | None) -> int:
    """The bytes of a piece in the GPU's memory; 0 if unknown."""
    size = piece.size or 0
    if gpu is None or gpu.fp8 or piece.loaded_as != "fp8" or piece.cast or "scaled" in piece.name.lower():
        return size
    if piece.content != "diffusion model":
        return size
    # Without fp8 arithmetic ComfyUI converts a plain fp8 model to 16 bits, if there is room.
    room = _KEPT_AS_FP8 * gpu.memory_bytes - LEAST_ACTIVATION
    return 2 * size if 2 * size <= room else size


def needs(stage: Stage, gpu: GPU | None) -> tuple[int, int]:
    """What a stage needs for its weights and besides them, in bytes."""
    weights = sum(size_on(piece, gpu) for piece in stage.pieces)
    return weights, max(LEAST_ACTIVATION, stage.activation(bytes_each(stage, gpu)))


def memory(stages: Iterable[Stage], gpu: GPU | None = None) -> Memory | None:
    """How the stages fit; without a GPU, as if there were room for everything. None if nothing runs on a GPU."""
    working = [stage for stage in stages if stage.kind != "other"]
    if not working:
        return None
    needed = {number: needs(stage, gpu) for number, stage in {stage.alike: stage for stage in working}.items()}
    found = [(stage, *needed[stage.alike]) for stage in working]
    everything = sum(size_on(piece, gpu) for piece in frozenset().union(*{stage.pieces for stage in working}))
    resident = everything + max(beside for *_, beside in found)
    room = gpu.memory_bytes - RESERVED if gpu else resident
    tiled = tuple(stage.node for stage, weights, beside in found if stage.tiles_at_need and weights + beside > room)
    if tiled:
        at_need = frozenset(tiled)
        found = [
            (stage, weights, max(LEAST_ACTIVATION, room - weights) if stage.node in at_need else beside)
            for stage, weights, beside in found
        ]
    largest, weights, beside = max(found, key=lambda row: (row[1] + row[2], row[0].node))
    peak = weights + beside
    if resident <= room:
        return Memory(peak, largest.node, resident, "resident", 0, 0)
    if max(beside for *_, beside in found) > room:
        return Memory(peak, largest.node, resident, "no", 0, 0)
    streamed = sum(max(0, weights + beside - room) * stage.passes for stage, weights, beside in found)
    swapped = _swapped([(stage.pieces, room - beside) for stage, _, beside in found], gpu)
    return Memory(peak, largest.node, resident, "offload" if streamed else "swap", swapped, streamed, tiled)


def _swapped(stages: Sequence[tuple[frozenset[Piece], int]], gpu: GPU | None) -> int:
    """Bytes loaded in the second of two runs on one server, given each stage's pieces and room for weights.

    The least recently used is unloaded first; each step costs as much as the pieces it moves.
    """
    sizes = {piece: size_on(piece, gpu) for piece in frozenset().union(*{pieces for pieces, _ in stages})}
    in_order = {pieces: sorted(pieces, key=lambda piece: piece.label) for pieces in {pieces for pieces, _ in stages}}
    loaded: OrderedDict[Piece, int] = OrderedDict()
    held = moved = 0
    for run in (1, 2):
        for pieces, room in stages:
            for piece in in_order[pieces]:
                if piece in loaded:
                    loaded.move_to_end(piece)
                    continue
                loaded[piece] = size = min(sizes[piece], room)
                held += size
                moved += size * (run == 2)
            while held > room and (oldest := next(iter(loaded))) not in pieces:
                held -= loaded.pop(oldest)
    return moved
