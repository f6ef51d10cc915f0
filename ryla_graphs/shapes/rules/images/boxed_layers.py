"""Layers of a batch of pictures, each at its box."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.images.layers import MOST_LAYERS, Document, canvas_said, document_of, items_of
from ryla_graphs.shapes.rules.numeric.boxes import boxes_of
from ryla_graphs.shapes.unknown import least
from ryla_graphs.shapes.values import ImageShape, MaskShape


@rule("LayersFromBoundingBoxes")
def layers_from_boxes(
    image: ImageShape,
    bboxes: Any,
    mask: MaskShape | None = None,
    layers: Document | None = None,
    crop_to_content: Any = True,
    canvas_width: int = 0,
    canvas_height: int = 0,
) -> Document:
    boxes, items = boxes_of(bboxes, canvas_width, canvas_height), items_of(layers)
    on_top = max((int(item.get("z_index", 0)) for item in items), default=-1) + 1
    if not isinstance(image.batch, int) or image.batch > MOST_LAYERS * 20:
        raise NodeFails(f"{image.batch} pictures are too many for layers")
    for index in range(image.batch):
        box = boxes[index] if index < len(boxes) else {}
        items.append(_placed(image, mask, index, box, on_top + index, bool(crop_to_content)))
    sides = (canvas_width, canvas_height) if canvas_width > 0 and canvas_height > 0 else canvas_said(layers)
    return document_of(items, sides)


def _placed(
    image: ImageShape, mask: MaskShape | None, index: int, box: Mapping[str, Any], z_index: int, cut: bool
) -> Document:
    """One frame at its box, cut to the part with content if the box tells it."""
    found = box.get("metadata")
    said: Mapping[str, Any] = found if isinstance(found, dict) else {}
    x, y = int(box.get("x", 0)), int(box.get("y", 0))
    item: Document = {"image": image, "type": "raster", "frame": index}
    content = said.get("content_rect")
    if cut and isinstance(content, (list, tuple)) and len(content) == 4:
        left, top = least(max(int(content[0]), 0), image.width), least(max(int(content[1]), 0), image.height)
        width, height = least(int(content[2]), image.width - left), least(int(content[3]), image.height - top)
        if width > 0 and height > 0:
            item["part"], x, y = (left, top, width, height), x + left, y + top
    if "part" not in item:
        item |= {key: int(box[name]) for key, name in (("w", "width"), ("h", "height")) if box.get(name, 0) > 0}
    if mask is not None and (mask.batch == 1 or index < mask.batch):
        item["mask"] = mask
    name = said.get("name") or said.get("desc")
    return {**item, "x": x, "y": y, "z_index": int(said.get("z_index", z_index)), **({"name": name} if name else {})}
