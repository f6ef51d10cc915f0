"""Input files are judged by their headers."""

from __future__ import annotations

import io
import random
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ryla_graphs.problems import InvalidInputs
from ryla_graphs.server.safety.media import MediaLimits, inspect


def picture(form: str, size: tuple[int, int] = (40, 30), frames: int = 1) -> bytes:
    buffer = io.BytesIO()
    pictures = [Image.new("RGB", size, (30 * index, 9, 9)) for index in range(frames)]
    pictures[0].save(buffer, form, **({"save_all": True, "append_images": pictures[1:]} if frames > 1 else {}))
    return buffer.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be large."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")
    chunks = (struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (header, data, b"IEND"))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def code(content: bytes, limits: MediaLimits | None = None) -> str:
    with pytest.raises(InvalidInputs) as refused:
        inspect(content, name="face.png", limits=limits or MediaLimits())
    (problem,) = refused.value.problems
    assert problem.field == "face.png"
    return problem.code


@pytest.mark.parametrize(
    ("form", "media"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("GIF", "image/gif")]
)
def test_pictures_are_known_by_content(form: str, media: str) -> None:
    facts = inspect(picture(form), name="x")
    assert (facts.media_type, facts.width, facts.height, facts.frames) == (media, 40, 30, 1)


def photo(form: str, **options: Any) -> bytes:
    """A picture of noise, with a thumbnail in its metadata where the format has one."""
    buffer = io.BytesIO()
    noise = Image.frombytes("RGB", (64, 64), random.Random(7).randbytes(64 * 64 * 3))
    exif = b"Exif\0\0" + b"thumbnail" + picture("JPEG")
    noise.save(buffer, form, **options, **({"exif": exif} if form == "JPEG" else {}))
    return buffer.getvalue()


WHOLE = {
    "PNG": photo("PNG"),
    "JPEG": photo("JPEG"),
    "a progressive JPEG": photo("JPEG", progressive=True),
    "WebP": photo("WEBP"),
    "a lossless WebP": photo("WEBP", lossless=True),
    "a WebP with an animation": picture("WEBP", frames=3),
}


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("behind", [b"", b"\0\0", b"ftypmp42 \xff\xda a video \xff"])
def test_a_picture_may_have_something_behind_it(name: str, behind: bytes) -> None:
    assert inspect(WHOLE[name] + behind, name="x").width


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
def test_a_picture_that_ends_in_the_middle_is_broken(name: str, share: float) -> None:
    whole = WHOLE[name]
    assert code(whole[: int(len(whole) * share)]) == "broken_media"


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF"])
def test_the_pictures_of_an_animation_are_counted(form: str) -> None:
    content = picture(form, frames=7)
    assert inspect(content, name="x").frames == 7
    assert inspect(content, name="x", limits=MediaLimits(frames=7)).frames == 7
    assert code(content, MediaLimits(frames=6)) == "input_too_large"


@pytest.mark.parametrize("side", [9_000, 20_000, 60_000])
def test_a_decompression_bomb_is_refused_by_its_header(side: int) -> None:
    content = bomb(side, side)
    assert len(content) < 100 and code(content) == "input_too_large"


def test_the_limit_on_pixels_is_exact() -> None:
    assert inspect(picture("PNG"), name="x", limits=MediaLimits(pixels=1200)).width == 40
    assert code(picture("PNG"), MediaLimits(pixels=1199)) == "input_too_large"


def test_too_many_bytes() -> None:
    assert code(picture("PNG"), MediaLimits(size=50)) == "input_too_large"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def behind(head: int, form: str, more: bytes) -> bytes:
    """A picture with more behind so many bytes of it."""
    content = picture(form)
    return content[:head] + more + content[head:]


def gif_of(more: bytes) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0, 0, 0) + more


