"""Notes as comments."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ryla_graphs.formats.python.layout import INDENT, LINE_LENGTH, fits, width

_ROOM = LINE_LENGTH - len(INDENT) - len("# ")
_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "…": "..."})


class Note(NamedTuple):
    """Something to say about a graph, such as a note of the editor."""

    text: str
    node: str | None = None
    """The id of the node that it stands above; None where it is about all of it."""


def comment(text: str) -> Iterator[str]:
    """Text as lines of a comment, wrapped at words."""
    return (f"# {line}".rstrip() for line in _lines(text))


def docstring(text: str, indent: str) -> Iterator[str]:
    """Text as the lines of a docstring; nothing for no text."""
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
    for paragraph in text.expandtabs(4).strip().splitlines():
        yield from _wrapped(_plain(paragraph).rstrip())


def _plain(line: str) -> str:
    """A line with the marks that a keyboard has, where typography has others that look alike."""
    plain = unicodedata.normalize("NFKC", line.translate(_PLAIN))
    return "".join(character for character in plain if character.isprintable())


def _wrapped(paragraph: str) -> Iterable[str]:
    start = paragraph[: len(paragraph) - len(paragraph.lstrip())]
    line = start
    for word in paragraph.split():
        if line.strip() and width(f"{line} {word}") > _ROOM:
            yield line
            line = start
        line = f"{line} {word}" if line.strip() else f"{line}{word}"
    yield line
