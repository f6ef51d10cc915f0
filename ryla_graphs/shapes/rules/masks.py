"""Masks: made, grown, cut, combined, and what they become."""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.common import keeps, rows
from ryla_graphs.shapes.unknown import Whole
from ryla_graphs.shapes.values import ImageShape, MaskShape, Opaque

rows(
    keeps,
    {"InvertMask": "mask", "FeatherMask": "mask", "GrowMask": "mask", "ThresholdMask": "mask"},
)

_CHANNELS = ("red", "green", "blue", "alpha")


@rule("SolidMask")
def solid_mask(width: Whole, height: Whole) -> MaskShape:
    return MaskShape(1, height, width)


@rule("MaskToImage")
def mask_to_image(mask: MaskShape) -> ImageShape:
    return ImageShape(*mask.shape)


@rule("ImageToMask")
def image_to_mask(image: ImageShape, channel: str) -> MaskShape:
    if _CHANNELS.index(channel) >= image.channels:
        raise NodeFails(f"its picture has no channel '{channel}'")
    return MaskShape(image.batch, image.height, image.width)


@rule("BboxDetectorSEGS", "SegmDetectorSEGS")
def detect(image: ImageShape) -> Opaque:
    """As many regions as a detector finds; one, for who cannot look."""
    return Opaque("SEGS", {"size": (image.width, image.height), "count": 1})


@rule("ImpactSEGSOrderedFilter")
def pick_regions(segs: Opaque, take_start: int, take_count: int) -> tuple[Opaque, Opaque]:
    count = segs.fact("count")
    picked = max(0, min(count - take_start, take_count))
    return segs.with_facts(count=picked), segs.with_facts(count=count - picked)


@rule("SegsToCombinedMask")
def combined_mask(segs: Opaque) -> MaskShape:
    width, height = segs.fact("size")
    return MaskShape(1, height, width)


@rule("ImpactCount_Elts_in_SEGS")
def count_regions(segs: Opaque) -> Any:
    return segs.fact("count")
