"""GIF: its comments."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.formats.embedded.cursor import Cursor, Text, decoded

_PICTURE, _EXTENSION = 0x2C, 0x21
_COMMENT = 0xFE


def texts(file: Cursor) -> Iterator[Text]:
    """The comments, wherever they are among the pictures."""
    file.skip(10)
    _skip_colours(file)
    while file.left:
        kind = file.number("B")
        if kind == _EXTENSION and file.number("B") == _COMMENT:
            yield "comment", decoded(b"".join(block.take(block.left) for block in _blocks(file)))
            continue
        if kind == _PICTURE:
            file.skip(8)
            file.skip(_colours(file.number("B")) + 1)
        elif kind != _EXTENSION:
            return
        for _ in _blocks(file):
            pass


def _skip_colours(file: Cursor) -> None:
    flags = file.number("B")
    file.skip(2 + _colours(flags))


def _colours(flags: int) -> int:
    """The size of a colour table in bytes."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(file: Cursor) -> Iterator[Cursor]:
    while length := file.number("B"):
        yield file.part(length)
