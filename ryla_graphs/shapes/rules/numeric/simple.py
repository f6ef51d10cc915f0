"""Numbers that are passed on or converted, and sizes made from proportions."""

from __future__ import annotations

import math
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.common import passes, rows
from ryla_graphs.shapes.unknown import Unknown

rows(
    passes,
    {
        "PrimitiveInt": "value",
        "PrimitiveFloat": "value",
        "PrimitiveString": "value",
        "PrimitiveStringMultiline": "value",
        "PrimitiveBoolean": "value",
        "SeedNode": "seed",
    },
)


@rule("ComfyNumberConvert")
def convert_number(value: Any) -> tuple[float, int]:
    match value:
        case Unknown():
            return value, math.floor(value)  # type: ignore[return-value]  # both are bounds of the same
        case str():
            number, whole = _number_of(value)
        case int() | float():
            number, whole = float(value), value
        case _:
            raise NodeFails(f"it converts numbers and text, not {type(value).__name__}")
    if not math.isfinite(number):
        raise NodeFails(f"its number is {number}")
    return number, int(whole)


def _number_of(text: str) -> tuple[float, int | float]:
    try:
        number = float(text.strip())
    except ValueError as error:
        raise NodeFails(f"its text {text[:60]!r} is no number") from error
    try:
        return number, int(text.strip())
    except ValueError:
        return number, number


_PROPORTIONS = {
    "1:1 (Square)": (1, 1),
    "2:3 (Portrait Photo)": (2, 3),
    "3:2 (Photo)": (3, 2),
    "3:4 (Portrait Standard)": (3, 4),
    "4:3 (Standard)": (4, 3),
    "9:16 (Portrait Widescreen)": (9, 16),
    "16:9 (Widescreen)": (16, 9),
    "21:9 (Ultrawide)": (21, 9),
}


@rule("ResolutionSelector")
def select_resolution(aspect_ratio: str, megapixels: float, multiple: int) -> tuple[int, int]:
    wide, high = _PROPORTIONS[aspect_ratio]
    scale = math.sqrt(megapixels * 1024 * 1024 / (wide * high))
    return round(wide * scale / multiple) * multiple, round(high * scale / multiple) * multiple
