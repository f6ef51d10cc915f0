"""SeedVR2: long videos in pieces that overlap."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.tensors import Dims, differ
from ryla_graphs.shapes.unknown import Undecided, Unknown
from ryla_graphs.shapes.values import Conditioning, LatentShape

_CHANNELS = 16


def _video(latent: LatentShape) -> Dims:
    dims = latent.samples
    if len(dims) != 5:
        raise NodeFails(f"it takes latents of videos, not of {len(dims)} dimensions")
    return dims


def _of_seedvr(latent: LatentShape) -> Dims:
    dims = _video(latent)
    if differ(dims[1], _CHANNELS):
        raise NodeFails(f"it takes latents of {_CHANNELS} channels, not of {dims[1]}")
    return dims


@rule("SeedVR2Conditioning")
def conditioning(vae_conditioning: LatentShape, model: Any) -> tuple[Conditioning, Conditioning]:
    """The model has its own texts, whose length only it knows."""
    _of_seedvr(vae_conditioning)
    if model is None:
        raise NodeFails("there is no model")
    families = getattr(model, "facts", {}).get("families")
    if families is not None and "seedvr2" not in families:
        raise NodeFails("its model is no SeedVR2, and has no texts of its own")
    some = Unknown("the model brings its texts itself", 1)
    one = Conditioning((((1, some, some), {"condition": None}),))
    return one, one


@rule("SeedVR2TemporalChunk")
def chunks(latent: LatentShape, temporal_overlap: Any, chunking_mode: dict[str, Any]) -> tuple[Any, Any]:
    dims = _of_seedvr(latent)
    if temporal_overlap < 0:
        raise NodeFails("pieces cannot overlap by less than nothing")
    if chunking_mode.get("chunking_mode") == "auto":
        raise Undecided("how many pieces there are depends on the memory that is free")
    per_chunk = chunking_mode["frames_per_chunk"]
    if per_chunk < 1 or differ((per_chunk - 1) % 4, 0):
        raise NodeFails(f"a piece of {per_chunk} frames is no step of four and one more")
    steps: Any = dims[2]
    if 4 * (steps - 1) + 1 <= per_chunk:
        return [latent], 0
    size = (per_chunk - 1) // 4 + 1
    overlap = min(temporal_overlap, size - 1)
    found = []
    for start in range(0, steps, size - overlap):
        end = min(start + size, steps)
        found.append(replace(latent, samples=(*dims[:2], end - start, *dims[3:]), content=None))
        if end >= steps:
            break
    return found, overlap


@rule("SeedVR2TemporalMerge")
def merge(latents: list[LatentShape], temporal_overlap: list[Any]) -> LatentShape:
    overlap = temporal_overlap[0]
    if overlap < 0:
        raise NodeFails("pieces cannot overlap by less than nothing")
    first = _video(latents[0])
    for number, latent in enumerate(latents[1:], 1):
        dims = latent.samples
        others = (*first[:2], *first[3:]), (*dims[:2], *dims[3:])
        if len(dims) != 5 or any(differ(a, b) for a, b in zip(*others, strict=True)):
            raise NodeFails(f"its piece {number} has another size than the first")
        if number < len(latents) - 1 and differ(dims[2], first[2]):
            raise NodeFails(f"its piece {number} has another length than the first, and is not the last")
    last: Any = latents[-1].samples[2]
    if len(latents) == 1:
        total = first[2]
    elif overlap == 0:
        total = sum((latent.samples[2] for latent in latents[1:]), first[2])
    else:
        total = (first[2] - min(overlap, first[2] - 1)) * (len(latents) - 1) + last
    samples = (*first[:2], total, *first[3:])
    return replace(latents[0], samples=samples, noise_mask=None, content=None)
