"""Layers: pictures with a position, composed on a canvas.

A value of type ``LAYERS`` is a dictionary, like the real one. The result has an alpha channel if the canvas shows
through. That depends on where the layers lie and, for layers with alpha or a mask, on their pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, ReadsContent, rule
from ryla_graphs.shapes.unknown import Whole, least
from ryla_graphs.shapes.values import ImageShape, MaskShape

MOST_LAYERS = 50
_LARGEST = 16_384
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Layer:
    """One picture on the canvas, by its number in the batch of an item."""

    item: Mapping[str, Any]
    index: int

    @property
    def part(self) -> tuple[Any, Any, Any, Any]:
        """Which part of the picture is shown: left, top, width and height."""
        image: ImageShape = self.item["image"]
        part: tuple[Any, Any, Any, Any] = self.item.get("part") or (0, 0, image.width, image.height)
        return part

    @property
    def size(self) -> tuple[Any, Any]:
        """Width and height on the canvas."""
        width, height = self.part[2:]
        return self.item.get("w") or width, self.item.get("h") or height

    @property
    def box(self) -> tuple[Any, Any, Any, Any]:
        """Left, top, right and bottom of the area that it covers, rotation included."""
        (width, height), turn = self.size, self.item.get("rotation", 0.0)
        x, y = self.item["x"], self.item["y"]
        if not turn:
            return x, y, x + width, y + height
        across, down = abs(math.cos(turn)), abs(math.sin(turn))
        wide, high = (width * across + height * down) / 2, (width * down + height * across) / 2
        middle = x + width / 2, y + height / 2
        left, top = math.floor(middle[0] - wide), math.floor(middle[1] - high)
        return left, top, max(left + 1, math.ceil(middle[0] + wide)), max(top + 1, math.ceil(middle[1] + high))

    @property
    def fills(self) -> bool | None:
        """Whether it is fully opaque; None if that depends on its pixels."""
        item = self.item
        if item.get("opacity", 1.0) < 0.999 or item.get("rotation") or item.get("blend_mode", "normal") != "normal":
            return False
        return None if item["image"].channels == 4 or item.get("mask") is not None else True


@rule("AddLayer")
def add_layer(
    image: ImageShape,
    layers: Document | None = None,
    mask: MaskShape | None = None,
    name: str = "",
    x: int = 0,
    y: int = 0,
    opacity: float = 1.0,
    blend_mode: str = "normal",
    rotation: float = 0.0,
    width: Whole = 0,
    height: Whole = 0,
    z_index: int = 0,
    flip_h: Any = False,
    flip_v: Any = False,
) -> Document:
    item: Document = {"image": image, "type": "raster", "x": int(x), "y": int(y), "z_index": int(z_index)}
    further = {
        "mask": mask,
        "name": name,
        "opacity": None if opacity == 1.0 else float(opacity),
        "blend_mode": None if blend_mode == "normal" else blend_mode,
        "rotation": math.radians(rotation),
        "w": width,
        "h": height,
        "flip_h": flip_h,
        "flip_v": flip_v,
    }
    item.update((key, value) for key, value in further.items() if value is not None and value != 0 and value != "")
    return document_of([*items_of(layers), item], canvas_said(layers))


@rule("ImageCompositor")
def compose(layers: Document) -> tuple[ImageShape, MaskShape]:
    found = layers_of(layers)
    if not found:
        return ImageShape(1, 64, 64), MaskShape(1, 64, 64)
    width, height = canvas_of(layers, found)
    opaque = [layer.box for layer in found if layer.fills]
    if _covered((width, height), opaque):
        return ImageShape(1, height, width), MaskShape(1, height, width)
    if _covered((width, height), [layer.box for layer in found if layer.fills is not False]):
        raise ReadsContent("whether the canvas shows through its layers depends on their pixels")
    return ImageShape(1, height, width, 4), MaskShape(1, height, width)


def layers_of(document: Any) -> list[Layer]:
    """The layers of a document, the lowest first. Raises `NodeFails` if there are too many."""
    items = sorted(items_of(document), key=lambda item: int(item.get("z_index", 0)))
    layers = [Layer(item, index) for item in items for index in _frames(item)]
    if len(layers) > MOST_LAYERS:
        raise NodeFails(f"it puts together up to {MOST_LAYERS} layers")
    return layers


def _frames(item: Mapping[str, Any]) -> Sequence[int]:
    """Which pictures of the batch of an item are layers."""
    return [item["frame"]] if "frame" in item else range(least(item["image"].batch, MOST_LAYERS + 1))


def canvas_of(document: Any, layers: Sequence[Layer]) -> tuple[int, int]:
    """Width and height of the canvas: as the document says, else large enough for all layers."""
    width, height = canvas_said(document) or (max(1, *(box[side] for box in _boxes(layers))) for side in (2, 3))
    if width > _LARGEST or height > _LARGEST:
        raise NodeFails(f"a canvas of {width}x{height} is larger than {_LARGEST}x{_LARGEST}")
    return width, height


def _boxes(layers: Sequence[Layer]) -> Iterator[tuple[int, int, int, int]]:
    yield from ((0, 0, 1, 1), *(layer.box for layer in layers))


def _covered(size: tuple[int, int], boxes: Sequence[tuple[int, int, int, int]]) -> bool:
    """Whether boxes together cover the whole canvas."""
    columns = sorted({0, *(edge for left, _, right, _ in boxes for edge in (left, right) if 0 < edge < size[0])})
    found = sorted({0, *(edge for _, top, _, bottom in boxes for edge in (top, bottom) if 0 < edge < size[1])})
    return all(
        any(left <= x < right and top <= y < bottom for left, top, right, bottom in boxes)
        for x in columns
        for y in found
    )


def items_of(document: Any) -> list[Document]:
    """The items of a document; none if the value is not a document."""
    return list(document.get("layers") or ()) if isinstance(document, dict) else []


def canvas_said(document: Any) -> tuple[int, int] | None:
    """The size of the canvas, if the document states it."""
    return document.get("canvas") if isinstance(document, dict) else None


def document_of(items: list[Document], canvas: tuple[int, int] | None) -> Document:
    """A document of items."""
    return {"version": 1, "layers": items, **({"canvas": canvas} if canvas else {})}
