"""What a delivered file tells: made by a machine, and not how."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ryla_graphs.engines.simulator.drawing import MARK
from ryla_graphs.engines.simulator.files import motion_jpeg_mp4
from ryla_graphs.server.safety.provenance import DIGITAL_SOURCE_TYPE, delivered

SECRET = "a secret prompt"
NOISE = Image.effect_noise((48, 32), 90).convert("RGB")
FRAMES = [NOISE, NOISE.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]


def made(form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    NOISE.save(buffer, form, **options)
    return buffer.getvalue()


def png() -> bytes:
    info = PngInfo()
    info.add_text("prompt", json.dumps({"1": SECRET}))
    info.add_itxt("workflow", SECRET, zip=True)
    info.add_text("simulated", MARK)
    info.add(b"comf", b"prompt\0" + SECRET.encode(), after_idat=True)
    return made("PNG", pnginfo=info)


def exif() -> bytes:
    tags = Image.Exif()
    tags[0x010F] = f"prompt:{SECRET}"
    return tags.tobytes()


def mp4() -> bytes:
    """A movie with the prompt among its user data, as ComfyUI's own SaveVideo has it."""
    plain = motion_jpeg_mp4(FRAMES, 8)
    place = plain.index(b"moov") - 4
    tags = b"\0\0\0\0udta" + SECRET.encode()
    tags = len(tags).to_bytes(4) + tags[4:]
    size = int.from_bytes(plain[place : place + 4]) + len(tags)
    return plain[:place] + size.to_bytes(4) + plain[place + 4 :] + tags


def flac() -> bytes:
    comments = SECRET.encode()
    return b"fLaC" + bytes([0, 0, 0, 34]) + bytes(34) + bytes([0x84, 0, 0, len(comments)]) + comments + b"\xff\xf8sound"


FILES = {
    "png": ("image/png", png()),
    "jpeg": ("image/jpeg", made("JPEG", exif=exif(), comment=SECRET.encode())),
    "webp": ("image/webp", made("WEBP", exif=exif(), lossless=True)),
    "plain webp": ("image/webp", made("WEBP", lossless=True)),
    "lossy webp": ("image/webp", made("WEBP")),
    "mp4": ("video/mp4", mp4()),
    "flac": ("audio/flac", flac()),
    "mp3": ("audio/mpeg", b"ID3\4\0\0\0\0\0" + bytes([len(SECRET)]) + SECRET.encode() + b"\xff\xfbsound"),
}
PICTURES = [name for name, (media, _) in FILES.items() if media.startswith("image/")]
MARKED = [*PICTURES, "mp4"]


@pytest.mark.parametrize("name", FILES)
def test_no_prompt_is_delivered_unless_asked_for(name: str) -> None:
    media, content = FILES[name]
    assert SECRET.encode() not in delivered(content, media)
    if SECRET.encode() in content:
        assert SECRET.encode() in delivered(content, media, keep_prompt=True)
    assert delivered(content, media, mark=False, keep_prompt=True) == content


@pytest.mark.parametrize("name", MARKED)
def test_the_mark_is_there_by_default_and_can_be_left_out(name: str) -> None:
    media, content = FILES[name]
    assert DIGITAL_SOURCE_TYPE.encode() in delivered(content, media)
    assert DIGITAL_SOURCE_TYPE.encode() in delivered(content, media, keep_prompt=True)
    assert DIGITAL_SOURCE_TYPE.encode() not in delivered(content, media, mark=False)


@pytest.mark.parametrize("name", PICTURES)
def test_readers_find_the_mark_and_the_pixels_are_the_same(name: str) -> None:
    media, content = FILES[name]
    before, after = Image.open(io.BytesIO(content)), Image.open(io.BytesIO(delivered(content, media)))
    assert after.tobytes() == before.tobytes()
    packet = after.info.get("xmp") or after.info.get("XML:com.adobe.xmp")
    text = packet.decode() if isinstance(packet, bytes) else str(packet)
    assert DIGITAL_SOURCE_TYPE in text
    assert not after.getexif()


