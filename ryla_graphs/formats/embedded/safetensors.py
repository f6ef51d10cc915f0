"""Safetensors, and with them ComfyUI's ``.latent`` and the checkpoints it saves: the metadata in the header."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.formats.embedded.cursor import Content, Cursor, Text
from ryla_graphs.formats.embedded.scenes import pairs, parsed


def texts(file: Cursor) -> Iterator[Text]:
    """The metadata."""
    header = parsed(file.take(file.number("<Q")))
    yield from pairs(header.get("__metadata__") if isinstance(header, dict) else None)


def is_one(content: Content) -> bool:
    """Whether a file begins like safetensors: a length, then a JSON object of that length."""
    length = int.from_bytes(content[:8], "little")
    return 2 <= length < 2**32 and content[8:10] in (b'{"', b"{}", b"{ ", b"{\n")
