"""MP3: the tag ID3v2 at its beginning, whose frames ``TXXX`` hold ``prompt`` and ``workflow``."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.formats.embedded.cursor import Cursor, Text, decoded

_ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_FREE = (b"TXXX", b"TXX")
_COMMENTS = (b"COMM", b"COM", b"USLT", b"ULT")
_UNSYNCHRONISED, _EXTENDED = 0x80, 0x40


def texts(file: Cursor) -> Iterator[Text]:
    """The free texts and the comments."""
    _mark, version, flags, size = file.numbers(">3sBxBI")
    content = file.take(_sevens(size))
    if flags & _UNSYNCHRONISED and version < 4:
        content = content.replace(b"\xff\0", b"\xff")
    tag = Cursor(content, budget=file.budget)
    if flags & _EXTENDED and version > 2:
        length = tag.number(">I")
        tag.skip(_sevens(length) - 4 if version == 4 else length)
    while tag.left > 10:
        kind, frame = _frame(tag, version)
        if not kind.strip(b"\0"):  # padding
            return
        if kind in _FREE + _COMMENTS and frame:
            yield from _text(kind, frame)


def _frame(tag: Cursor, version: int) -> tuple[bytes, bytes]:
    if version == 2:
        kind, high, low = tag.numbers(">3sBH")
        return kind, tag.take(high << 16 | low)
    kind, length, flags = tag.numbers(">4sIH")
    content = tag.take(_sevens(length) if version == 4 else length)
    packed, lengthened = (flags & 0x08, flags & 0x01) if version == 4 else (flags & 0x80, flags & 0x80)
    if version == 4 and flags & 0x02:
        content = content.replace(b"\xff\0", b"\xff")
    content = content[4:] if lengthened else content
    return kind, tag.inflated(content) if packed else content


def _text(kind: bytes, frame: bytes) -> Iterator[Text]:
    """A key and a text; the frame's first byte gives their encoding."""
    encoding = _ENCODINGS[frame[0]] if frame[0] < len(_ENCODINGS) else "utf-8"
    content = frame[1:] if kind in _FREE else frame[4:]  # a comment has a language
    end = b"\0\0" if "16" in encoding else b"\0"
    at = content.find(end)
    while len(end) == 2 and at % 2 and at >= 0:  # a zero that ends one character and begins the next
        at = content.find(end, at + 1)
    if at < 0:
        return
    key, text = content[:at], content[at + len(end) :]
    if encoding == "latin-1":  # many files declare it, few really use it
        yield decoded(key), decoded(text)
    else:
        yield key.decode(encoding, "replace"), text.decode(encoding, "replace").rstrip("\0")


def _sevens(number: int) -> int:
    """A number stored in four bytes of seven bits each."""
    return sum((number >> 8 * place & 0x7F) << 7 * place for place in range(4))
