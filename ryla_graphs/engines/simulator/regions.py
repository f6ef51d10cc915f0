"""Detectors, and what is made of the regions they find."""

from __future__ import annotations

from dataclasses import replace

from PIL import Image

from ryla_graphs.engines.simulator.call import Call, handles
from ryla_graphs.engines.simulator.values import Masks, Regions


@handles("BboxDetectorSEGS", "SegmDetectorSEGS")
def detect(call: Call) -> tuple[Regions]:
    """One region in the middle of the picture, whatever it shows."""
    return (Regions(call["image"].size, 1, call.key),)


@handles("ImpactSEGSOrderedFilter")
def pick(call: Call) -> tuple[Regions, Regions]:
    found: Regions = call["segs"]
    picked = max(0, min(found.count - call["take_start"], call["take_count"]))
    return (
        replace(found, count=picked, key=f"{call.key}#picked"),
        replace(found, count=found.count - picked, key=f"{call.key}#left"),
    )


@handles("SegsToCombinedMask")
def combined_mask(call: Call) -> tuple[Masks]:
    found: Regions = call["segs"]
    width, height = found.size
    mask = Image.new("L", found.size, 0)
    if found.count:
        mask.paste(255, (width // 3, height // 4, 2 * width // 3, 3 * height // 4))
    return (Masks((mask,)),)


@handles("ImpactCount_Elts_in_SEGS")
def count_regions(call: Call) -> tuple[int]:
    return (call["segs"].count,)
