"""Looks at input files before a GPU machine does: what they are, and how large they would unfold.

Only headers are read. A picture of a few kilobytes may claim a gigapixel, and ComfyUI would believe it.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from PIL import Image, UnidentifiedImageError

from ryla_graphs.server.safety.refusals import refusal

_PICTURES: Mapping[str, str] = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "WEBP": "image/webp",
    "GIF": "image/gif",
}
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
"""What Pillow may try; its JPEG reader finds MPO by itself."""

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
    """What a file is, by the extension that it was kept under."""
    kinds = (kind for kind, extension in _EXTENSIONS.items() if name.endswith(extension))
    return next(kinds, "application/octet-stream")


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """How large an input file may be."""

    size: int = 64 * 2**20
    """In bytes."""
    pixels: int = 64_000_000
    """Width times height of a picture."""
    frames: int = 256
    """Pictures in one animated file."""
    parts: int = 4_096
    """What may stand before the picture itself, such as segments of a JPEG, counted as `_Head` does."""


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What an input file is."""

    media_type: str
    extension: str
    width: int | None = None
    height: int | None = None
    frames: int = 1


def inspect(content: bytes, *, name: str, limits: MediaLimits = MediaLimits()) -> MediaFacts:
    """What a file is, by its content; raises `InvalidInputs` if it is too large or of no kind that we take.

    Codes: `input_too_large` (bytes, pixels, frames or parts), `unsupported_media`, `broken_media`.
    """
    if not content:
        raise refusal("broken_media", "the file is empty", name=name)
    if len(content) > limits.size:
        raise refusal("input_too_large", f"{len(content):,} bytes; at most {limits.size:,} are taken", name=name)
    other = _by_magic(content)
    if other is not None:
        return MediaFacts(other, _EXTENSIONS[other])
    return _picture(content, name, limits)


class _TooManyParts(Exception):
    """The head of a picture goes on and on."""


class _Head(io.BytesIO):
    """A picture of which Pillow reads no more than some parts, and no Exif.

    Pillow copies all Exif before for each further segment of it, and keeps for each tag as many bytes as it claims. A
    chunk that unfolds counts as many parts, since Pillow unfolds up to a MiB of each.
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
    if size is not None:  # before Pillow, which makes room for all of it
        _check_pixels(*size, name, limits)
    try:
        with _opened(content, name, limits) as image:
            (width, height), media_type = image.size, _PICTURES[image.format or "PNG"]
            frames = _frames(image, content, limits, name)
    except _TooManyParts:
        message = f"more than {limits.parts:,} parts before the picture; at most so many are read"
        hint = "save the picture again without its metadata"
        raise refusal("input_too_large", message, name=name, hint=hint) from None
    _check_pixels(width, height, name, limits)
    if frames > limits.frames:
        message = f"more than {limits.frames} pictures in one file, and no more are accepted"
        raise refusal("input_too_large", message, name=name)
    return MediaFacts(media_type, _EXTENSIONS[media_type], width, height, frames)


def _opened(content: bytes, name: str, limits: MediaLimits) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of bombs, for which we have our own limit, and of an index that is broken
            return Image.open(_Head(content, limits.parts), formats=_FORMATS)
    except UnidentifiedImageError:
        raise refusal(
            "unsupported_media",
            "this is not a supported picture, video or sound",
            name=name,
            expected="PNG, JPEG, WebP, GIF, MP4, WebM, WAV, FLAC, MP3 or Ogg",
            hint="SVG and archives are not accepted; convert it to PNG",
        ) from None
    except Image.DecompressionBombError:
        raise refusal("input_too_large", f"more than {limits.pixels:,} pixels", name=name) from None
    except (OSError, SyntaxError, ValueError) as error:
        raise refusal("broken_media", f"the picture cannot be read: {error}", name=name) from None


def _check_pixels(width: int, height: int, name: str, limits: MediaLimits) -> None:
    if width * height > limits.pixels:
        message = f"{width}x{height} is {width * height:,} pixels; at most {limits.pixels:,} are taken"
        raise refusal("input_too_large", message, name=name)


def _webp_canvas(content: bytes) -> tuple[int, int] | None:
    """The size that the extended header of a WebP tells; None of all else."""
    if content[:4] != b"RIFF" or content[8:16] != b"WEBPVP8X" or len(content) < 30:
        return None
    width, height = (int.from_bytes(content[place : place + 3], "little") + 1 for place in (24, 27))
    return width, height


def _frames(image: Image.Image, content: bytes, limits: MediaLimits, name: str) -> int:
    """How many pictures there are, or one more than are taken, without unfolding one."""
    try:
        if image.format == "GIF":
            return sum(1 for _ in islice(_gif_pictures(content, limits), limits.frames + 1))
        return int(getattr(image, "n_frames", 1))
    except (IndexError, OSError, SyntaxError, ValueError):
        raise refusal("broken_media", "the animation ends in the middle", name=name) from None


def _gif_pictures(content: bytes, limits: MediaLimits) -> Iterator[int]:
    """Where the pictures of a GIF begin. Only its end says how many there are, and Pillow would compose each."""
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
        while content[place]:  # blocks, each with its length before it
            place += content[place] + 1
            blocks -= 1
        blocks -= 1
        if blocks < 0:
            raise _TooManyParts
        place += 1


_GIF_PICTURE, _GIF_EXTENSION = 0x2C, 0x21
_GIF_BLOCK = 64
"""The least that a block holds on average; programs fill all 255 bytes."""


def _gif_colours(flags: int) -> int:
    """The bytes of a colour table."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _by_magic(content: bytes) -> str | None:
    """Videos and sounds by their first bytes; None for what may be a picture."""
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
