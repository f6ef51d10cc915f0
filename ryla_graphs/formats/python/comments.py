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
    for paragraph in plain(text).strip().splitlines():
        yield from (f"# {line}".rstrip() for line in _wrapped(paragraph.rstrip()))


def docstring(text: str, indent: str) -> Iterator[str]:
    """Text as the lines of a docstring; nothing for no text."""
    rows = [line for row in plain(text).strip().splitlines() for line in _wrapped(row.strip())]
    if not rows:
        return
    safe = [row.replace("\\", "\\\\").replace('"""', "'''") for row in rows]
    if len(safe) == 1 and fits(f'{indent}"""{safe[0]}"""'):
        yield f'{indent}"""{safe[0]}{" " if safe[0].endswith(DOUBLE) else ""}"""'
    else:
        yield f'{indent}"""{safe[0].lstrip(DOUBLE)}'
        yield from (f"{indent}{row}".rstrip() for row in safe[1:])
        yield f'{indent}"""'


DOUBLE = '"'


def plain(text: str) -> str:
    """Text with the marks that a keyboard has, where typography has others that look alike."""
    return unicodedata.normalize("NFKC", text.translate(_PLAIN))


def _wrapped(paragraph: str) -> Iterable[str]:
    start = paragraph[: len(paragraph) - len(paragraph.lstrip())]
    line = start
    for word in paragraph.split():
        if line.strip() and width(f"{line} {word}") > _ROOM:
            yield line
            line = start
        line = f"{line} {word}" if line.strip() else f"{line}{word}"
    yield line
