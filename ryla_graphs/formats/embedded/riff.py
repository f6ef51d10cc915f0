"""WebP, with its Exif, and WAV, with its list of facts."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.formats.embedded import exif
from ryla_graphs.formats.embedded.cursor import Cursor, Text, decoded


def texts(file: Cursor) -> Iterator[Text]:
    """The texts of all chunks."""
    file.skip(12)
    for kind, chunk in _chunks(file):
        if kind == b"EXIF":
            behind = chunk.left > len(exif.HEAD) and chunk.at(0).numbers(f"{len(exif.HEAD)}s")[0] == exif.HEAD
            yield from (exif.texts_behind_head if behind else exif.texts)(chunk)
        elif kind == b"LIST" and chunk.left >= 4 and chunk.numbers("4s")[0] == b"INFO":
            for key, fact in _chunks(chunk):
                yield decoded(key), decoded(fact.take(fact.left))


def _chunks(file: Cursor) -> Iterator[tuple[bytes, Cursor]]:
    while file.left >= 8:
        kind, length = file.numbers("<4sI")
        yield kind, file.part(length)
        file.skip(min(length % 2, file.left))
