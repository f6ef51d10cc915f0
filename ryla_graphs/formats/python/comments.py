"""Notes as comments."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from ryla_graphs.formats.python.layout import INDENT, LINE_LENGTH, fits, width

_ROOM = LINE_LENGTH - len(INDENT) - len("# ")
_START = re.compile(r"\s*([-*•]\s+|\d+\.\s+)?")
_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "…": "..."})


class Note(NamedTuple):
    """Something to say about a graph, such as a note of the editor."""

    text: str
    node: str | None = None
    """The id of the node that it is written above; None if it is about the whole graph."""


def comment(text: str) -> Iterator[str]:
    """Text as lines of a comment, wrapped at words."""
    return (f"# {line}".rstrip() for line in _lines(text))


def docstring(text: str, indent: str) -> Iterator[str]:
    """Text as the lines of a docstring; nothing for an empty text."""
    rows = [row.replace("\\", "\\\\").replace('"""', "'''").strip() for row in _lines(text)]
    if not rows:
        return
    space = " " if rows[0].endswith('"') else ""
    if len(rows) == 1 and fits(f'{indent}"""{rows[0]}{space}"""'):
        yield f'{indent}"""{rows[0]}{space}"""'
    else:
        first, *others = rows
        yield f'{indent}"""{first}'
        yield from (f"{indent}{row}".rstrip() for row in others)
        yield f'{indent}"""'


def _lines(text: str) -> Iterator[str]:
    """Wrapped lines, with at most one empty line in a row."""
    before = ""
    for row in text.expandtabs(4).strip().splitlines():
        line = _plain(row).rstrip()
        if line or before:
            yield from _wrapped(line)
        before = line


def _plain(line: str) -> str:
    """A line with typographic marks replaced by the keyboard characters that look like them."""
    plain = unicodedata.normalize("NFKC", line.translate(_PLAIN))
    return "".join(character for character in plain if character.isprintable())


def _wrapped(paragraph: str) -> Iterator[str]:
    """A line unchanged if it fits, else cut at words; the first word stays with its bullet."""
    if width(paragraph) <= _ROOM:
        yield paragraph
        return
    start = _START.match(paragraph)
    line = start[0] if start else ""
    left, *words = paragraph[len(line) :].split()
    indent = " " * len(line)
    line += left
    for word in words:
        if width(f"{line} {word}") > _ROOM:
            yield line
            line = f"{indent}{word}"
        else:
            line = f"{line} {word}"
    yield line
