"""JPEG: Exif and comments."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.formats.embedded import exif
from ryla_graphs.formats.embedded.cursor import Cursor, Fault, Text, decoded

_APP1, _COMMENT, _SCAN, _END = 0xE1, 0xFE, 0xDA, 0xD9
_BARE = {0x01, *range(0xD0, 0xD9)}
"""Markers without a length."""


def texts(file: Cursor) -> Iterator[Text]:
    """The texts of all segments before the picture itself."""
    file.skip(2)
    while file.left:
        marker = _marker(file)
        if marker in (_SCAN, _END):
            return
        if marker in _BARE:
            continue
        segment = file.part(file.number(">H") - 2)
        if marker == _COMMENT:
            yield "comment", decoded(segment.take(segment.left))
        elif marker == _APP1:
            yield from exif.texts_behind_head(segment)


def _marker(file: Cursor) -> int:
    if file.number("B") != 0xFF:
        raise Fault(f"there is no marker at byte {file.place - 1:,}")
    marker = 0xFF
    while marker == 0xFF:  # fill bytes
        marker = file.number("B")
    return marker
