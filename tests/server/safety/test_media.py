"""Input files are judged by their headers."""

from __future__ import annotations

import io
import struct
import zlib
from contextlib import suppress

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
