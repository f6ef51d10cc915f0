"""Writes tensors as text like PyTorch, which shortens long ones in the middle."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product

Shape = Sequence[int]
Place = tuple[int, ...]
Value = Callable[[Place], float]
"""Returns a number of a tensor, given its index."""

_EDGE = 6
_LONG = 1_000
_LINE = 80
_HEAD = "tensor("


def tensor_text(shape: Shape, value: Value) -> str:
    """A tensor in the form of `str`; calls `value` only for the numbers that are shown.

    >>> tensor_text((2, 2), lambda place: float(place[0]))
    'tensor([[0., 0.],\\n        [1., 1.]])'
    """
    if 0 in shape:
        size = "" if len(shape) == 1 else f", size=({', '.join(map(str, shape))})"
        return f"{_HEAD}[]{size})"
    short = math.prod(shape) > _LONG
    shown = {place: value(place) for place in product(*(_shown(length, short) for length in shape))}
    write = _writer(list(shown.values()))
    return f"{_HEAD}{_block(shape, (), short, lambda place: write(shown[place]), len(_HEAD))})"


def _shown(length: int, short: bool) -> list[int]:
    if short and length > 2 * _EDGE:
        return [*range(_EDGE), *range(length - _EDGE, length)]
    return list(range(length))


def _block(
    shape: Shape, place: tuple[int, ...], short: bool, write: Callable[[tuple[int, ...]], str], indent: int
) -> str:
    """One level of brackets with its content."""
    length, depth = shape[len(place)], len(shape) - len(place)
    gap = short and length > 2 * _EDGE
    indices = _shown(length, short)
    if depth == 1:
        items = [write((*place, index)) for index in indices]
        width = len(items[0]) + 2
        lines = list(_lines([*items[:_EDGE], " ...", *items[_EDGE:]] if gap else items, (_LINE - indent) // width))
        return "[" + f",\n{' ' * (indent + 1)}".join(lines) + "]"
    blocks = [_block(shape, (*place, index), short, write, indent + 1) for index in indices]
    between = "," + "\n" * (depth - 1) + " " * (indent + 1)
    return "[" + between.join([*blocks[:_EDGE], "...", *blocks[_EDGE:]] if gap else blocks) + "]"


def _lines(items: Sequence[str], count: int) -> Iterator[str]:
    step = max(1, count)
    for start in range(0, len(items), step):
        yield ", ".join(items[start : start + step])


def _writer(values: Sequence[float]) -> Callable[[float], str]:
    """The common format of a tensor's numbers: whole, with four decimals, or with an exponent."""
    sizes = [abs(value) for value in values if value]
    if not sizes:
        return lambda _: "0."
    whole = all(float(value).is_integer() for value in values)
    wide = max(sizes) / min(sizes) > 1_000 or max(sizes) > 1e8 or (not whole and min(sizes) < 1e-4)
    form = ".4e" if wide else ".0f" if whole else ".4f"
    end = "." if whole and not wide else ""
    width = max(len(f"{value:{form}}{end}") for value in values if value)
    return lambda value: f"{value:{form}}{end}".rjust(width)
