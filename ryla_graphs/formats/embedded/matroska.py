"""WebM and Matroska: the tags. Names are in capitals there, as FFmpeg writes them."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.formats.embedded.cursor import Cursor, Fault, Text, decoded

_SEGMENT, _CLUSTER, _TAGS, _TAG, _SIMPLE = 0x18538067, 0x1F43B675, 0x1254C367, 0x7373, 0x67C8
_NAME, _TEXT = 0x45A3, 0x4487
_ENTERED = (_SEGMENT, _TAGS, _TAG, _SIMPLE)


def texts(file: Cursor) -> Iterator[Text]:
    """All tags, whatever they are about."""
    name, text = "", None
    for kind, element in _elements(file):
        if kind in _ENTERED:
            yield from texts(element)
        elif kind == _NAME:
            name = decoded(element.take(element.left))
        elif kind == _TEXT:
            text = decoded(element.take(element.left))
    if text is not None:
        yield name, text


def _elements(file: Cursor) -> Iterator[tuple[int, Cursor]]:
    """Elements, each with its content; those in a live cluster of unknown length come out as its siblings."""
    while file.left >= 2:
        kind = _variable(file, marked=True)
        length = _variable(file)
        if length is not None:
            yield kind or 0, file.part(length)
        elif kind not in (_SEGMENT, _CLUSTER):
            raise Fault(f"an element at byte {file.place:,} has no length")


def _variable(file: Cursor, *, marked: bool = False) -> int | None:
    """A number whose first byte says how long it is; None if all its bits are set, which means unknown."""
    first = file.number("B")
    if not first:
        raise Fault(f"a number of more than eight bytes at byte {file.place - 1:,}")
    more = 8 - first.bit_length()
    value = first if marked else first & (0x7F >> more)
    for byte in file.numbers(f"{more}B"):
        value = value << 8 | byte
    return None if not marked and value == (1 << 7 * (more + 1)) - 1 else value
