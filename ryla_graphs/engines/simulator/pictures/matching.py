"""Colours of one picture brought to those of another: means and spreads, or whole histograms, channel by channel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

from PIL import Image, ImageStat

from ryla_graphs.engines.simulator.frames import Frames, Source
from ryla_graphs.engines.simulator.pictures.fitting import as_mode
from ryla_graphs.engines.simulator.pictures.registry import Out, makes, source

_POOLED = 16
"""Of how many frames the colours are looked at, where all of them count."""


@makes("ColorTransfer")
def transfer(out: Out) -> Frames:
    """Each frame by its own colours, or all by those of one or of all."""
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
        match = _by_histogram if out["method"] == "histogram" else _by_spread
        mine, theirs = ([as_mode(other, image.mode) for other in group] for group in (before, after))
        matched = image.point(match(mine, theirs, image.getbands()))
        return Image.blend(image, matched, out["strength"]) if out["strength"] != 1 else matched

    return Frames(sources, show)


def _spread(count: int) -> range:
    return range(0, count, -(-count // _POOLED))


def _by_spread(before: Sequence[Image.Image], after: Sequence[Image.Image], bands: Sequence[str]) -> list[int]:
    table: list[int] = []
    for band in range(len(bands)):
        (mean, spread), (wanted, wide) = _moments(before, band), _moments(after, band)
        scale = wide / max(spread, 1e-6)
        table += [max(0, min(255, round((value - mean) * scale + wanted))) for value in range(256)]
    return table


def _moments(images: Sequence[Image.Image], band: int) -> tuple[float, float]:
    stats = [ImageStat.Stat(image.getchannel(band)) for image in images]
    mean = sum(stat.mean[0] for stat in stats) / len(stats)
    square = sum(stat.sum2[0] / stat.count[0] for stat in stats) / len(stats)
    return mean, max(0.0, square - mean * mean) ** 0.5


def _by_histogram(before: Sequence[Image.Image], after: Sequence[Image.Image], bands: Sequence[str]) -> list[int]:
    table: list[int] = []
    for band in range(len(bands)):
        mine, theirs = _shares(before, band), _shares(after, band)
        table += [next((value for value, share in enumerate(theirs) if share >= wanted), 255) for wanted in mine]
    return table


def _shares(images: Sequence[Image.Image], band: int) -> list[float]:
    """Which share of the pixels is at most so bright, by brightness."""
    counts = [sum(column) for column in zip(*(image.getchannel(band).histogram() for image in images), strict=True)]
    return [total / sum(counts) for total in accumulate(counts)]
