"""Boxes around parts of pictures: cut out, drawn, filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image, ImageDraw

from ryla_graphs.engines.simulator.frames import Frames, Source
from ryla_graphs.engines.simulator.pictures.fitting import fitted
from ryla_graphs.engines.simulator.pictures.registry import Out, draws, makes, source
from ryla_graphs.shapes.rules.images.cutting import around

_COLOURS = ((255, 0, 0), (0, 200, 0), (0, 0, 255), (255, 165, 0), (128, 0, 128), (0, 255, 255))


@makes("CropByBBoxes")
def crop(out: Out) -> Frames:
    """One picture for each frame that has boxes."""
    given, image = out["bboxes"], out["image"]
    frames: list[Any] = given if isinstance(given, list) else [[given]]
    of_frames = [frames[min(index, len(frames) - 1)] for index in range(int(image.batch))] if frames else []
    chosen = [index for index, boxes in enumerate(of_frames) if boxes] or list(range(int(image.batch)))

    def sources(index: int) -> list[Source]:
        found = source(image, chosen[index])
        return [] if found is None else [found]

    def show(index: int, images: Sequence[Image.Image]) -> Image.Image:
        picture = images[0] if images else Image.new(out.mode, out.size)
        boxes = of_frames[chosen[index]] if of_frames else []
        if not boxes:
            return picture
        part = picture.crop(around(picture, boxes, out["padding"]))
        if out["keep_aspect"] != "pad":
            return fitted(part, out.size, "area")
        scale = min(out.size[0] / part.width, out.size[1] / part.height)
        inner = fitted(part, (round(part.width * scale), round(part.height * scale)), "area")
        padded = Image.new(part.mode, out.size)
        padded.paste(inner, ((out.size[0] - inner.width) // 2, (out.size[1] - inner.height) // 2))
        return padded

    return Frames(sources, show)


@draws("DrawBBoxes", frames=("image",))
def draw_boxes(out: Out, image: Image.Image | None) -> Image.Image:
    picture = Image.new("RGB", out.size) if image is None else image.copy()
    pen = ImageDraw.Draw(picture)
    for number, box in enumerate(_boxes_of_frame(out["bboxes"], out.index)):
        _outline(pen, (box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]), number, 3)
    return picture


def _boxes_of_frame(given: Any, index: int) -> list[Mapping[str, Any]]:
    """The boxes of one frame; a single box or list applies to all frames."""
    frames: list[Any] = [[given]] if isinstance(given, Mapping) else given if isinstance(given, list) else []
    if frames and isinstance(frames[0], Mapping):
        return frames
    if len(frames) == 1:
        return list(frames[0])
    return list(frames[index]) if index < len(frames) else []


def _outline(pen: ImageDraw.ImageDraw, edges: tuple[float, float, float, float], number: int, width: int) -> None:
    left, top, right, bottom = edges
    box = min(left, right), min(top, bottom), max(left, right), max(top, bottom)
    pen.rectangle(box, outline=_COLOURS[number % len(_COLOURS)], width=width)


@draws("CreateBoundingBoxes", frames=("background",))
def preview_boxes(out: Out, background: Image.Image | None) -> Image.Image:
    """A dark canvas with the boxes drawn on it."""
    ground = Image.new("RGB", out.size, (32, 32, 32))
    picture = ground if background is None else Image.blend(background.convert("RGB").resize(out.size), ground, 0.75)
    pen, state = ImageDraw.Draw(picture), out.inputs.get("editor_state")
    across, down = out.size[0] / max(1, out["width"]), out.size[1] / max(1, out["height"])
    for number, box in enumerate(state if isinstance(state, list) else ()):
        if isinstance(box, Mapping):
            x, y = box.get("x", 0) * across, box.get("y", 0) * down
            right, bottom = x + box.get("width", 0) * across, y + box.get("height", 0) * down
            _outline(pen, (x, y, right, bottom), number, 2)
    return picture
