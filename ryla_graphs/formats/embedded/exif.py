"""Exif, which is a TIFF: ComfyUI writes ``prompt:{…}`` and ``workflow:{…}`` into tags for the camera's maker and model.

Packs also use the picture's description and the user comment; some write everything there as one JSON object.
"""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.formats.embedded.cursor import Cursor, Fault, Text, decoded

HEAD = b"Exif\0\0"
"""The bytes before the TIFF in a JPEG, and in a WebP if a program writes them there by mistake."""

_EXIF_FOLDER = 0x8769
_USER_COMMENT = 0x9286
_XP_TAGS = range(0x9C9B, 0x9CA0)
"""Windows' title, comment, author, keywords and subject, in UTF-16."""
_BYTE, _ASCII, _UNDEFINED, _UTF8 = 1, 2, 7, 129
_MOST_FOLDERS = 16


def texts(tiff: Cursor) -> Iterator[Text]:
    """The texts of a TIFF's folders."""
    order = {b"II": "<", b"MM": ">"}.get(tiff.numbers("2s")[0])
    if order is None or tiff.number(f"{order}H") != 42:
        raise Fault(f"the Exif at byte {tiff.start:,} is none")
    folders = [tiff.number(f"{order}I")]
    for place in folders:  # the list grows during the loop
        if place and len(folders) <= _MOST_FOLDERS:
            yield from _folder(tiff, tiff.at(place), order, folders)


def texts_behind_head(block: Cursor) -> Iterator[Text]:
    """The texts of a block that begins with `HEAD`; nothing for any other block."""
    if block.left > len(HEAD) and block.numbers(f"{len(HEAD)}s")[0] == HEAD:
        yield from texts(block.part(block.left))


def _folder(tiff: Cursor, folder: Cursor, order: str, folders: list[int]) -> Iterator[Text]:
    for _ in range(folder.number(f"{order}H")):
        tag, kind, count = folder.numbers(f"{order}HHI")
        value = folder.part(4)
        if tag == _EXIF_FOLDER:
            folders.append(value.number(f"{order}I"))
        elif kind in (_BYTE, _ASCII, _UNDEFINED, _UTF8) and count > 4:
            yield f"Exif tag {tag:#06x}", _text(tag, tiff.at(value.number(f"{order}I")).take(count), order)
    if folder.left >= 4:
        folders.append(folder.number(f"{order}I"))


def _text(tag: int, value: bytes, order: str) -> str:
    if tag in _XP_TAGS:
        return value.decode("utf-16-le", "replace").rstrip("\0")
    if tag != _USER_COMMENT:
        return decoded(value)
    charset, comment = value[:8], value[8:]
    if charset == b"UNICODE\0":
        return _utf16(comment, order)
    return decoded(comment if charset in (b"ASCII\0\0\0", bytes(8)) else value)


def _utf16(comment: bytes, order: str) -> str:
    """UTF-16 in either byte order: programs disagree about which, so the zeros of ASCII characters decide."""
    if comment[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return comment.decode("utf-16", "replace").rstrip("\0")
    high_first = comment[0::2].count(0) - comment[1::2].count(0)
    big = high_first > 0 if high_first else order == ">"
    return comment.decode("utf-16-be" if big else "utf-16-le", "replace").rstrip("\0")
