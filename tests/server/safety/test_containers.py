"""What is left of a container: all of its parts but those that could hold a prompt, byte for byte."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.problems import InvalidDocument
from ryla_graphs.server.safety import containers
from ryla_graphs.server.safety.provenance import delivered

XMP = b"<x:xmpmeta/>"
DATA = st.binary(max_size=9)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


TEXTS = (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"comf")
KEPT_TEXTS = (b"simulated\0yes", b"software\0x")
CHUNKS = st.lists(
    st.tuples(st.sampled_from([*TEXTS, b"IDAT", b"gAMA", b"acTL"]), DATA | st.sampled_from(KEPT_TEXTS)), max_size=6
)


@given(CHUNKS, st.booleans(), st.none() | st.just(XMP), DATA)
def test_a_png_keeps_its_chunks_but_the_texts(
    rows: list[tuple[bytes, bytes]], keep: bool, xmp: bytes | None, behind: bytes
) -> None:
    head, first, end = containers.PNG_HEAD, chunk(b"IHDR", bytes(13)), chunk(b"IEND", b"")
    mark = [] if xmp is None else [chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + xmp)]
    left = [chunk(*row) for row in rows if keep or row[0] not in TEXTS or row[1].startswith(KEPT_TEXTS)]
    content = head + first + b"".join(chunk(*row) for row in rows) + end
    expected = b"".join([head, first, *mark, *left, end])
    assert containers.png(content + behind, xmp, keep=keep) == expected, "nothing behind its end is delivered"


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


JPEG_XMP = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)
SEGMENTS = st.lists(st.tuples(st.sampled_from([0xE1, 0xED, 0xFE, 0xDB, 0xE2, 0xE0]), DATA), max_size=6)


@given(st.booleans(), SEGMENTS, st.booleans(), st.booleans(), DATA)
def test_a_jpeg_keeps_its_segments_but_the_metadata(
    jfif: bool, rows: list[tuple[int, bytes]], keep: bool, mark: bool, scan: bytes
) -> None:
    rows = [*([(0xE0, b"JFIF\0")] if jfif else []), *rows]
    first = next((at for at, (marker, _) in enumerate(rows) if marker != 0xE0), len(rows))
    picture = segment(0xDA, b"\1\2\3") + scan + b"\xff\xd9"
    content = b"\xff\xd8" + b"".join(segment(*row) for row in rows) + picture
    left = [segment(*row) if keep or row[0] not in (0xE1, 0xED, 0xFE) else b"" for row in rows]
    if mark:  # before the first segment that is not JFIF's
        left.insert(first, JPEG_XMP)
    expected = b"\xff\xd8" + b"".join(left) + picture
    assert containers.jpeg(content, XMP if mark else None, keep=keep) == expected


@pytest.mark.parametrize("rest", [b"", b"a", b"ab", b"abc"])
def test_a_jpeg_that_ends_before_a_segment_has_no_metadata_left_to_remove(rest: bytes) -> None:
    assert containers.jpeg(b"\xff\xd8" + rest, None, keep=False) == b"\xff\xd8" + rest


@pytest.mark.parametrize("rest", [b"abcd", b"abcde"])
def test_a_jpeg_without_a_marker_where_one_must_be_is_refused(rest: bytes) -> None:
    with pytest.raises(InvalidDocument):
        containers.jpeg(b"\xff\xd8" + rest, None, keep=False)


def riff(*rows: tuple[bytes, bytes]) -> bytes:
    body = b"".join(kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for kind, data in rows)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


@given(
    st.integers(0, 255),
    st.lists(st.tuples(st.sampled_from([b"EXIF", b"XMP ", b"ICCP", b"ALPH", b"ANMF"]), DATA), max_size=5),
    st.booleans(),
    st.booleans(),
)
def test_an_extended_webp_keeps_its_chunks_and_its_other_flags(
    flags: int, rows: list[tuple[bytes, bytes]], keep: bool, mark: bool
) -> None:
    left = [row for row in rows if row[0] != b"XMP " and (keep or row[0] != b"EXIF")]
    content = riff((b"VP8X", bytes([flags]) + b"123456789"), *rows)
    after = (flags & 0b1111_0011) | (0b1000 if b"EXIF" in dict(left) else 0) | (0b0100 if mark else 0)
    expected = riff((b"VP8X", bytes([after]) + b"123456789"), *left, *([(b"XMP ", XMP)] if mark else []))
    assert containers.webp(content, XMP if mark else None, keep=keep) == expected


@given(st.integers(1, 16_384), st.integers(1, 16_384), st.booleans(), st.integers(0, 3), st.booleans())
def test_a_plain_webp_becomes_an_extended_one_of_its_size(
    width: int, height: int, alpha: bool, scale: int, lossless: bool
) -> None:
    if lossless:
        bits = (width - 1) | (height - 1) << 14 | alpha << 28
        row = b"VP8L", b"\x2f" + struct.pack("<I", bits)
    else:
        width, height, alpha = min(width, 16_383), min(height, 16_383), False
        row = b"VP8 ", b"\0\0\0\x9d\1\x2a" + struct.pack("<HH", width | scale << 14, height | scale << 14)
    assert containers.webp(riff(row), None, keep=False) == riff(row)
    canvas = b"".join((side - 1).to_bytes(3, "little") for side in (width, height))
    flags = struct.pack("<I", 0b0001_0100 if alpha else 0b0100)
    assert containers.webp(riff(row), XMP, keep=False) == riff((b"VP8X", flags + canvas), row, (b"XMP ", XMP))


def box(kind: bytes, data: bytes, form: str = "short") -> bytes:
    if form == "long":
        return struct.pack(">I4sQ", 1, kind, len(data) + 16) + data
    return struct.pack(">I4s", 0 if form == "open" else len(data) + 8, kind) + data


FORMS = st.sampled_from(["short", "long"])
TAGS = st.tuples(st.sampled_from([b"udta", b"meta"]), DATA, FORMS)
OTHERS = st.tuples(st.sampled_from([b"mdat", b"ftyp", b"mvhd", b"free"]), DATA | st.just(b"udta"), FORMS)
Rows = list[tuple[bytes, bytes, str]]


def boxes(rows: Rows, *, emptied: bool) -> bytes:
    """The boxes; tags become as much free space where they are `emptied`."""
    free = [emptied and kind in (b"udta", b"meta") for kind, _, _ in rows]
    left = [(b"free", bytes(len(row[1])), row[2]) if gone else row for row, gone in zip(rows, free, strict=True)]
    return b"".join(box(*row) for row in left)


@given(st.lists(TAGS | OTHERS, max_size=3), st.lists(TAGS | OTHERS, max_size=3), FORMS, FORMS, st.booleans(), TAGS)
def test_an_mp4_keeps_its_boxes_and_offsets_and_loses_its_tags(
    movie: Rows, track: Rows, long_movie: str, long_track: str, mark: bool, last: tuple[bytes, bytes, str]
) -> None:
    def made(*, emptied: bool, ended: bool = False) -> bytes:
        inner = box(b"trak", boxes(track, emptied=emptied), long_track)
        outer = box(b"moov", boxes(movie, emptied=emptied) + inner, long_movie)
        kind, data, _ = last  # to the end of the file, whatever its length
        tail = box(b"free" if emptied else kind, bytes(len(data)) if emptied else data, "short" if ended else "open")
        return box(b"ftyp", b"isom") + outer + boxes([(b"mdat", b"moov", "short")], emptied=emptied) + tail

    content = made(emptied=False)
    marked = struct.pack(">I4s", len(XMP) + 24, b"uuid") + bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + XMP
    for keep in (True, False):  # the last box would reach over the mark, so it says where it ends
        expected = made(emptied=not keep, ended=mark) + (marked if mark else b"")
        assert containers.mp4(content, XMP if mark else None, keep=keep) == expected


def block(kind: int, data: bytes, *, last: bool) -> bytes:
    return bytes([kind | (0x80 if last else 0)]) + len(data).to_bytes(3) + data


@given(st.lists(st.tuples(st.integers(0, 126), DATA), min_size=1, max_size=5), DATA)
def test_a_flac_keeps_its_blocks_and_its_length_and_loses_its_comments(
    rows: list[tuple[int, bytes]], sound: bytes
) -> None:
    def made(*, emptied: bool) -> bytes:
        left = [(1, bytes(len(row[1]))) if emptied and row[0] == 4 else row for row in rows]
        blocks = (block(*row, last=at == len(rows) - 1) for at, row in enumerate(left))
        return b"fLaC" + b"".join(blocks)

    assert containers.flac(made(emptied=False) + sound) == made(emptied=True) + sound


@given(st.integers(0, 70_000), st.booleans(), DATA)
def test_an_mp3_begins_behind_its_tag(size: int, footer: bool, sound: bytes) -> None:
    packed = bytes(size >> 7 * place & 0x7F for place in (3, 2, 1, 0))
    tag = b"ID3\4\0" + bytes([0x10 if footer else 0]) + packed + bytes(size + (10 if footer else 0))
    assert containers.mp3(tag + sound) == sound
    assert containers.mp3(sound) == sound


CUT: dict[str, tuple[Callable[[bytes], bytes], bytes]] = {
    "PNG": (
        lambda content: containers.png(content, None, keep=False),
        containers.PNG_HEAD + chunk(b"IHDR", bytes(13)) + chunk(b"IEND", b""),
    ),
    "JPEG": (
        lambda content: containers.jpeg(content, None, keep=False),
        b"\xff\xd8" + segment(0xE0, b"JFIF\0") + segment(0xDA, b""),
    ),
    "MP4": (lambda content: containers.mp4(content, None, keep=False), box(b"ftyp", b"isom") + box(b"mdat", b"1234")),
    "FLAC": (containers.flac, b"fLaC" + block(0, bytes(34), last=False) + block(1, b"", last=True)),
}


@pytest.mark.parametrize("form", CUT)
def test_a_file_that_ends_in_the_middle_of_its_parts_keeps_what_it_has(form: str) -> None:
    rewrite, content = CUT[form]
    assert all(rewrite(content[:end]) == content[:end] for end in range(8, len(content) + 1))


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda: containers.jpeg(b"\xff\xd8" + bytes(9), None, keep=False),
        lambda: containers.mp4(box(b"ftyp", b"isom") + b"\0\0\0\4mdat", None, keep=False),
    ],
)
def test_a_file_of_other_parts_is_broken(rewrite: Callable[[], bytes]) -> None:
    with pytest.raises(InvalidDocument):
        rewrite()


@pytest.mark.parametrize("data", [b"", b"\0" * 10, b"\0\0\0\x9d\1\0" + bytes(4)])
def test_a_webp_without_a_picture_gets_no_mark_and_loses_its_texts(data: bytes) -> None:
    plain = riff((b"VP8 ", data))
    assert containers.webp(riff((b"VP8 ", data), (b"EXIF", b"prompt")), XMP, keep=False) == plain


@pytest.mark.parametrize("form", ["long", "open"])
def test_tags_of_a_movie_that_give_their_length_otherwise_are_no_fault(form: str) -> None:
    content = box(b"ftyp", b"isom") + box(b"mdat", b"1234") + box(b"udta", b"a secret prompt", form)
    after = delivered(content, "video/mp4", mark=False)
    assert b"secret" not in after and len(after) == len(content)
