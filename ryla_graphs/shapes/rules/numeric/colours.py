"""Colours, as ``#RRGGBB`` or ``#RRGGBBAA``."""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule


@rule("ColorToRGBInt")
def colour_to_number(color: str) -> tuple[int, str, float]:
    digits = color[1:]
    if len(color) not in (7, 9) or color[0] != "#":
        raise NodeFails(f"its colour {color!r} is not of the form #RRGGBB or #RRGGBBAA")
    try:
        int(digits, 16)
    except ValueError as error:
        raise NodeFails(f"its colour {color!r} is not of the form #RRGGBB or #RRGGBBAA") from error
    alpha = int(digits[6:], 16) / 255 if len(digits) == 8 else 1.0
    # Not everything that Python reads as a number is a colour: a sign or an underscore makes it white.
    try:
        red, green, blue = (int(digits[at : at + 2], 16) for at in (0, 2, 4))
    except ValueError:
        red = green = blue = 255
    return red * 65536 + green * 256 + blue, color[:7], alpha


def palette(colours: Any) -> list[str]:
    """The colours of a list, or of the values of a dictionary, in capitals; values that are not text are left out."""
    found = colours.values() if isinstance(colours, dict) else colours or ()
    return [colour.upper() for colour in found if isinstance(colour, str) and colour]
