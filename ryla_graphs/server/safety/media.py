"""Checks input files before a GPU machine gets them: their type, and their decoded size.

Only headers are read. A picture of a few kilobytes may declare a gigapixel, and ComfyUI would try to decode it.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from PIL import Image, UnidentifiedImageError

from ryla_graphs.server.safety import mp4, webm
from ryla_graphs.server.safety.footage import UNCOUNTED, Footage, Odd, Parts, TooManyParts
from ryla_graphs.server.safety.refusals import refusal
from ryla_graphs.server.safety.whole import is_whole

_PICTURES: Mapping[str, str] = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "WEBP": "image/webp",
    "GIF": "image/gif",
}
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
"""The formats that Pillow may try; its JPEG reader also recognises MPO."""

_EXTENSIONS: Mapping[str, str] = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "audio/wav": ".wav",
    "audio/flac": ".flac",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
}


def media_type_of(name: str) -> str:
    """The media type of a stored file, by its extension."""
    kinds = (kind for kind, extension in _EXTENSIONS.items() if name.endswith(extension))
    return next(kinds, "application/octet-stream")


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """The limits of an input file."""

    size: int = 64 * 2**20
    """In bytes."""
    pixels: int = 64_000_000
    """The most pixels of a picture: width times height."""
    frames: int = 256
    """The most frames of an animation."""
    parts: int = 4_096
    """The most parts before the picture data, such as segments of a JPEG, as `_Head` counts them."""


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """The properties of an input file."""

    media_type: str
    extension: str
    width: int | None = None
    height: int | None = None
    frames: int = 1
    footage: Footage | None = None
    """What the container of a video says about its pictures."""


def inspect(content: bytes, *, name: str, limits: MediaLimits = MediaLimits()) -> MediaFacts:
    """Inspect a file by its content; raises `InvalidInputs` if it is too large, broken or of an unsupported type.

    Codes: `input_too_large` (bytes, pixels, frames or parts), `unsupported_media`, `broken_media`.
    """
    if not content:
        raise refusal("broken_media", "the file is empty", name=name)
    if len(content) > limits.size:
        raise refusal(
            "input_too_large", f"the file has {len(content):,} bytes; the limit is {limits.size:,}", name=name
        )
    other = _by_magic(content)
    if other is not None:
        return MediaFacts(other, _EXTENSIONS[other], footage=_footage(content, other, limits))
    return _picture(content, name, limits)


def _footage(content: bytes, media_type: str, limits: MediaLimits) -> Footage | None:
    """The pictures of a video; nothing is refused here, since limits refuse what is unbounded."""
    if (read := _CONTAINERS.get(media_type)) is None:
        return None
    try:
        return read(content, Parts(_VIDEO_PARTS * limits.parts))
    except TooManyParts:
        return UNCOUNTED
    except Odd:
        return Footage()


_CONTAINERS: Mapping[str, Callable[[bytes, Parts], Footage]] = {"video/mp4": mp4.footage, "video/webm": webm.footage}
_VIDEO_PARTS = 64
"""How many times the parts of a picture a video may have: a WebM has one for each frame, and for each bit of sound."""


class _TooManyParts(Exception):
    """The header of a picture has too many parts."""


class _Head(io.BytesIO):
    """A picture of which Pillow can read only a limited number of parts, and no Exif.

    For each Exif segment, Pillow copies all earlier ones, and for each tag it allocates as many bytes as the tag
    declares. A compressed chunk counts as many parts, since Pillow decompresses up to a MiB of each.
    """

    def __init__(self, content: bytes, parts: int) -> None:
        super().__init__(content)
        self._parts = parts

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes; raises `_TooManyParts`."""
        content = super().read(size)
        self._parts -= _PACKED_COST if size == _PNG_HEAD and content[4:] in _PNG_PACKED else 1
        if self._parts < 0 or (content.startswith(_MPO_INDEX) and len(content) > _MPO_INDEX_BYTES):
            raise _TooManyParts
        return bytes(len(content)) if content.startswith(_UNREAD) else content


_PNG_HEAD, _PNG_PACKED, _PACKED_COST = 8, (b"iCCP", b"zTXt", b"iTXt"), 64
_UNREAD = (b"Exif\0\0", b"Photoshop 3.0\0")
_MPO_INDEX, _MPO_INDEX_BYTES = b"MPF\0", 8_192