GIF_FRAME = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\x00"
MANY = 100_000
LONG: dict[str, Callable[[], bytes]] = {
    "chunks of a PNG": lambda: behind(33, "PNG", chunk(b"teSt", b"") * MANY),
    "packed texts of a PNG": lambda: behind(33, "PNG", chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2**20))) * 99),
    "segments of a JPEG": lambda: behind(2, "JPEG", segment(0xE2, b"") * MANY),
    "comments of a JPEG": lambda: behind(2, "JPEG", segment(0xFE, b"a") * MANY),
    "fill bytes of a JPEG": lambda: behind(2, "JPEG", b"\xff" * MANY),
    "junk in a JPEG": lambda: behind(20, "JPEG", b"\0" * MANY),
    "Exif of a JPEG in crumbs": lambda: behind(2, "JPEG", segment(0xE1, b"Exif\0\0ab") * MANY),
    "the index of an MPO": lambda: behind(2, "JPEG", segment(0xE2, b"MPF\0" + bytes(60_000))),
    "extensions of a GIF": lambda: gif_of(b"!\xf9\0" * MANY + GIF_FRAME + b";"),
    "blocks of a GIF": lambda: gif_of(GIF_FRAME + b"!\xfe" + b"\1a" * MANY + b"\0" + GIF_FRAME + b";"),
    "pictures of a GIF": lambda: gif_of(GIF_FRAME * MANY + b";"),
    "a WebP of a vast canvas": lambda: b"RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\xff" * 6,
}


@pytest.mark.parametrize("what", LONG)
def test_what_goes_on_and_on_is_left_at_a_limit(what: str) -> None:
    assert code(LONG[what]()) == "input_too_large"


@pytest.mark.parametrize("segments", [1, 40])
def test_exif_that_claims_the_same_bytes_for_every_tag_costs_nothing(segments: int) -> None:
    claims = b"".join(struct.pack("<HHII", tag, 2, 30_000, 33_000) for tag in range(2_600))
    tiff = b"II*\0" + struct.pack("<IH", 8, 2_600) + claims + bytes(65_000 - 10 - len(claims))
    plain = picture("JPEG")
    content = plain[:2] + segment(0xE1, b"Exif\0\0" + tiff) * segments + plain[20:]  # it tells no density before
    tracemalloc.start()
    try:
        assert inspect(content, name="x").width == 40
        assert tracemalloc.get_traced_memory()[1] < 4 * len(content) + 2**20
    finally:
        tracemalloc.stop()


def test_a_picture_with_much_metadata_is_taken() -> None:
    profile = segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(60_000)) * 40
    assert inspect(behind(2, "JPEG", profile), name="x").width == 40
    texts = b"".join(chunk(b"tEXt", b"prompt\0" + b"x" * 100_000) for _ in range(20))
    assert inspect(behind(33, "PNG", texts), name="x").width == 40
    comment = b"!\xfe" + (b"\xff" + b"{" * 255) * 1_500 + b"\0"
    assert inspect(gif_of(comment + GIF_FRAME + b";"), name="x").frames == 1


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"<!doctype html>",
        b"PK\x03\x04 a zip",
        b"\x80\x04\x95 a pickle",
        b"%PDF-1.7",
        b"II*\0 a TIFF",
        b"8BPS a Photoshop file",
        b"%!PS-Adobe-3.0 EPSF-3.0",
    ],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    assert code(content) in ("unsupported_media", "broken_media")


def test_an_empty_file_is_broken() -> None:
    assert code(b"") == "broken_media"


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (b"\0\0\0\x18ftypisom", "video/mp4"),
        (b"\x1aE\xdf\xa3", "video/webm"),
        (b"RIFF\0\0\0\0WAVE", "audio/wav"),
        (b"fLaC", "audio/flac"),
        (b"ID3\4", "audio/mpeg"),
        (b"OggS", "audio/ogg"),
    ],
)
def test_videos_and_sounds_are_known_by_their_first_bytes(content: bytes, media: str) -> None:
    assert inspect(content, name="x").media_type == media


@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]), st.data())
def test_a_file_cut_or_spoilt_anywhere_gives_facts_or_our_error(form: str, data: st.DataObject) -> None:
    content = bytearray(picture(form, frames=2 if form != "JPEG" else 1))
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(content[: data.draw(st.integers(0, len(content)))])
    with suppress(InvalidInputs):
        inspect(cut, name="x", limits=MediaLimits(pixels=10_000))
