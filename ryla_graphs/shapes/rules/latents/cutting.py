"""One latent: cut, turned, scaled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.common import same_shape, side
from ryla_graphs.shapes.tensors import Dims, sliced
from ryla_graphs.shapes.unknown import Number, Whole, least, most, rounded
from ryla_graphs.shapes.values import LatentShape, MaskShape, Opaque


def scaled(samples: Dims, width: Whole, height: Whole) -> Dims:
    """Latents with other sides."""
    if len(samples) < 4:
        raise NodeFails(f"latents of {len(samples)} dimensions have no sides to scale")
    return (*samples[:-2], side(height), side(width))


def _wanted(samples: LatentShape, width: Whole, height: Whole) -> tuple[Whole, Whole]:
    """Sides given in pixels, converted to steps, at least 64 pixels; a side of 0 follows the other."""
    rows, columns = samples.samples[-2:]
    if width == 0:
        return most(64, rounded(columns * most(64, height) / rows)), most(64, height)
    if height == 0:
        return most(64, width), most(64, rounded(rows * most(64, width) / columns))
    return most(64, width), most(64, height)


@rule("LatentUpscale")
def upscale(samples: LatentShape, width: Whole, height: Whole) -> LatentShape:
    if width == 0 and height == 0:
        return samples
    wide, high = _wanted(samples, width, height)
    return samples.with_samples(*scaled(samples.samples, wide // 8, high // 8))


@rule("HunyuanVideo15LatentUpscaleWithModel")
def upscale_with_model(samples: LatentShape, width: Whole, height: Whole) -> LatentShape:
    if width == 0 and height == 0:
        return samples
    wide, high = _wanted(samples, width, height)
    return LatentShape(scaled(samples.samples, wide // 16, high // 16), samples.space, samples.time)


@rule("LTXVLatentUpsampler")
def upsample(samples: LatentShape) -> LatentShape:
    """Twice as large, as the models for it make them."""
    *rest, rows, columns = samples.samples
    return replace(samples.with_samples(*rest, rows * 2, columns * 2), noise_mask=None)


@rule("LatentUpscaleBy")
def upscale_by(samples: LatentShape, scale_by: Number) -> LatentShape:
    rows, columns = samples.samples[-2:]
    return samples.with_samples(*scaled(samples.samples, rounded(columns * scale_by), rounded(rows * scale_by)))


def _four(samples: LatentShape) -> Dims:
    """The sides that nodes for pictures use: the third and fourth dimension, whatever they stand for."""
    if len(samples.samples) < 4:
        raise NodeFails("these latents have no sides")
    return samples.samples


@rule("LatentRotate")
def rotate(samples: LatentShape, rotation: str) -> LatentShape:
    first, second, rows, columns, *rest = _four(samples)
    if rotation.startswith(("90", "270")):
        rows, columns = columns, rows
    return samples.with_samples(first, second, rows, columns, *rest)


@rule("LatentFlip")
def flip(samples: LatentShape) -> Any:
    _four(samples)
    return same_shape(samples)


@rule("LatentCrop")
def crop(samples: LatentShape, width: Whole, height: Whole, x: Whole, y: Whole) -> LatentShape:
    first, second, rows, columns, *rest = _four(samples)
    # At least 8 steps of each side remain; in smaller latents the corner is counted from the end.
    left, top = least(x // 8, columns - 8), least(y // 8, rows - 8)
    kept = sliced(rows, top, top + height // 8), sliced(columns, left, left + width // 8)
    return samples.with_samples(first, second, *kept, *rest)


_DIMENSIONS = {"x": 1, "y": 2, "t": 3}


def place_of(samples: LatentShape, dim: str) -> int:
    """Which dimension a letter means, counted from the front."""
    place = len(samples.samples) - _DIMENSIONS[dim.strip("-")]
    if place < 0:
        raise NodeFails(f"latents of {len(samples.samples)} dimensions have no '{dim}'")
    return place


@rule("LatentCut")
def cut(samples: LatentShape, dim: str, index: Any, amount: Whole) -> LatentShape:
    place = place_of(samples, dim)
    length = samples.samples[place]
    kept = length - least(index, length - 1) if index >= 0 else -most(index, -length)
    return samples.with_samples(*samples.samples[:place], least(kept, amount), *samples.samples[place + 1 :])


@rule("LatentCutToBatch")
def cut_to_batch(samples: LatentShape, dim: str, slice_size: Whole) -> LatentShape:
    place = place_of(samples, dim)
    if place < 2:
        return samples
    length = samples.samples[place]
    size = least(length, slice_size)
    dims = list(samples.samples)
    dims[place] = size
    dims[0] = dims[0] * (length // size)
    return samples.with_samples(*dims)


@rule("TrimVideoLatent")
def trim_video(samples: LatentShape, trim_amount: Whole) -> LatentShape:
    first, second, *rest = samples.samples
    return samples.with_samples(first, second, sliced(rest[0], trim_amount), *rest[1:])


@rule("SetLatentNoiseMask")
def set_noise_mask(samples: LatentShape, mask: MaskShape) -> LatentShape:
    return replace(samples, noise_mask=(mask.batch, 1, mask.height, mask.width))


@rule("LatentMultiply")
def multiply(samples: LatentShape) -> Any:
    return same_shape(samples)


@rule("LatentApplyOperation")
def apply_operation(samples: LatentShape, operation: Any) -> Any:
    radius = operation.facts.get("radius") if isinstance(operation, Opaque) else None
    if radius is not None:
        if len(samples.samples) != 4:
            raise NodeFails("it sharpens only latents of pictures")
        if any(length <= radius for length in samples.samples[-2:]):
            raise NodeFails("its radius is larger than the latents")
    return same_shape(samples)
