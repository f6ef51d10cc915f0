"""Two latents combined: added, blended, laid over each other, joined side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.latents.cutting import place_of, scaled
from ryla_graphs.shapes.tensors import Dims, copied, differ, joined, sliced, together
from ryla_graphs.shapes.unknown import Whole, least, most
from ryla_graphs.shapes.values import LatentShape, MaskShape


def like(target: Dims, samples: Dims) -> Dims:
    """Latents scaled to the sides of others, if anything but the batch size differs."""
    same = len(samples) == len(target) and not any(differ(a, b) for a, b in zip(samples[1:], target[1:], strict=True))
    return samples if same else scaled(samples, target[-1], target[-2])


def four(samples: Dims) -> Dims:
    """Latents of pictures. Raises `NodeFails` for those of videos and sounds."""
    if len(samples) != 4:
        raise NodeFails(f"it takes latents of 4 dimensions, not of {len(samples)}")
    return samples


def with_sides(samples: Dims) -> Dims:
    """Latents of pictures or videos. Raises `NodeFails` for those of sounds."""
    if len(samples) < 4:
        raise NodeFails(f"latents of {len(samples)} dimensions have no sides")
    return samples


def _repeated(samples: Dims, batch: Whole) -> Dims:
    return (batch, *samples[1:])


@rule("LatentAdd", "LatentSubtract")
def add(samples1: LatentShape, samples2: LatentShape) -> LatentShape:
    first = samples1.samples
    second = _repeated(like(first, samples2.samples), first[0])
    return _mixed(samples1, samples2, together(first, second))


def _mixed(first: LatentShape, second: LatentShape, dims: Dims) -> LatentShape:
    return replace(first, samples=dims, empty=first.empty and second.empty, content=None)


@rule("LatentInterpolate")
def interpolate(samples1: LatentShape, samples2: LatentShape) -> LatentShape:
    first = samples1.samples
    second = _repeated(like(first, samples2.samples), first[0])
    # Each is divided by a norm without a channel dimension, which fails if it does not broadcast.
    ones, others = together(first, _without_channels(first)), together(second, _without_channels(second))
    between = together(ones, others)
    lengths = together(_without_channels(first), _without_channels(second))
    dims = together(together(between, _without_channels(between)), lengths)
    return _mixed(samples1, samples2, dims)


def _without_channels(dims: Dims) -> Dims:
    return (dims[0], *dims[2:])


@rule("LatentBlend")
def blend(samples1: LatentShape, samples2: LatentShape) -> LatentShape:
    first, second = with_sides(samples1.samples), samples2.samples
    if len(first) != len(second) or any(differ(a, b) for a, b in zip(first, second, strict=True)):
        second = scaled(four(second), first[3], first[2])
    return _mixed(samples1, samples2, together(first, second))


@rule("LatentConcat")
def concat(samples1: LatentShape, samples2: LatentShape, dim: str) -> LatentShape:
    first, second = samples1.samples, _repeated(samples2.samples, samples1.batch)
    place = place_of(samples1, dim) - len(first)
    pair = (second, first) if dim.startswith("-") else (first, second)
    return _mixed(samples1, samples2, joined(*pair, dim=place))


@rule("LatentComposite")
def composite(
    samples_to: LatentShape, samples_from: LatentShape, x: Whole, y: Whole, feather: Whole = 0
) -> LatentShape:
    """One latent laid over another at a position in pixels, cut to fit."""
    into, source = with_sides(samples_to.samples), with_sides(samples_from.samples)
    left, top = x // 8, y // 8
    room = into[2] - top, into[3] - left
    cut = (*source[:2], sliced(source[2], None, room[0]), sliced(source[3], None, room[1]), *source[4:])
    # The available room is measured before the cut, or after it with a soft edge.
    measured = cut if feather >= 8 else source
    target = (
        *into[:2],
        sliced(into[2], top, top + measured[2]),
        sliced(into[3], left, left + measured[3]),
        *into[4:],
    )
    if feather >= 8:
        again = (*cut[:2], sliced(cut[2], None, room[0]), sliced(cut[3], None, room[1]), *cut[4:])
        cut = together(together(again, cut), together(target, cut))
    copied(cut, target)
    return _mixed(samples_to, samples_from, into)


@rule("LatentCompositeMasked")
def composite_masked(
    destination: LatentShape,
    source: LatentShape,
    x: Whole,
    y: Whole,
    resize_source: bool,
    mask: MaskShape | None = None,
) -> LatentShape:
    into = with_sides(destination.samples)
    laid = _repeated(
        scaled(four(source.samples), into[-1], into[-2]) if resize_source else with_sides(source.samples), into[0]
    )
    width, height = laid[-1], laid[-2]
    left = most(-width * 8, least(x, into[-1] * 8)) // 8
    top = most(-height * 8, least(y, into[-2] * 8)) // 8
    room_wide, room_high = into[-1] - left + least(0, x), into[-2] - top + least(0, y)
    cover: Dims = laid if mask is None else (laid[0], 1, height, width)
    shown = (*cover[:2], sliced(cover[2], None, room_high), sliced(cover[3], None, room_wide), *cover[4:])
    if len(shown) < len(laid):
        shown = (shown[0], 1, *shown[1:])
    part = together(shown, (*laid[:-2], sliced(height, None, room_high), sliced(width, None, room_wide)))
    place = (*into[:-2], sliced(into[-2], top, top + height), sliced(into[-1], left, left + width))
    copied(together(part, together(shown, place)), place)
    return _mixed(destination, source, into)


@rule("ReplaceVideoLatentFrames")
def replace_frames(destination: LatentShape, index: Any, source: LatentShape | None = None) -> LatentShape:
    """A video with some frames replaced by others; frames that do not fit change nothing."""
    if source is None:
        return destination
    into, laid = with_sides(destination.samples), with_sides(source.samples)
    start = into[2] + index if index < 0 else index
    if start > into[2] or start + laid[2] > into[2]:
        return destination
    copied(laid, (*into[:2], sliced(into[2], start, start + laid[2]), *into[3:]))
    return replace(source, samples=into, empty=source.empty and destination.empty, content=None)
