"""What is written down: layers of a picture, a prompt as JSON, curves."""

from __future__ import annotations

import math
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.unknown import Undecided, Unknown
from ryla_graphs.shapes.values import ImageShape, MaskShape, Opaque

Document = dict[str, Any]

_MOST_LAYERS = 4096


def _canvas(document: Any) -> Any:
    """The size of a document's canvas, where it says one."""
    found = document.get("canvas") if isinstance(document, dict) else None
    if not isinstance(found, (list, tuple)) or len(found) != 2:
        return None
    return found if all(isinstance(side, int) and side > 0 for side in found) else None


def _document(before: Any, layers: list[Document], canvas: Any = None) -> Document:
    made: Document = {"version": 1, "layers": [*(before.get("layers") or []), *layers] if before else layers}
    if (size := canvas or _canvas(before)) is not None:
        made["canvas"] = size
    return made


@rule("AddLayer")
def add_layer(
    image: ImageShape,
    layers: Any = None,
    mask: MaskShape | None = None,
    name: Any = "",
    x: Any = 0,
    y: Any = 0,
    opacity: Any = 1.0,
    blend_mode: Any = "normal",
    rotation: Any = 0.0,
    width: Any = 0,
    height: Any = 0,
    z_index: Any = 0,
    flip_h: Any = False,
    flip_v: Any = False,
) -> Document:
    """One layer above those that come in; what is as usual is not written down."""
    usual = {
        "mask": (mask, mask is not None),
        "name": (name, bool(name)),
        "opacity": (opacity, opacity != 1),
        "blend_mode": (blend_mode, blend_mode != "normal"),
        "rotation": (math.radians(rotation), rotation != 0),
        "w": (width, width > 0),
        "h": (height, height > 0),
        "flip_h": (True, bool(flip_h)),
        "flip_v": (True, bool(flip_v)),
    }
    layer = {"image": image, "type": "raster", "x": x, "y": y, "z_index": z_index}
    layer |= {key: value for key, (value, is_written) in usual.items() if is_written}
    return _document(layers if isinstance(layers, dict) else None, [layer])


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0


@rule("LayersFromBoundingBoxes")
def layers_of_boxes(
    image: ImageShape,
    bboxes: Any,
    mask: MaskShape | None = None,
    layers: Any = None,
    canvas_width: Any = 0,
    canvas_height: Any = 0,
) -> Document:
    """A layer for each picture, where its box is."""
    if isinstance(image.batch, Unknown) or image.batch > _MOST_LAYERS:
        raise Undecided("how many pictures there are is not known, or there are too many to name each")
    boxes = bboxes if isinstance(bboxes, list) else [bboxes]
    if any(not isinstance(box, dict) for box in boxes) or any("metadata" in box for box in boxes):
        raise Undecided("boxes of other forms are read only by the run")
    before = layers if isinstance(layers, dict) else None
    above = max((_whole(layer.get("z_index")) for layer in (before or {}).get("layers", [])), default=-1) + 1
    made = []
    for index in range(image.batch):
        box = boxes[index] if index < len(boxes) else {}
        layer: Document = {
            "image": ImageShape(1, image.height, image.width, image.channels),
            "type": "raster",
            "x": _whole(box.get("x")),
            "y": _whole(box.get("y")),
            "z_index": above + index,
        }
        sides = (("w", _whole(box.get("width"))), ("h", _whole(box.get("height"))))
        layer |= {name: side for name, side in sides if side > 0}
        if mask is not None:
            layer["mask"] = MaskShape(1, mask.height, mask.width)
        made.append(layer)
    both = canvas_width > 0 and canvas_height > 0
    return _document(before, made, (canvas_width, canvas_height) if both else None)


@rule("BuildJsonPromptIdeogram")
def ideogram_prompt(
    element: Any = None,
    style: Any = None,
    high_level_description: Any = "",
    background: Any = "",
    aesthetics: Any = "",
    lighting: Any = "",
    medium: Any = "",
    color_palette: Any = None,
) -> Document:
    prompt: Document = {}
    if high_level_description.strip():
        prompt["high_level_description"] = high_level_description
    chosen = style if isinstance(style, dict) else {}
    kind = chosen.get("style", "none")
    if kind != "none":
        own = "photo" if kind == "photo" else "art_style"
        described = {"aesthetics": aesthetics, "lighting": lighting, own: chosen.get(own, ""), "medium": medium}
        given = list(color_palette.values()) if isinstance(color_palette, dict) else color_palette
        colours = given if isinstance(given, list) else []
        if palette := [colour.upper() for colour in colours if isinstance(colour, str) and colour]:
            described["color_palette"] = palette
        prompt["style_description"] = described
    elements = element if isinstance(element, list) else []
    prompt["compositional_deconstruction"] = {"background": background, "elements": elements}
    return prompt


@rule("CurveEditor")
def curve(curve: Any) -> Opaque:
    if curve is None:
        raise NodeFails("there is no curve")
    return Opaque("CURVE")
