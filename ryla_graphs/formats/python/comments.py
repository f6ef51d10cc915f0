"""Notes as comments."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ryla_graphs.formats.python.layout import INDENT, LINE_LENGTH, width

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
