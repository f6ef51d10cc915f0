"""Values as Python literals, in the quotes that `ruff format` prefers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ryla_graphs.formats.python.layout import INDENT, LINE_LENGTH, Expression, Items, Keyed, fits, lines, width


def literal(value: Any) -> Expression:
    """The source of a value that JSON holds."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return Items("{}", tuple(Keyed(f"{text(str(key))}: ", literal(item)) for key, item in value.items()))
    if isinstance(value, (list, tuple)):
        return Items("[]" if isinstance(value, list) else "()", tuple(map(literal, value)))
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    try:
        return repr(value).replace("e+", "e")
    except ValueError:  # Python refuses to write a number with so many digits
        return hex(int(value))


def text(value: str) -> str:
    """A string literal: in double quotes, or in single quotes if those need fewer backslashes."""
    quote = "'" if value.count('"') > value.count("'") else '"'
    body = repr(value + "'\"")[1:-4].replace("\\'", "'")  # `repr` with both quotes in it escapes only the single ones
    return quote + body.replace(quote, f"\\{quote}") + quote


def constant(name: str, value: Any) -> Iterator[str]:
    """The lines that assign a value to a name; long text takes as many lines as it needs."""
    if not isinstance(value, str) or fits(f"{name} = {text(value)}"):
        yield from lines(literal(value), f"{name} = ")
    elif _reads_as_block(value):
        yield from f'{name} = """\\\n{value}"""'.split("\n")
    else:
        yield f"{name} = ("
        whole = INDENT + text(value)
        yield from [whole] if fits(whole) else (INDENT + text(piece) for piece in _pieces(value))
        yield ")"


def _reads_as_block(value: str) -> bool:
    """Whether text can be put between triple quotes unchanged."""
    rows = value.split("\n")
    return (
        len(rows) > 2
        and not re.search(r'\\|"""|"$|[ \t]$', value, re.MULTILINE)
        and all(row.isprintable() and fits(f'{row}"""') for row in rows)
    )


def _pieces(value: str) -> Iterator[str]:
    """Text in pieces that fit a line, cut after newlines and spaces."""
    room = LINE_LENGTH - len(INDENT)
    piece = ""
    for word in re.findall(r"[^ \n]*(?:\n|[ ]+|$)", value):
        if piece and (piece.endswith("\n") or width(text(piece + word)) > room):
            yield piece
            piece = ""
        piece += word
        while width(text(piece)) > room:
            cut = _most_that_fits(piece, room)
            yield piece[:cut]
            piece = piece[cut:]
    if piece:
        yield piece


def _most_that_fits(piece: str, room: int) -> int:
    cut = min(len(piece), room)
    while width(text(piece[:cut])) > room:
        cut -= 1
    return cut
