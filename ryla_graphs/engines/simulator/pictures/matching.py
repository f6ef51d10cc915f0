"""Matches the colours of one picture to another's: mean and deviation in Lab, or histograms by channel."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

from PIL import Image, ImageChops, ImageFilter, ImageStat

from ryla_graphs.engines.simulator.frames import Frames, Source
from ryla_graphs.engines.simulator.pictures import lab
from ryla_graphs.engines.simulator.pictures.fitting import as_mode
from ryla_graphs.engines.simulator.pictures.registry import Out, draws, makes, source

_LARGE = ImageFilter.GaussianBlur(13)
"""A blur that keeps only the large areas of a picture, without detail."""
_POOLED = 16
"""How many frames are sampled if the colours of all frames count."""


@makes("ColorTransfer")
def transfer(out: Out) -> Frames:
    """Match each frame by its own colours, or all frames by those of one frame or of all."""
    target, reference, stats = out["image_target"], out["image_ref"], out["source_stats"]
    alone = stats["source_stats"] == "per_frame"

    def found(pictures: Any, indices: Iterable[int]) -> list[Source]:
        return [each for index in indices if (each := source(pictures, index)) is not None]

    if stats["source_stats"] == "target_frame":
        base = found(target, [min(stats.get("target_index", 0), int(target.batch) - 1)])
    else:
        base = found(target, _spread(int(target.batch)))
    pool = found(reference, _spread(int(reference.batch)))

    def sources(index: int) -> list[Source]:
        if not alone:
            return [*found(target, [index]), *base, *pool]
        return [*found(target, [index]) * 2, *found(reference, [min(index, int(reference.batch) - 1)])]

    def show(_: int, images: Sequence[Image.Image]) -> Image.Image:
        count = 1 if alone else len(base)
        image, before, after = images[0], images[1 : 1 + count], images[1 + count :]
        mine, theirs = ([as_mode(other, image.mode) for other in group] for group in (before, after))
        if out["method"] != "histogram":
            return lab.changed(image, _in_lab(mine, theirs, out["method"], out["strength"]))
        matched = image.point(_by_histogram(mine, theirs, image.getbands()))
        return Image.blend(image, matched, out["strength"]) if out["strength"] != 1 else matched

    return Frames(sources, show)


@draws("SeedVR2PostProcessing", frames=("images", "original_resized_images"))
def finish_seedvr2(out: Out, image: Image.Image, reference: Image.Image | None) -> Image.Image:
    """Give large areas the colours of the original, or the whole picture its mean and deviation."""
    method, size = out["color_correction_method"], out.size
    shown = image.crop((0, 0, *size))
    if method == "none" or reference is None:
        return shown
    wanted = as_mode(reference, shown.mode).crop((0, 0, *size))
    if method == "adain":
        return shown.point(_by_spread(shown, wanted))
    detail = ImageChops.subtract(shown, shown.filter(_LARGE), offset=128)
    return ImageChops.add(detail, wanted.filter(_LARGE), offset=-128)


def _by_spread(before: Image.Image, after: Image.Image) -> list[int]:
    mine, theirs = ImageStat.Stat(before), ImageStat.Stat(after)
    bands = zip(mine.mean, mine.stddev, theirs.mean, theirs.stddev, strict=True)
    return [
        max(0, min(255, round((value - mean) * wide / max(spread, 1e-3) + wanted)))
        for mean, spread, wanted, wide in bands
        for value in range(256)
    ]


def _spread(count: int) -> range:
    return range(0, count, -(-count // _POOLED))


def _in_lab(before: Sequence[Image.Image], after: Sequence[Image.Image], method: str, strength: float) -> lab.Change:
    """Match mean and deviation in Lab, each channel separately or (``mkl_lab``) all of them together."""
    (mean, spread), (wanted, wide) = lab.moments(before), lab.moments(after)
    if method == "mkl_lab":
        matrix = lab.moved(spread, wide)
    else:
        x, y, z = (math.sqrt(wide[part][part]) / max(math.sqrt(spread[part][part]), 1e-6) for part in range(3))
        matrix = (x, 0.0, 0.0), (0.0, y, 0.0), (0.0, 0.0, z)

    def change(colour: lab.Vector) -> lab.Vector:
        a, b, c = (part - middle for part, middle in zip(colour, mean, strict=True))
        x, y, z = (
            part + strength * (turned + middle - part)
            for part, turned, middle in zip(colour, lab.times(matrix, (a, b, c)), wanted, strict=True)
        )
        return x, y, z

    return change


def _by_histogram(before: Sequence[Image.Image], after: Sequence[Image.Image], bands: Sequence[str]) -> list[int]:
    table: list[int] = []
    for band in range(len(bands)):
        mine, theirs = _shares(before, band), _shares(after, band)
        table += [next((value for value, share in enumerate(theirs) if share >= wanted), 255) for wanted in mine]
    return table


def _shares(images: Sequence[Image.Image], band: int) -> list[float]:
    """The cumulative histogram: the share of pixels up to each brightness."""
    counts = [sum(column) for column in zip(*(image.getchannel(band).histogram() for image in images), strict=True)]
    return [total / sum(counts) for total in accumulate(counts)]
