"""Rewrites the containers of media files without touching pixels or samples.

Each function returns the file without the parts that could hold a prompt, and with an XMP packet if the format can
hold one. A file that ends in the middle loses these parts, too, and keeps the others. Supported are PNG 1.2 and APNG
chunks, JFIF segments, the WebP container, ISO base media boxes, FLAC blocks and ID3 tags, by their specifications.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ryla_graphs.problems import InvalidDocument

PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_PNG_TEXTS = (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"comf")
_PNG_KEPT = (b"simulated\0", b"software\0")
_XMP_KEYWORD = b"XML:com.adobe.xmp"
_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_JPEG_DROPPED = (0xE1, 0xED, 0xFE)
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def png(content: bytes, xmp: bytes | None, *, keep: bool) -> bytes:
    """Rewrite a PNG; `keep` leaves its text chunks in."""
    parts: list[bytes | memoryview] = [PNG_HEAD]
    for kind, chunk in _png_chunks(content):
        if not keep and kind in _PNG_TEXTS and not bytes(chunk[8:24]).startswith(_PNG_KEPT):
            continue
        parts.append(chunk)
        if kind == b"IHDR" and xmp is not None:
            parts.append(_png_chunk(b"iTXt", _XMP_KEYWORD + bytes(5) + xmp))
    return b"".join(parts)


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Kind and bytes of each chunk. Files have megabytes, so it copies nothing and recomputes no checksum."""
    place, whole = len(PNG_HEAD), memoryview(content)
    while place + 12 <= len(content):
        end = place + 12 + struct.unpack_from(">I", content, place)[0]
        kind = content[place + 4 : place + 8]
        yield kind, whole[place:end]
        if kind == b"IEND":
            return
        place = end
    if place < len(content):  # the file ends in the middle of a chunk's head
        yield content[place + 4 : place + 8], whole[place:]


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def jpeg(content: bytes, xmp: bytes | None, *, keep: bool) -> bytes:
    """Rewrite a JPEG; `keep` leaves Exif, XMP, IPTC and comments in."""
    parts = [content[:2]]
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        length = struct.unpack_from(">H", content, place + 2)[0] + 2
        if xmp is not None and marker != 0xE0:
            parts.append(b"\xff\xe1" + struct.pack(">H", len(_JPEG_XMP) + len(xmp) + 2) + _JPEG_XMP + xmp)
            xmp = None
        if marker == 0xDA:  # start of scan: only picture data follows
            return b"".join([*parts, content[place:]])
        if keep or marker not in _JPEG_DROPPED:
            parts.append(content[place : place + length])
        place += length
    if place + 4 <= len(content):
        raise InvalidDocument("the JPEG has no marker where one must be")
    return b"".join([*parts, content[place:]])


