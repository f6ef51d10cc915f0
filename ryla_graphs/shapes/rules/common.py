"""What several rule modules need: sides, scaling, and rows for classes that change no size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.unknown import Unknown, Whole, least, most, rounded
from ryla_graphs.shapes.values import ImageShape, LatentShape, MaskShape

Shaped = TypeVar("Shaped")

_AS_PICTURES = 4
"""The most channels of a picture that Pillow can hold."""


def side(value: Any) -> Whole:
    """A side to scale to. Raises `NodeFails` if nothing would be left."""
    if isinstance(value, Unknown):
        return value if value.low >= 1 else most(value, 1)
    if value < 1:
        raise NodeFails(f"nothing can be scaled to a side of {value}")
    return int(value)


def resized(given: Any, width: Any, height: Any, method: str = "bilinear", crop: str = "disabled") -> Any:
    """Pictures or masks at another size, their middle only with the crop ``center``.

    Raises `NodeFails` if PyTorch or Pillow does: ``area`` makes pictures without any pixel, the others do not.
    """
    if not any(isinstance(length, Unknown) for length in (given.width, given.height, width, height)):
        _check_sides(given, (width, height), method, crop)
    wide, high = (length if method == "area" else side(length) for length in (width, height))
    if isinstance(given, MaskShape):
        return MaskShape(given.batch, high, wide)
    if method == "lanczos" and as_pictures(given).channels == 1:
        # Pillow drops the single channel, so the height takes its place.
        return MaskShape(given.batch, wide, high)
    return ImageShape(given.batch, high, wide, given.channels)


def as_pictures(given: ImageShape) -> ImageShape:
    """Pictures that Pillow can hold. Raises `NodeFails` if they have too many channels."""
    if not isinstance(given.channels, Unknown) and given.channels > _AS_PICTURES:
        raise NodeFails(f"no picture file has {given.channels} channels")
    return given


def _check_sides(given: Any, wanted: tuple[Any, Any], method: str, crop: str) -> None:
    width, height = int(given.width), int(given.height)
    if min(wanted) < (0 if method == "area" else 1):
        raise NodeFails(f"nothing can be scaled to {wanted[0]}x{wanted[1]}")
    left, top = middle((width, height), wanted) if crop == "center" and width and height and min(wanted) else (0, 0)
    if method != "lanczos" and (width - 2 * left < 1 or height - 2 * top < 1):
        raise NodeFails(f"nothing is left of {width}x{height} that could be scaled to {wanted[0]}x{wanted[1]}")


def middle(size: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[int, int]:
    """How much to cut from the left and the top, and again from the opposite sides, to get the wanted proportions."""
    (width, height), was, becomes = size, size[0] / size[1], wanted[0] / wanted[1]
    if was > becomes:
        return round((width - width * (becomes / was)) / 2), 0
    if was < becomes:
        return 0, round((height - height * (was / becomes)) / 2)
    return 0, 0


def sides_to(width: Whole, height: Whole, wanted_width: Whole, wanted_height: Whole) -> tuple[Whole, Whole]:
    """Both sides; a side of 0 follows the other."""
    if wanted_width == 0:
        return most(1, rounded(width * wanted_height / height)), wanted_height
    if wanted_height == 0:
        return wanted_width, most(1, rounded(height * wanted_width / width))
    return wanted_width, wanted_height


def broadcast(first: Whole, second: Whole, what: str = "pictures") -> Whole:
    """The number of a pair of batches that are combined one by one. Raises `NodeFails` if they do not fit."""
    if first is second or first == second or second == 1:
        return first
    if first == 1:
        return second
    raise NodeFails(f"{first} and {second} {what} cannot be combined one by one")


def clipped(start: Whole, length: Whole, whole: Whole) -> Any:
    """How much of a side a stretch covers, from its start for its length; 0 if it lies outside."""
    return most(0, least(start + length, whole) - start)


def same_shape(given: Shaped) -> Shaped:
    """Another value of the same shape, from a node that changes the content but not the size."""
    return replace(given, content=None) if isinstance(given, (ImageShape, MaskShape, LatentShape)) else given


def keeps(name: str) -> Callable[..., Any]:
    """A rule for classes that change the input `name` but keep its size."""

    def work(**inputs: Any) -> Any:
        return same_shape(inputs[name])

    return work


def passes(name: str) -> Callable[..., Any]:
    """A rule for classes that pass on the input `name`."""

    def work(**inputs: Any) -> Any:
        return inputs[name]

    return work


def rows(make: Callable[[Any], Callable[..., Any]], table: dict[str, Any]) -> None:
    """Register one rule for each row of a table."""
    for class_type, what in table.items():
        rule(class_type)(make(what))
