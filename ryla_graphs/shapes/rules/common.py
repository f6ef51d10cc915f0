"""What several rooms of rules need: sides, scaling, and rows for classes that change no size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.unknown import Unknown, Whole, least, most, rounded
from ryla_graphs.shapes.values import ImageShape, LatentShape, MaskShape

Shaped = TypeVar("Shaped")

_AS_PICTURES = 4
"""How many channels a picture has at most that Pillow makes of it."""


def side(value: Any) -> Whole:
    """A side that something is scaled to. Raises `NodeFails` where nothing would be left."""
    if isinstance(value, Unknown):
        return value if value.low >= 1 else most(value, 1)
    if value < 1:
        raise NodeFails(f"nothing can be scaled to a side of {value}")
    return int(value)


def resized(given: Any, width: Any, height: Any, method: str = "area", crop: str = "disabled") -> Any:
    """Pictures or masks at another size, their middle only with the crop ``center``. Raises `NodeFails`."""
    if isinstance(given, MaskShape):
        _check_source(given.width, given.height, width, height, crop)
        return MaskShape(given.batch, side(height), side(width))
    _check_source(given.width, given.height, width, height, crop)
    if method == "lanczos":
        as_pictures(given)
    return ImageShape(given.batch, side(height), side(width), given.channels)


def as_pictures(given: ImageShape) -> ImageShape:
    """Pictures that Pillow can hold. Raises `NodeFails` where they have too many channels."""
    if not isinstance(given.channels, Unknown) and given.channels > _AS_PICTURES:
        raise NodeFails(f"no picture file has {given.channels} channels")
    return given


def _check_source(width: Whole, height: Whole, to_width: Any, to_height: Any, crop: str) -> None:
    sides: tuple[Any, ...] = (width, height, to_width, to_height)
    if any(isinstance(length, Unknown) for length in sides):
        return
    if min(sides) < 1:
        raise NodeFails(f"nothing can be scaled from {width}x{height} to {to_width}x{to_height}")
    if crop == "center":
        left, top = middle(sides[:2], sides[2:])
        if width - 2 * left < 1 or height - 2 * top < 1:
            raise NodeFails(f"the middle of {width}x{height} as wide as {to_width}x{to_height} has no pixel")


def middle(size: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[int, int]:
    """How much is cut from the left and from the top, and as much from the other sides, to get the proportions."""
    (width, height), was, becomes = size, size[0] / size[1], wanted[0] / wanted[1]
    if was > becomes:
        return round((width - width * (becomes / was)) / 2), 0
    if was < becomes:
        return 0, round((height - height * (was / becomes)) / 2)
    return 0, 0


def sides_to(width: Whole, height: Whole, wanted_width: Whole, wanted_height: Whole) -> tuple[Whole, Whole]:
    """Both sides where one of 0 follows the other."""
    if wanted_width == 0:
        return most(1, rounded(width * wanted_height / height)), wanted_height
    if wanted_height == 0:
        return wanted_width, most(1, rounded(height * wanted_width / width))
    return wanted_width, wanted_height


def broadcast(first: Whole, second: Whole, what: str = "pictures") -> Whole:
    """The number of a pair of batches that are combined one by one. Raises `NodeFails` where they do not fit."""
    if first is second or first == second or second == 1:
        return first
    if first == 1:
        return second
    raise NodeFails(f"{first} and {second} {what} cannot be combined one by one")


def clipped(start: Whole, length: Whole, whole: Whole) -> Any:
    """How much of a side lies between a start and a length; 0 where they are outside."""
    return most(0, least(start + length, whole) - start)


def same_shape(given: Shaped) -> Shaped:
    """Another value of the same shape: what a node gives that changes content and no size."""
    return replace(given, content=None) if isinstance(given, (ImageShape, MaskShape, LatentShape)) else given


anew = same_shape


def keeps(name: str) -> Callable[..., Any]:
    """A rule for classes that give what comes in at `name`, changed, in the same size."""

    def work(**inputs: Any) -> Any:
        return same_shape(inputs[name])

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
