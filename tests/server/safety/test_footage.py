"""The frames of videos are counted in their containers, which may raise what is assumed and never lower it."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.server.safety.media import MediaLimits, inspect
from ryla_graphs.server.submit.uploads import shapes_of
from ryla_graphs.shapes import Unknown, VideoShape


def box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def table(kind: bytes, *numbers: int, version: int = 0) -> bytes:
    return box(kind, struct.pack(f">B3x{len(numbers)}I", version, *numbers))


def track(
    frames: int, *extra: bytes, codec: bytes = b"avc1", size: tuple[int, int] = (320, 240), number: int = 1
) -> bytes:
    header = struct.pack(">4x8xI60xHxxHxx", number, *size)
    entry = box(codec, bytes(24), struct.pack(">HH", *size), bytes(50))
    tables = box(b"stbl", box(b"stsd", struct.pack(">II", 0, 1), entry), table(b"stsz", 0, frames))
    return box(b"trak", box(b"tkhd", header), *extra, box(b"mdia", box(b"minf", tables)))


TYPE = box(b"ftyp", b"isomisom", bytes(4))
DATA = box(b"mdat", b"stsz trun" * 9)


def mp4(*tracks: bytes) -> bytes:
    return TYPE + DATA + box(b"moov", *tracks)


def fragment(frames: int, number: int = 1) -> bytes:
    return box(b"moof", box(b"traf", table(b"tfhd", number), table(b"trun", frames))) + DATA


def element(kind: str, content: bytes, *, sized: bool = True) -> bytes:
    return bytes.fromhex(kind) + (struct.pack(">Q", 1 << 56 | len(content)) if sized else b"\xff") + content


def block(number: int = 1, laced: int = 1) -> bytes:
    return bytes([0x80 | number, 0, 0]) + (bytes([0x04, laced - 1]) if laced > 1 else b"\0") + b"data"


def tracks(codec: str = "V_VP8", size: tuple[int, int] = (320, 240)) -> bytes:
    sides = element("b0", struct.pack(">H", size[0])) + element("ba", struct.pack(">H", size[1]))
    video = element("d7", b"\1") + element("83", b"\1") + element("86", codec.encode()) + element("e0", sides)
    sound = element("d7", b"\2") + element("83", b"\2") + element("86", b"A_OPUS")
    return element("1654ae6b", element("ae", video) + element("ae", sound))


def webm(*blocks: bytes, head: bytes | None = None, sized: bool = True) -> bytes:
    cluster = element("1f43b675", b"".join(element("a3", each) for each in blocks), sized=sized)
    body = (tracks() if head is None else head) + cluster
    return element("1a45dfa3", b"") + element("18538067", body, sized=sized)


def shape(content: bytes, **limits: Any) -> VideoShape:
    found = shapes_of({"v": inspect(content, name="v", limits=MediaLimits(**limits))})["v"]
    assert isinstance(found, VideoShape)
    return found


def span(number: Any) -> tuple[float, float]:
    return (number.low, number.high) if isinstance(number, Unknown) else (number, number)


ASSUMED = (1, 256)


@pytest.mark.parametrize(
    ("content", "frames"),
    [
        (mp4(track(9_000)), 9_000),
        (box(b"moov", track(7)).join([TYPE, DATA]), 7),
        (mp4(track(5), track(30, number=2)), 30),
        (mp4(track(5), track(600, codec=b"mp4a", number=2)), 5),
        (mp4(track(0)) + fragment(40) * 3, 120),
        (TYPE + fragment(40) + box(b"moov", track(2)), 42),
        (mp4(track(10, box(b"edts", table(b"elst", 2, 1, 2**32 - 1, 0, 1, 0, 0)))), 10),
        (mp4(track(10, box(b"edts", table(b"elst", 3, *[5, 0, 0] * 3)))), 30),
        (webm(*[block()] * 300, *[block(2)] * 900), 300),
        (webm(block(), block(laced=4)), 5),
        (webm(*[block()] * 6, sized=False), 6),
    ],
    ids=["mp4", "moov-first", "longest", "with-sound", "fragments", "fragments-first", "empty-edit", "edits",
         "webm", "laced", "live"],
)  # fmt: skip
def test_frames_are_counted_where_the_container_binds_its_reader(content: bytes, frames: int) -> None:
    assert shape(content).frames == frames


@pytest.mark.parametrize(
    "content",
    [
        mp4(track(9, codec=b"av01")),
        mp4(track(9, codec=b"vp09")),
        mp4(track(9), track(9, codec=b"unkn", number=2)),
        mp4(track(9), box(b"cmov", bytes(8))),
        mp4(track(9)) + box(b"moov", track(9)),
        mp4(track(9, box(b"udta", table(b"stsz", 0, 9_000)))),
        mp4(track(9)) + box(b"free", fragment(9_000)),
        mp4(track(9))[:-1],
        TYPE + DATA,
        webm(*[block()] * 9, head=tracks("V_AV1")),
        webm(*[block()] * 9, head=b""),
        webm(*[block()] * 9, head=b"") + tracks(),
        webm(*[block()] * 9)[:-1],
    ],
    ids=["av1", "vp9", "one-unknown", "compressed", "two-movies", "hidden-table", "hidden-fragment", "cut", "no-movie",
         "webm-av1", "no-tracks", "tracks-last", "webm-cut"],
)  # fmt: skip
def test_what_does_not_bind_its_reader_keeps_the_assumption(content: bytes) -> None:
    assert span(shape(content).frames)[1] == ASSUMED[1]


def test_a_container_of_a_codec_that_does_not_bind_raises_the_assumption() -> None:
    assert span(shape(mp4(track(9_000, codec=b"av01"))).frames) == (9_000, 9_000)
    assert span(shape(webm(*[block()] * 300, head=tracks("V_VP9"))).frames) == (300, 300)


def test_a_declared_size_raises_the_assumption_and_never_lowers_it() -> None:
    small, large = shape(mp4(track(9, size=(16, 16)))), shape(mp4(track(9, size=(7_680, 4_320))))
    assert (span(small.width), span(small.height)) == ((16, 2_048), (16, 2_048))
    assert (span(large.width), span(large.height)) == ((7_680, 7_680), (4_320, 4_320))
    wide = shape(webm(block(), head=tracks(size=(3_840, 160))))
    assert (span(wide.width), span(wide.height)) == ((3_840, 3_840), (160, 2_048))


@pytest.mark.parametrize("content", [mp4(track(9)) + box(b"free") * 70, webm(*[block()] * 70)], ids=["mp4", "webm"])
def test_of_more_parts_than_are_read_nothing_is_known(content: bytes) -> None:
    assert span(shape(content, parts=1).frames)[1] == float("inf")
    assert span(shape(content, parts=4).frames)[1] < 100


def test_an_edit_list_is_counted_before_it_is_read() -> None:
    content = mp4(track(9, box(b"edts", table(b"elst", 2**32 - 1, 5, 0, 0))))
    assert span(shape(content).frames)[1] == float("inf")


@given(st.data())
def test_no_damage_raises(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([mp4(track(300)), mp4(track(0)) + fragment(300), webm(*[block()] * 30)]))
    place = data.draw(st.integers(16, len(whole) - 1))
    damaged = whole[:place] + data.draw(st.binary(max_size=9)) + whole[place + data.draw(st.integers(0, 9)) :]
    inspect(damaged, name="v")
