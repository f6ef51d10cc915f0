"""Notes on how a graph was read: which part was used, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ryla_graphs.formats.read import Document

if TYPE_CHECKING:
    from ryla_graphs.formats.editor.convert import LeftOut

_MOST_SHOWN = 8
"""The most lines about what was left out."""


def notes_of(document: Document, source: str) -> Iterator[str]:
    """Notes on how a graph was read, one per line; none for plain API JSON."""
    if document.because is not None:
        yield f"{source}: {document.kind}; using its {document.used}: {document.because}"
    elif document.kind != "API JSON":
        yield f"{source}: {document.kind}"
    yield from left_out_lines(document.left_out)
    for key in document.unread:
        yield f"ignored: `{key}` next to the graph"


def left_out_lines(rows: Sequence[LeftOut]) -> Iterator[str]:
    """What was left out, one per line, up to the number of lines that people read."""
    for left in rows[:_MOST_SHOWN]:
        yield f"left out: {left.node} {left.what}: {left.reason}"
    if (more := len(rows) - _MOST_SHOWN) > 0:
        yield f"left out: {more} more; `convert --json` lists them all"
