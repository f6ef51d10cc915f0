"""Loaded files: pictures, videos, sounds; and models, for which only facts are known."""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.registry import Call, rule
from ryla_graphs.shapes.values import ImageShape, MaskShape, VideoShape, unknown_of


@rule("LoadImage", "LoadImageOutput")
def load_image(image: str, call: Call) -> tuple[ImageShape, MaskShape]:
    found = call.files.get(image)
    if isinstance(found, VideoShape):
        found = ImageShape(found.frames, found.height, found.width, content=found.content)
    if found is not None and not isinstance(found, ImageShape):
        found = call.file(image, ImageShape)
    if found is None:
        pictures: ImageShape = unknown_of("IMAGE", f"the size of '{image}' is unknown without the file")
        return pictures, MaskShape(pictures.batch, pictures.height, pictures.width)
    if found.channels == 4:
        colours = ImageShape(found.batch, found.height, found.width)
        return colours, MaskShape(found.batch, found.height, found.width)
    # A picture without alpha comes with a small empty mask.
    return found, MaskShape(found.batch, 64, 64)


@rule("LoadImageMask")
def load_mask(image: str, channel: str, call: Call) -> Any:
    pictures, mask = load_image(image, call)
    if channel == "alpha":
        return mask
    return MaskShape(pictures.batch, pictures.height, pictures.width)


@rule("WebcamCapture")
def capture(image: str, call: Call) -> ImageShape:
    return load_image(image, call)[0]