def test_a_simulated_picture_goes_on_saying_so() -> None:
    after = Image.open(io.BytesIO(delivered(png(), "image/png")))
    assert after.info["simulated"] == MARK


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_animations_keep_their_pictures(form: str) -> None:
    buffer = io.BytesIO()
    FRAMES[0].save(buffer, form, save_all=True, append_images=FRAMES[1:], lossless=True)
    after = Image.open(io.BytesIO(delivered(buffer.getvalue(), f"image/{form.lower()}")))
    assert getattr(after, "n_frames", 0) == 2


def test_transparency_stays() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (9, 9), (1, 2, 3, 77)).save(buffer, "WEBP", lossless=True)
    after = Image.open(io.BytesIO(delivered(buffer.getvalue(), "image/webp")))
    assert after.mode == "RGBA" and after.getpixel((0, 0)) == (1, 2, 3, 77)


def test_a_movie_keeps_its_offsets() -> None:
    content = mp4()
    after = delivered(content, "video/mp4")
    assert (
        after[: content.index(SECRET.encode())].replace(b"free", b"udta") == content[: content.index(SECRET.encode())]
    )
    assert after.index(b"mdat") == content.index(b"mdat")


@pytest.mark.parametrize("name", FILES)
def test_delivering_twice_changes_nothing_more(name: str) -> None:
    media, content = FILES[name]
    once = delivered(content, media)
    if media not in ("image/png", "video/mp4"):  # the older mark of these stays beside the new one
        assert delivered(once, media) == once


@given(st.sampled_from([*FILES]), st.data())
def test_whatever_is_wrong_with_a_file_it_is_delivered(name: str, data: st.DataObject) -> None:
    media, content = FILES[name]
    spoilt = bytearray(content[: data.draw(st.integers(0, len(content)))])
    for _ in range(data.draw(st.integers(0, 3)) if spoilt else 0):
        spoilt[data.draw(st.integers(0, len(spoilt) - 1))] = data.draw(st.integers(0, 255))
    assert isinstance(delivered(bytes(spoilt), media), bytes)


def moved(content: bytes) -> bytes:
    """The movie with its index in front, as it is served to browsers."""
    head, place = int.from_bytes(content[:4]), content.index(b"moov") - 4
    return content[:head] + content[place:] + content[head:place]


@pytest.mark.parametrize("mark", [True, False])
@pytest.mark.parametrize("name", [*FILES, "mp4, index first"])
def test_a_file_that_is_cut_off_loses_its_prompt_too(name: str, mark: bool) -> None:
    """A full disk, or a download that breaks off; the prompt is often in front."""
    media, content = FILES[name.partition(",")[0]]
    content = moved(content) if "," in name else content
    for end in range(len(content)):
        after = delivered(content[:end], media, mark=mark)
        assert SECRET[:6].encode() not in after, end
    cut = content[: len(content) - 40]
    if name == "png":
        assert cut[content.index(b"IDAT") :] in delivered(cut, media)


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("size", [(1, 1), (300, 7), (16383, 2)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_plain_webp_keeps_its_size_and_its_alpha(size: tuple[int, int], mode: str, lossless: bool) -> None:
    buffer = io.BytesIO()
    Image.new(mode, size, (1, 2, 3, 77)[: len(mode)]).save(buffer, "WEBP", lossless=lossless)
    before = Image.open(io.BytesIO(buffer.getvalue()))
    after = Image.open(io.BytesIO(delivered(buffer.getvalue(), "image/webp")))
    assert (after.size, after.mode, after.tobytes()) == (before.size, before.mode, before.tobytes())


def test_a_webp_that_pillow_finds_too_large_loses_its_prompt_too() -> None:
    media, content = FILES["webp"]
    large = bytearray(content)
    large[24:30] = (16382).to_bytes(3, "little") * 2  # the canvas, in the extended header
    with pytest.raises((Image.DecompressionBombError, OSError)):  # the second before Pillow 13
        Image.open(io.BytesIO(large))
    assert b"Exif" in content or b"EXIF" in content
    after = delivered(bytes(large), media)
    assert b"EXIF" not in after and b"XMP " in after and after[24:30] == bytes(large[24:30])
