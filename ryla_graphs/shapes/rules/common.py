"""What several rooms of rules need: sides, scaling, and rows for classes that change no size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.unknown import Unknown, Whole, most, rounded
from ryla_graphs.shapes.values import ImageShape, LatentShape, MaskShape


def side(value: Any) -> Whole:
    """A side that something is scaled to. Raises `NodeFails` where nothing would be left."""
    if isinstance(value, Unknown):
        return value if value.low >= 1 else most(value, 1)
    if value < 1:
        raise NodeFails(f"nothing can be scaled to a side of {value}")
    return int(value)


def resized(given: Any, width: Any, height: Any) -> Any:
    """Pictures or masks at another size."""
    if isinstance(given, MaskShape):
        return MaskShape(given.batch, side(height), side(width))
    return ImageShape(given.batch, side(height), side(width), given.channels)


def sides_to(width: Whole, height: Whole, wanted_width: Whole, wanted_height: Whole) -> tuple[Whole, Whole]:
    """Both sides where one of 0 follows the other."""
    if wanted_width == 0:
        return most(1, rounded(width * wanted_height / height)), wanted_height
    if wanted_height == 0:
        return wanted_width, most(1, rounded(height * wanted_width / width))
    return wanted_width, wanted_height


def anew(given: Any) -> Any:
    """Another value of the same shape: what a node gives that changes content and no size."""
    if isinstance(given, ImageShape):
        return ImageShape(*given.shape)
    if isinstance(given, MaskShape):
        return MaskShape(*given.shape)
    if isinstance(given, LatentShape):
        return given.with_samples(*given.samples)
    return given


def keeps(name: str) -> Callable[..., Any]:
    """A rule for classes that give what comes in at `name`, changed, in the same size."""

    def work(**inputs: Any) -> Any:
        return anew(inputs[name])

    return work


def passes(name: str) -> Callable[..., Any]:
    """A rule for classes that hand on what comes in at `name`."""

    def work(**inputs: Any) -> Any:
        return inputs[name]

    return work


def rows(make: Callable[[Any], Callable[..., Any]], table: dict[str, Any]) -> None:
    """Register one rule for each row of a table."""
    for class_type, what in table.items():
        rule(class_type)(make(what))
