"""The input files of a run as shapes with content."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from ryla_graphs.engines.simulator.bodies import points_of
from ryla_graphs.engines.simulator.frames import fixed
from ryla_graphs.engines.simulator.media import read_media
from ryla_graphs.shapes.values import ImageShape, Opaque

_BROKEN = (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError)


class InputFiles(Mapping[str, Any]):
    """Shapes of files by name, each read on first access."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._read: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._read:
            self._read[name] = read(self._files[name])
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def read(content: bytes) -> Any:
    """The content of a file; an `Opaque` of type ``FILE`` if its type is unknown.

    Raises `NodeFails` if it seems to be video or sound, and PyAV is not installed to read it.
    """
    try:
        return _pictures(Image.open(io.BytesIO(content)), content)
    except _BROKEN:
        pass
    if points := points_of(content):
        return Opaque("FILE", points)
    text = _text(content)
    if text is not None:
        return Opaque("FILE", {"text": text})
    return read_media(content) or Opaque("FILE")


def _text(content: bytes) -> str | None:
    """The text of a file; None if it is not text."""
    try:
        return None if b"\0" in content else content.decode()
    except UnicodeDecodeError:
        return None


def _pictures(image: Image.Image, content: bytes) -> ImageShape:
    """All pictures in a file that have the size of the first one."""
    alpha = _has_alpha(image, content)
    frames = [ImageOps.exif_transpose(frame.copy()) for frame in ImageSequence.Iterator(image)]
    first = frames[0]
    same = [frame for frame in frames if frame.size == first.size]
    kept = [frame.convert("RGBA" if alpha else "RGB") for frame in same]
    return ImageShape(len(kept), first.height, first.width, 4 if alpha else 3, fixed(kept))


def _has_alpha(image: Image.Image, content: bytes) -> bool:
    """Whether a server's mask has the size of the picture.

    The server reads pictures with FFmpeg, which adds an alpha channel to palettes, GIFs and lossless WebPs.
    """
    if "A" in image.getbands() or "transparency" in image.info:
        return True
    if image.format == "WEBP":
        return b"VP8L" in content[:64] and b"ANIM" not in content[:64]
    return image.mode == "P" or image.format == "GIF"
