"""`Face`: what a meter finds in a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, repr=False)
class Face:
    """A face in a picture. It stays in memory only and has no text form, so that it cannot end up in a log."""

    width: float
    height: float
    between_eyes: float
    """Pixels between the outer corners of the eyes."""
    turned: bool
    """Whether the nose is not between the eyes: a profile."""
    shape: Any
    """What the meter needs to embed it."""


Point = tuple[float, float]


def face_of(size: Point, eyes: tuple[Point, Point], nose: float, shape: Any) -> Face:
    """A face by its width and height, the outer corners of its eyes, and how far across the picture its nose is."""
    (ax, ay), (bx, by) = eyes
    apart = ((ax - bx) ** 2 + (ay - by) ** 2) ** 0.5
    upright = abs(ay - by) < apart / 2
    turned = upright and not min(ax, bx) <= nose <= max(ax, bx)
    return Face(*size, apart, turned, shape)


def largest_first(faces: list[Face]) -> list[Face]:
    """The faces, ordered by size."""
    return sorted(faces, key=lambda face: -face.width * face.height)
