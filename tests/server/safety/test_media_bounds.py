"""The limits of input files, to the byte, pixel, picture and part."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.problems import InvalidInputs
from ryla_graphs.server.safety.media import MediaLimits, inspect, media_type_of
from tests.server.safety.test_media import GIF_FRAME, behind, chunk, code, gif_of, picture, segment


def test_the_limits_are_those_of_the_docs() -> None:
    assert MediaLimits() == MediaLimits(size=67_108_864, pixels=64_000_000, frames=256, parts=4096)


def test_a_file_may_have_as_many_bytes_as_the_limit() -> None:
    content = picture("PNG")
    assert inspect(content, name="x", limits=MediaLimits(size=len(content))).width == 40
    assert code(content, MediaLimits(size=len(content) - 1)) == "input_too_large"


@pytest.mark.parametrize(("form", "extension"), [("PNG", ".png"), ("JPEG", ".jpg"), ("WEBP", ".webp"), ("GIF", ".gif")])
def test_a_stored_picture_is_known_by_its_extension(form: str, extension: str) -> None:
    facts = inspect(picture(form), name="x")
    assert facts.extension == extension and media_type_of(f"0123{extension}") == facts.media_type


@pytest.mark.parametrize(
    ("head", "media", "extension"),
    [
        (b"\0\0\0\x18ftypisom", "video/mp4", ".mp4"),
        (b"\0\0\0\x18ftypmp42", "video/mp4", ".mp4"),
        (b"\x1aE\xdf\xa3", "video/webm", ".webm"),
        (b"RIFF\0\0\0\0WAVE", "audio/wav", ".wav"),
        (b"fLaC", "audio/flac", ".flac"),
        (b"ID3\4", "audio/mpeg", ".mp3"),
        (b"\xff\xfb", "audio/mpeg", ".mp3"),
        (b"OggS", "audio/ogg", ".ogg"),
    ],
)
def test_a_video_or_a_sound_has_no_size_and_its_own_extension(head: bytes, media: str, extension: str) -> None:
    facts = inspect(head + bytes(20), name="x")
    assert (facts.media_type, facts.extension) == (media, extension)
    assert (facts.width, facts.height, facts.frames) == (None, None, 1)
    assert media_type_of(f"x{extension}") == media
    assert media_type_of("x.bin") == media_type_of(extension[1:]) == "application/octet-stream"


@pytest.mark.parametrize("brand", [b"avif", b"heic", b"mif1"])
def test_a_picture_in_the_container_of_a_video_is_none(brand: bytes) -> None:
    assert code(b"\0\0\0\x18ftyp" + brand + bytes(20)) == "unsupported_media"


@pytest.mark.parametrize("kind", [b"AVI ", b"WEBQ"])
def test_another_file_in_the_container_of_a_sound_is_none(kind: bytes) -> None:
    assert code(b"RIFF\x20\0\0\0" + kind + bytes(24)) == "unsupported_media"


def webp(width: int, height: int) -> bytes:
    """The extended header of a WebP, and no picture behind it."""
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + canvas


@given(st.integers(1, 2**24), st.integers(1, 2**24))
def test_a_canvas_is_measured_before_any_memory_is_taken_for_it(width: int, height: int) -> None:
    content = webp(width, height)
    with pytest.raises(InvalidInputs) as large:
        inspect(content, name="x", limits=MediaLimits(pixels=width * height - 1))
    (problem,) = large.value.problems
    assert problem.code == "input_too_large" and f"{width}x{height} = {width * height:,} pixels" in problem.message
    if width * height < 10_000:  # what may be read is read, and is none
        assert code(content, MediaLimits(pixels=width * height)) in ("unsupported_media", "broken_media")
    assert code(content[:-1], MediaLimits(pixels=1)) in ("unsupported_media", "broken_media"), "half a header"


def parts_of(content: bytes) -> int:
    """The least limit on parts with which a picture is taken."""
    least, most = 0, 4096
    while least < most:
        middle = (least + most) // 2
        try:
            inspect(content, name="x", limits=MediaLimits(parts=middle))
            most = middle
        except InvalidInputs:
            least = middle + 1
    return least


@pytest.mark.parametrize("kind", [b"iCCP", b"zTXt", b"iTXt"])
def test_a_packed_chunk_counts_as_sixty_four_parts(kind: bytes) -> None:
    data = b"a\0\0\0\0" + zlib.compress(b"a") if kind == b"iTXt" else b"a\0\0" + zlib.compress(b"a")
    plain, packed = (parts_of(behind(33, "PNG", chunk(name, data))) for name in (b"tEXt", kind))
    assert packed - plain == 63


@pytest.mark.parametrize(("size", "taken"), [(8_188, True), (8_189, False)])
def test_an_index_of_an_mpo_has_8192_bytes_at_most(size: int, taken: bool) -> None:
    content = behind(2, "JPEG", segment(0xE2, b"MPF\0" + bytes(size)))
    if taken:
        assert inspect(content, name="x").width == 40
    else:
        assert code(content) == "input_too_large"


def colours(bits: int | None) -> tuple[int, bytes]:
    """The flags of a table of colours, and the table; none where there are no bits."""
    return (0, b"") if bits is None else (0x80 | bits, bytes(3 * 2 ** (bits + 1)))


def blocks(rows: list[bytes]) -> bytes:
    return b"".join(bytes([len(row)]) + row for row in rows) + b"\0"


BITS = st.none() | st.integers(0, 7)
ROWS = st.lists(st.binary(min_size=1, max_size=255) | st.just(b"\x2c\x21\x3b"), max_size=4)
FRAMES = st.tuples(st.just("frame"), BITS, ROWS)
EXTENSIONS = st.tuples(st.just("extension"), st.none(), ROWS)


@given(BITS, st.lists(FRAMES | EXTENSIONS, max_size=6), st.sampled_from([b";", b"", b"\0", b";\x2c"]))
def test_the_frames_of_a_gif_are_counted_whatever_lies_between(
    table: int | None, rows: list[tuple[str, int | None, list[bytes]]], end: bytes
) -> None:
    flags, table_bytes = colours(table)
    content = b"GIF89a" + struct.pack("<HHBBB", 1, 1, flags, 0, 0) + table_bytes + GIF_FRAME
    for kind, bits, data in rows:
        if kind == "frame":
            local, local_bytes = colours(bits)
            content += b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, local) + local_bytes + b"\x02" + blocks(data)
        else:
            content += b"!\xfe" + blocks(data)
    frames = 1 + sum(kind == "frame" for kind, _, _ in rows)
    assert inspect(content + end, name="x").frames == frames
    assert inspect(content + end, name="x", limits=MediaLimits(frames=frames)).frames == frames
    if frames > 1:
        assert code(content + end, MediaLimits(frames=frames - 1)) == "input_too_large"


def commented(size: int, count: int) -> bytes:
    """A GIF whose frame has a block and its end, and whose comment has so many blocks of a size, and its end."""
    return gif_of(GIF_FRAME + b"!\xfe" + (bytes([size]) + b"a" * size) * count + b"\0;")


@pytest.mark.parametrize("size", [1, 30])
def test_a_gif_has_as_many_blocks_as_its_limit_and_one_for_every_sixty_four_bytes(size: int) -> None:
    limits = MediaLimits(parts=100)
    count = next(n for n in range(1, 400) if n + 1 + 3 > limits.parts + len(commented(size, n + 1)) // 64)
    assert inspect(commented(size, count), name="x", limits=limits).frames == 1
    assert code(commented(size, count + 1), limits) == "input_too_large"


@pytest.mark.parametrize("size", [63, 255])
def test_blocks_that_are_large_enough_have_no_limit(size: int) -> None:
    assert inspect(commented(size, 1000), name="x", limits=MediaLimits(parts=100)).frames == 1


def test_an_animation_that_ends_in_the_middle_is_broken() -> None:
    assert code(gif_of(GIF_FRAME + GIF_FRAME[:-3])) == "broken_media"
