"""Arithmetic of tensor shapes: slicing, joining, broadcasting, and what does not fit.

Sides may be unknown. Sides that are not known to differ count as equal, so a rule still says all that it knows. If two
shapes surely do not fit, `NodeFails` is raised, as the real node raises.
"""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.registry import NodeFails
from ryla_graphs.shapes.unknown import Undecided, Whole, least, most

Dims = tuple[Whole, ...]
"""The shape of a tensor."""


def differ(first: Any, second: Any) -> bool:
    """Whether two numbers are known to be different."""
    try:
        return bool(first != second)
    except Undecided:
        return False


def surely(condition: Any) -> bool:
    """Whether a comparison surely holds; False if it is undecided: ``surely(lambda: width < 8)``."""
    try:
        return bool(condition())
    except Undecided:
        return False


def sliced(length: Whole, start: Whole | None = None, stop: Whole | None = None) -> Whole:
    """The length of the slice ``[start:stop]``, as Python counts.

    >>> sliced(9, -4), sliced(9, 2, 5), sliced(9, 12)
    (4, 3, 0)
    """
    count: Whole = most(0, _place(length, stop, length) - _place(length, start, 0))
    return count


def _place(length: Whole, index: Whole | None, default: Whole) -> Any:
    if index is None:
        return default
    return most(0, length + index) if index < 0 else least(length, index)


def joined(*tensors: Dims, dim: int = 0) -> Dims:
    """Tensors concatenated along a dimension."""
    first = tensors[0]
    place = dim if dim >= 0 else len(first) + dim
    total: Any = 0
    for tensor in tensors:
        if len(tensor) != len(first):
            raise NodeFails(f"tensors of {len(first)} and {len(tensor)} dimensions cannot be joined")
        if any(differ(a, b) for at, (a, b) in enumerate(zip(first, tensor, strict=True)) if at != place):
            raise NodeFails(f"{_text(first)} and {_text(tensor)} cannot be joined along dimension {place}")
        total = total + tensor[place]
    return (*first[:place], total, *first[place + 1 :])


def copied(source: Dims, into: Dims) -> None:
    """Copy a tensor into a part of another. Raises `NodeFails` if it cannot be broadcast to that size."""
    fits = len(source) <= len(into)
    for mine, place in zip(reversed(source), reversed(into), strict=False):
        fits = fits and not (differ(mine, place) and differ(mine, 1))
    if not fits:
        raise NodeFails(f"{_text(source)} does not fit into {_text(into)}")


def together(first: Dims, second: Dims) -> Dims:
    """The shape of two tensors that are added, or multiplied."""
    size = max(len(first), len(second))
    pairs = zip((1,) * (size - len(first)) + first, (1,) * (size - len(second)) + second, strict=True)
    return tuple(_spread(a, b, first, second) for a, b in pairs)


def _spread(a: Whole, b: Whole, first: Dims, second: Dims) -> Whole:
    if not differ(a, 1):
        return b
    if differ(a, b) and differ(b, 1):
        raise NodeFails(f"{_text(first)} and {_text(second)} do not go together")
    return a


def _text(dims: Dims) -> str:
    return "x".join("?" if not isinstance(side, int) else str(side) for side in dims)
