"""Masks: made, grown, cut, combined, converted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.common import clipped, keeps, resized, rows
from ryla_graphs.shapes.unknown import Unknown, Whole
from ryla_graphs.shapes.values import ImageShape, MaskShape, Opaque

rows(
    keeps,
    {
        "FeatherMask": "mask",
        "GrowMask": "mask",
        "InvertMask": "mask",
        "ThresholdMask": "mask",
        "VOIDQuadmaskPreprocess": "mask",
    },
)

_CHANNELS = ("red", "green", "blue", "alpha")


@rule("SolidMask")
def solid_mask(width: Whole, height: Whole) -> MaskShape:
    return MaskShape(1, height, width)


@rule("MaskToImage")
def mask_to_image(mask: MaskShape) -> ImageShape:
    return ImageShape(mask.batch, mask.height, mask.width)


@rule("ImageToMask")
def image_to_mask(image: ImageShape, channel: str) -> MaskShape:
    if _CHANNELS.index(channel) >= image.channels:
        raise NodeFails(f"its picture has no channel '{channel}'")
    return MaskShape(image.batch, image.height, image.width)


@rule("ImageColorToMask")
def colour_to_mask(image: ImageShape) -> MaskShape:
    if image.channels < 3:
        raise NodeFails(f"its picture has {image.channels} channels and no colours")
    return MaskShape(image.batch, image.height, image.width)


@rule("CropMask")
def crop_mask(mask: MaskShape, x: Whole, y: Whole, width: Whole, height: Whole) -> MaskShape:
    """Parts outside the mask are cut off, down to nothing."""
    return MaskShape(mask.batch, clipped(y, height, mask.height), clipped(x, width, mask.width))


@rule("MaskComposite")
def combine_masks(destination: MaskShape, source: MaskShape, x: Whole, y: Whole) -> MaskShape:
    if source.batch not in (1, destination.batch):
        raise NodeFails(f"{source.batch} masks do not fit into {destination.batch}")
    for start, pasted, side in ((x, source.width, destination.width), (y, source.height, destination.height)):
        if not any(isinstance(length, Unknown) for length in (start, pasted, side)) and pasted - (start - side) > 1:
            _check_inside(start, side)
    return MaskShape(*destination.shape)


def _check_inside(start: Whole, side: Whole) -> None:
    # Exactly at the edge there is nothing to combine; beyond it the two parts do not fit.
    if start > side:
        raise NodeFails(f"a mask at {start} is beyond the edge at {side}")


@rule("BatchMasksNode")
def batch_masks(masks: Mapping[str, MaskShape]) -> Any:
    if not masks:
        return None
    first, *others = masks.values()
    for mask in others:
        if mask.shape[1:] != first.shape[1:]:
            resized(mask, first.width, first.height, "bilinear", "center")
    batch: Whole = sum((mask.batch for mask in others), first.batch)
    return MaskShape(batch, first.height, first.width)


@rule("BboxDetectorSEGS", "SegmDetectorSEGS")
def detect(image: ImageShape) -> Opaque:
    """The regions that a detector finds; one, since we cannot look."""
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