def webp(content: bytes, xmp: bytes | None, *, keep: bool) -> bytes:
    """Rewrite a WebP; `keep` leaves Exif in. Reads its size itself, since Pillow refuses large pictures."""
    chunks = [(kind, data) for kind, data in _riff_chunks(content) if kind != b"XMP " and (keep or kind != b"EXIF")]
    kinds = {kind for kind, _ in chunks}
    if xmp is not None:
        chunks.append((b"XMP ", xmp))
    if b"VP8X" not in kinds and xmp is not None:
        try:
            alpha, *size = _bitmap(dict(reversed(chunks)))
        except (InvalidDocument, struct.error):  # no mark without a picture, but no prompt either
            return webp(content, None, keep=keep)
        sides = b"".join(struct.pack("<I", side - 1)[:3] for side in size)
        chunks.insert(0, (b"VP8X", struct.pack("<I", 0x10 if alpha else 0) + sides))
    body = b"".join(_riff_chunk(kind, _flagged(kind, data, kinds, xmp is not None)) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _bitmap(chunks: Mapping[bytes, bytes]) -> tuple[bool, int, int]:
    """Whether a plain WebP has an alpha channel, its width and its height."""
    if (lossless := chunks.get(b"VP8L", b"")).startswith(b"\x2f"):
        bits = struct.unpack_from("<I", lossless, 1)[0]
        return bool(bits >> 28 & 1), (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    lossy = chunks.get(b"VP8 ", b"")
    if lossy[3:6] != b"\x9d\x01\x2a":
        raise InvalidDocument("the WebP holds no picture")
    width, height = struct.unpack_from("<HH", lossy, 6)
    return False, width & 0x3FFF, height & 0x3FFF


def _flagged(kind: bytes, data: bytes, kinds: set[bytes], xmp: bool) -> bytes:
    """The extended header, with flags for the metadata that the file has."""
    if kind != b"VP8X":
        return data
    flags = data[0] & ~0x0C | (0x08 if b"EXIF" in kinds else 0) | (0x04 if xmp else 0)
    return bytes([flags]) + data[1:]


def _riff_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 12
    while place + 8 <= len(content):
        length = struct.unpack_from("<I", content, place + 4)[0]
        yield content[place : place + 4], content[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def _riff_chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def mp4(content: bytes, xmp: bytes | None, *, keep: bool) -> bytes:
    """Rewrite an MP4: turn user data into free space in place, so that no offset changes, and append XMP."""
    changed = bytearray(content)
    for box in _boxes(content, 0, len(content)):
        if box.cut:
            xmp = None  # it would be in the middle of that box
        if not keep and box.kind in (b"udta", b"meta"):
            changed[box.place + 4 : box.place + 8] = b"free"
            changed[box.data : box.end] = bytes(box.end - box.data)
        if xmp is not None and box.open and box.end - box.place < 2**32:  # or it would reach over the XMP
            struct.pack_into(">I", changed, box.place, box.end - box.place)
    if xmp is not None:
        changed += struct.pack(">I4s", len(xmp) + 24, b"uuid") + _XMP_UUID + xmp
    return bytes(changed)


class _Box(NamedTuple):
    """A box of an MP4: its kind, and the offsets of its head, of its data and of its end."""

    kind: bytes
    place: int
    data: int
    end: int
    open: bool
    """Whether it says only that it reaches to the end of the file."""
    cut: bool
    """Whether it says that it reaches further than what it is in."""


def _boxes(content: bytes, place: int, end: int) -> Iterator[_Box]:
    """The boxes between two offsets, and those inside the movie and its tracks, which have the tags."""
    while place + 8 <= end:
        length, kind = struct.unpack_from(">I4s", content, place)
        head, to_the_end = 8, length == 0
        if length == 1:
            if place + 16 > end:
                return
            length, head = struct.unpack_from(">Q", content, place + 8)[0], 16
        cut = place + length > end
        length = end - place if to_the_end or cut else length
        if length < head:
            raise InvalidDocument("the MP4 has a box without an end")
        yield _Box(kind, place, place + head, place + length, to_the_end, cut)
        if kind in (b"moov", b"trak"):
            yield from _boxes(content, place + head, place + length)
        place += length


def flac(content: bytes) -> bytes:
    """Rewrite a FLAC: empty its comments in place."""
    changed = bytearray(content)
    place = 4
    while place + 4 <= len(content):
        kind, length = content[place], int.from_bytes(content[place + 1 : place + 4])
        if kind & 0x7F == _FLAC_COMMENTS:
            changed[place] = kind & 0x80 | _FLAC_PADDING
            end = min(len(content), place + 4 + length)
            changed[place + 4 : end] = bytes(end - place - 4)
        if kind & 0x80:
            break
        place += 4 + length
    return bytes(changed)


_FLAC_COMMENTS, _FLAC_PADDING = 4, 1


def mp3(content: bytes) -> bytes:
    """Rewrite an MP3: drop the ID3 tag at its start."""
    if not content.startswith(b"ID3") or len(content) < 10:
        return content
    size = 0
    for seven_bits in content[6:10]:
        size = size << 7 | seven_bits & 0x7F
    return content[10 + size + (10 if content[5] & 0x10 else 0) :]
