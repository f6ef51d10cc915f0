"""Shapes: what a node does to a size. The plan, the limits and the simulator all use this one place.

`evaluate` tells what flows along the links of a prompt before it runs, and `amounts` adds up what every node makes.
`registry.rule` is the table of what classes do, filled by the modules in `rules`. `execution.Execution` decides the
order in which they do it.
"""

from __future__ import annotations

from ryla_graphs.shapes.amounts import Amount, amounts
from ryla_graphs.shapes.evaluation import NodeShapes, Shapes, evaluate
from ryla_graphs.shapes.unknown import Undecided, Unknown
from ryla_graphs.shapes.values import (
    AudioShape,
    Blocked,
    Conditioning,
    ImageShape,
    LatentShape,
    MaskShape,
    Opaque,
    Several,
    Sigmas,
    VideoShape,
)

__all__ = [
    "Amount",
    "AudioShape",
    "Blocked",
    "Conditioning",
    "ImageShape",
    "LatentShape",
    "MaskShape",
    "NodeShapes",
    "Opaque",
    "Several",
    "Shapes",
    "Sigmas",
    "Undecided",
    "Unknown",
    "VideoShape",
    "amounts",
    "evaluate",
]
