"""The input files of a run, by their shapes, with what is in them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from ryla_graphs.engines.simulator.bodies import points_of
from ryla_graphs.engines.simulator.frames import fixed
from ryla_graphs.shapes.values import ImageShape, Opaque

_BROKEN = (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError)


class InputFiles(Mapping[str, Any]):
    """Shapes of files by name, each read when it is asked for."""

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
    """What a file holds; an `Opaque` of the type ``FILE`` where it is nothing that is known."""
    try:
        return _pictures(Image.open(io.BytesIO(content)))
    except _BROKEN:
        return Opaque("FILE", points_of(content))


def _pictures(image: Image.Image) -> ImageShape:
    """All pictures of a file that have the size of the first."""
    frames = [ImageOps.exif_transpose(frame.copy()) for frame in ImageSequence.Iterator(image)]
    first = frames[0]
    same = [frame for frame in frames if frame.size == first.size]
    alpha = "A" in first.getbands()
    kept = [frame.convert("RGBA" if alpha else "RGB") for frame in same]
    return ImageShape(len(kept), first.height, first.width, 4 if alpha else 3, fixed(kept))