def _picture(content: bytes, name: str, limits: MediaLimits) -> MediaFacts:
    size = _webp_canvas(content)
    if size is not None:  # checked before Pillow allocates memory for all of it
        _check_pixels(*size, name, limits)
    try:
        with _opened(content, name, limits) as image:
            (width, height), media_type = image.size, _PICTURES[image.format or "PNG"]
            frames, whole = _frames(image, content, limits, name), is_whole(content, image.format or "PNG")
    except _TooManyParts:
        message = f"the picture has more than {limits.parts:,} metadata parts, which is the limit"
        hint = "save the picture again without its metadata"
        raise refusal("input_too_large", message, name=name, hint=hint) from None
    _check_pixels(width, height, name, limits)
    if not whole:
        hint = "send all of the file; was its upload or download cut off?"
        raise refusal("broken_media", "the picture ends in the middle", name=name, hint=hint)
    if frames > limits.frames:
        message = f"the animation has more than {limits.frames} frames, which is the limit"
        raise refusal("input_too_large", message, name=name)
    return MediaFacts(media_type, _EXTENSIONS[media_type], width, height, frames)


def _opened(content: bytes, name: str, limits: MediaLimits) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # about decompression bombs, for which we have our own limit, and about broken indexes
            return Image.open(_Head(content, limits.parts), formats=_FORMATS)
    except UnidentifiedImageError:
        raise refusal(
            "unsupported_media",
            "this is not a picture, video or sound of a supported type",
            name=name,
            expected="PNG, JPEG, WebP, GIF, MP4, WebM, WAV, FLAC, MP3 or Ogg",
            hint="SVG and archives are not accepted; convert it to PNG",
        ) from None
    except Image.DecompressionBombError:
        raise refusal(
            "input_too_large", f"the picture has more than {limits.pixels:,} pixels, which is the limit", name=name
        ) from None
    except (OSError, SyntaxError, ValueError) as error:
        raise refusal("broken_media", f"the picture cannot be read: {error}", name=name) from None


def _check_pixels(width: int, height: int, name: str, limits: MediaLimits) -> None:
    if width * height > limits.pixels:
        message = f"the picture has {width}x{height} = {width * height:,} pixels; the limit is {limits.pixels:,}"
        raise refusal("input_too_large", message, name=name)


def _webp_canvas(content: bytes) -> tuple[int, int] | None:
    """The size in the extended header of a WebP; None for any other file."""
    if content[:4] != b"RIFF" or content[8:16] != b"WEBPVP8X" or len(content) < 30:
        return None
    width, height = (int.from_bytes(content[place : place + 3], "little") + 1 for place in (24, 27))
    return width, height


def _frames(image: Image.Image, content: bytes, limits: MediaLimits, name: str) -> int:
    """The number of frames, without decoding any; stops counting at one more than the limit."""
    try:
        if image.format == "GIF":
            return sum(1 for _ in islice(_gif_pictures(content, limits), limits.frames + 1))
        return int(getattr(image, "n_frames", 1))
    except (IndexError, OSError, SyntaxError, ValueError):
        raise refusal("broken_media", "the animation ends in the middle", name=name) from None


def _gif_pictures(content: bytes, limits: MediaLimits) -> Iterator[int]:
    """Offsets of the frames of a GIF. A GIF declares no frame count, and Pillow would compose every frame."""
    blocks = limits.parts + len(content) // _GIF_BLOCK
    place = 13 + _gif_colours(content[10])
    while place < len(content):
        kind = content[place]
        if kind == _GIF_PICTURE:
            yield place
            place += 10 + _gif_colours(content[place + 9]) + 1
        elif kind == _GIF_EXTENSION:
            place += 2
        else:
            return
        while content[place]:  # blocks, each preceded by its length
            place += content[place] + 1
            blocks -= 1
        blocks -= 1
        if blocks < 0:
            raise _TooManyParts
        place += 1


_GIF_PICTURE, _GIF_EXTENSION = 0x2C, 0x21
_GIF_BLOCK = 64
"""The least average size of a block in bytes; real encoders fill all 255."""


def _gif_colours(flags: int) -> int:
    """The size of a colour table in bytes."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _by_magic(content: bytes) -> str | None:
    """The media type of a video or sound, by its first bytes; None for any other file."""
    head = content[:16]
    if head[4:8] == b"ftyp":
        return "video/mp4" if head[8:12] not in (b"avif", b"heic", b"mif1") else None
    if head.startswith(b"RIFF"):
        return "audio/wav" if head[8:12] == b"WAVE" else None
    starts: Mapping[bytes, str] = {
        b"\x1aE\xdf\xa3": "video/webm",
        b"fLaC": "audio/flac",
        b"ID3": "audio/mpeg",
        b"\xff\xfb": "audio/mpeg",
        b"OggS": "audio/ogg",
    }
    return next((media for start, media in starts.items() if head.startswith(start)), None)
