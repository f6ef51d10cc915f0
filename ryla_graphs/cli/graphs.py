"""What a person should know of how a graph was read, in lines and as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ryla_graphs.formats.read import Document

if TYPE_CHECKING:
    from ryla_graphs.formats.editor.convert import LeftOut

_MOST_SHOWN = 8
"""Lines about what was left out."""


def notes_of(document: Document, source: str) -> Iterator[str]:
    """What a person should know of how a graph was read, one line each; nothing for plain API JSON."""
    if document.because is not None:
        yield f"{source}: {document.kind}; its {document.used} is used: {document.because}"
    elif document.kind != "API JSON":
        yield f"{source}: {document.kind}"
    yield from left_out_lines(document.left_out)
    for key in document.unread:
        yield f"not used: `{key}`, which stands beside the graph"


def left_out_lines(rows: Sequence[LeftOut]) -> Iterator[str]:
    """What was left out, a line each, as far as anybody reads it."""
    for left in rows[:_MOST_SHOWN]:
        yield f"left out: {left.node} {left.what}: {left.reason}"
    if (more := len(rows) - _MOST_SHOWN) > 0:
        yield f"left out: {more} more; `convert --json` lists them all"
