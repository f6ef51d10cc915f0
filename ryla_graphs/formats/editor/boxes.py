"""What is laid out: boxes and the links between them."""

from __future__ import annotations

from typing import NamedTuple

COLUMN_GAP = 80.0
ROW_GAP = 50.0
HIGH = 2600.0
"""A column higher than this, and much higher than the others, is split."""


class Box(NamedTuple):
    """The size of something that needs a place."""

    width: float
    height: float


class Link(NamedTuple):
    """A line from one box to another, by number, with the distances below their tops where it leaves and enters."""

    source: int
    leaves: float
    target: int
    enters: float
    orders: bool = True
    """Whether its target must be to the right of its source."""


class Layout(NamedTuple):
    """The upper left corner of each box, and the size of the whole, which begins at 0, 0."""

    corners: tuple[tuple[float, float], ...]
    size: Box
