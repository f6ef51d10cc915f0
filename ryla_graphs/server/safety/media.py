"""Looks at input files before a GPU machine does: what they are, and how large they would unfold.

Only headers are read. A picture of a few kilobytes may claim a gigapixel, and ComfyUI would believe it.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """How large an input file may be."""

    size: int = 64 * 2**20
    """In bytes."""
    pixels: int = 64_000_000
    """Width times height of a picture."""
    frames: int = 256
    """Pictures in one animated file."""


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What an input file is."""

    media_type: str
    extension: str
    width: int | None = None
    height: int | None = None
    frames: int = 1


def inspect(content: bytes, *, name: str, limits: MediaLimits = MediaLimits()) -> MediaFacts:
    """What a file is, by its content; raises `InvalidInputs` where it is too large or of no kind that we take.

    Codes: `input_too_large` (bytes, pixels or frames), `unsupported_media`, `broken_media`.
    """
    if not content:
        raise refusal("broken_media", "the file is empty", name=name)
    if len(content) > limits.size:
        raise refusal("input_too_large", f"{len(content):,} bytes; at most {limits.size:,} are taken", name=name)
    other = _by_magic(content)
    if other is not None:
        return MediaFacts(other, _EXTENSIONS[other])
    return _picture(content, name, limits)


def _picture(content: bytes, name: str, limits: MediaLimits) -> MediaFacts:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is below
            image = Image.open(io.BytesIO(content), formats=_FORMATS)
    except UnidentifiedImageError:
        raise refusal(
            "unsupported_media",
            "this is no picture, video or sound that is taken",
            name=name,
            expected="PNG, JPEG, WebP, GIF, MP4, WebM, WAV, FLAC, MP3 or Ogg",
            hint="SVG and archives are never taken; convert it to PNG",
        ) from None
    except Image.DecompressionBombError:
        raise refusal("input_too_large", f"more than {limits.pixels:,} pixels", name=name) from None
    except (OSError, SyntaxError, ValueError) as error:
        raise refusal("broken_media", f"the picture cannot be read: {error}", name=name) from None
    with image:
        width, height = image.size
        if width * height > limits.pixels:
            message = f"{width}x{height} is {width * height:,} pixels; at most {limits.pixels:,} are taken"
            raise refusal("input_too_large", message, name=name)
        media_type = _PICTURES[image.format or "PNG"]
        try:
            frames = _frames(image, content)
        except (IndexError, OSError, SyntaxError, ValueError):
            raise refusal("broken_media", "the animation ends in the middle", name=name) from None
        if frames > limits.frames:
            message = f"{frames} pictures in one file; at most {limits.frames} are taken"
            raise refusal("input_too_large", message, name=name)
        return MediaFacts(media_type, _EXTENSIONS[media_type], width, height, frames)


def _frames(image: Image.Image, content: bytes) -> int:
    """How many pictures there are, without unfolding one."""
    if image.format == "GIF":
        return sum(1 for _ in _gif_pictures(content))
    return int(getattr(image, "n_frames", 1))


def _gif_pictures(content: bytes) -> Iterator[int]:
    """Where the pictures of a GIF begin. Only its end says how many there are, and Pillow would compose each."""
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
        place += 1


_GIF_PICTURE, _GIF_EXTENSION = 0x2C, 0x21


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
