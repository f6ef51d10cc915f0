"""PNG and animated PNG: ``tEXt``, ``zTXt``, ``iTXt``, Exif, and ComfyUI's own ``comf`` of animations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ryla_graphs.formats.embedded import exif
from ryla_graphs.formats.embedded.cursor import Cursor, Text, decoded

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def texts(file: Cursor) -> Iterator[Text]:
    """The texts of all chunks."""
    file.skip(len(SIGNATURE))
    while file.left:
        length, kind = file.numbers(">I4s")
        chunk = file.part(length)
        if kind == b"IEND":
            return
        if kind in _READERS:
            yield from _READERS[kind](chunk)
        file.skip(4)  # the check sum


def _plain(chunk: Cursor) -> Iterator[Text]:
    key = chunk.until(b"\0")
    yield decoded(key), decoded(chunk.take(chunk.left))


def _packed(chunk: Cursor) -> Iterator[Text]:
    key = chunk.until(b"\0")
    chunk.skip(1)  # the method: there is one
    yield decoded(key), decoded(chunk.inflated(chunk.take(chunk.left)))


def _international(chunk: Cursor) -> Iterator[Text]:
    key = chunk.until(b"\0")
    packed, _ = chunk.numbers(">BB")
    chunk.until(b"\0")  # the language
    chunk.until(b"\0")  # the key in that language
    text = chunk.take(chunk.left)
    yield decoded(key), decoded(chunk.inflated(text) if packed else text)


_READERS: Mapping[bytes, Callable[[Cursor], Iterator[Text]]] = {
    b"tEXt": _plain,
    b"comf": _plain,
    b"zTXt": _packed,
    b"iTXt": _international,
    b"eXIf": exif.texts,
}
