"""Boxes around parts of a picture: as pixels, as fractions of its sides, as elements of a prompt."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.numeric.colours import palette
from ryla_graphs.shapes.unknown import Whole, least, most, rounded
from ryla_graphs.shapes.values import ImageShape

_PREVIEW = 1024
"""The longer side of the preview at most."""
_GRID = 1000
"""Elements count in thousandths of a side."""
Box = dict[str, Any]


@rule("PrimitiveBoundingBox")
def bounding_box(x: Whole, y: Whole, width: Whole, height: Whole) -> Box:
    return {"x": x, "y": y, "width": width, "height": height}


@rule("CreateBoundingBoxes")
def create_bounding_boxes(
    width: int,
    height: int,
    editor_state: Any = None,
    last_incoming: Any = None,
    background: ImageShape | None = None,
    bboxes: Any = None,
) -> tuple[ImageShape, list[list[Box]], list[Box]]:
    incoming = boxes_of(bboxes, width, height)
    applied = last_incoming if isinstance(last_incoming, list) else []
    drawn = incoming if incoming and incoming != applied else editor_state or []
    regions = list(_regions(drawn, width, height))
    sides = (width, height) if background is None else (background.width, background.height)
    pixels = [_pixels(region, width, height) for region in regions]
    return _preview(*sides), [pixels] if pixels else [], [_element(region) for region in regions]


def _preview(width: Whole, height: Whole) -> ImageShape:
    scale = least(1.0, _PREVIEW / most(width, height, 1))
    return ImageShape(1, most(1, rounded(height * scale)), most(1, rounded(width * scale)))


def boxes_of(data: Any, width: int, height: int) -> list[Box]:
    """The boxes of an input that takes boxes, elements of a prompt, or JSON of either."""
    if isinstance(data, str):
        try:
            data = json.loads(data) if data.strip() else None
        except (ValueError, RecursionError) as error:
            raise NodeFails(f"its text of boxes is no JSON: {error}") from error
    if data is None or data == []:
        return []
    many: Any = [data] if isinstance(data, dict) else data
    first = many[0] if isinstance(many, list) else None
    if isinstance(first, list):
        return list(_plain_boxes(first))
    if _is_element(first):
        return list(_boxes_of_elements(many, width, height))
    if isinstance(first, dict) and {"x", "y", "width", "height"} <= first.keys():
        return list(_plain_boxes(many))
    raise NodeFails("it takes boxes with x, y, width and height, or elements with a 'bbox'")


def _plain_boxes(boxes: Sequence[Any]) -> Iterator[Box]:
    for box in boxes:
        if isinstance(box, dict):
            plain = {side: box.get(side, 0) for side in ("x", "y", "width", "height")}
            metadata = box.get("metadata")
            yield {**plain, "metadata": metadata} if isinstance(metadata, dict) else plain


def _is_element(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("bbox"), (list, tuple)) and len(value["bbox"]) == 4


def _boxes_of_elements(elements: Sequence[Any], width: int, height: int) -> Iterator[Box]:
    for element in elements:
        if not isinstance(element, dict):
            continue
        if not _is_element(element):
            raise NodeFails("an element has no 'bbox' of four numbers")
        try:
            top, left, bottom, right = (float(edge) / _GRID for edge in element["bbox"])
        except (TypeError, ValueError) as error:
            raise NodeFails("a 'bbox' holds something that is no number") from error
        kind = "text" if element.get("type") == "text" else "obj"
        yield {
            "x": round(min(left, right) * width),
            "y": round(min(top, bottom) * height),
            "width": round(abs(right - left) * width),
            "height": round(abs(bottom - top) * height),
            "metadata": {
                "type": kind,
                "text": element.get("text", "") if kind == "text" else "",
                "desc": element.get("desc", ""),
                "palette": element.get("color_palette", []) or [],
            },
        }


def _regions(boxes: Any, width: int, height: int) -> Iterator[Box]:
    """Boxes as fractions of the sides, with their descriptions."""
    for box in boxes if isinstance(boxes, list) else ():
        if isinstance(box, dict):
            metadata = box.get("metadata")
            said: Mapping[str, Any] = metadata if isinstance(metadata, dict) else {}
            yield {
                "x": box.get("x", 0) / (width or 1),
                "y": box.get("y", 0) / (height or 1),
                "w": box.get("width", 0) / (width or 1),
                "h": box.get("height", 0) / (height or 1),
                "type": said.get("type", "obj"),
                "text": said.get("text", ""),
                "desc": said.get("desc", ""),
                "palette": said.get("palette", []),
            }


def _pixels(region: Box, width: int, height: int) -> Box:
    """A box of pixels whose sides are positive."""
    x, y, wide, high = region["x"], region["y"], region["w"], region["h"]
    x, wide = (x + wide, -wide) if wide < 0 else (x, wide)
    y, high = (y + high, -high) if high < 0 else (y, high)
    sides = x * width, y * height, wide * width, high * height
    return dict(zip(("x", "y", "width", "height"), map(round, sides), strict=True))


def _element(region: Box) -> Box:
    """What a prompt says of a region."""
    x, y, wide, high = region["x"], region["y"], region["w"], region["h"]
    across, down = sorted(map(_on_grid, (x, x + wide))), sorted(map(_on_grid, (y, y + high)))
    kind = "text" if region["type"] == "text" else "obj"
    element: Box = {"type": kind, "bbox": [down[0], across[0], down[1], across[1]]}
    if kind == "text":
        element["text"] = region["text"]
    element["desc"] = region["desc"]
    colours = palette(region["palette"])[:5]
    return {**element, "color_palette": colours} if colours else element


def _on_grid(fraction: float) -> int:
    return max(0, min(_GRID, round(fraction * _GRID)))
