"""Nodes of packs whose browser code reads the file's values in its own way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ryla_graphs.catalog.facts import Json
from ryla_graphs.formats.editor.loaded import Held, InSlot, LoadedGraph, LoadedNode
from ryla_graphs.formats.editor.parts import UNDEFINED, Widget

Place = Callable[[LoadedNode, Json, LoadedGraph], bool]
"""Gives a node's widgets the file's values; returns whether all are given, so that none goes by position."""


def own_placing(class_type: str) -> Place | None:
    """How a pack gives the widgets of a class their values, if it does not go by position."""
    if class_type.startswith("VHS_"):
        return _video_helper
    return _power_loras if class_type == "Power Lora Loader (rgthree)" else None


# VideoHelperSuite saves an object of values by name. Older versions saved a list in the order of their time.

_OLD_ORDER: Mapping[str, tuple[str | None, ...]] = {
    "VHS_LoadImages": ("directory", None, "image_load_cap", "skip_first_images", "select_every_nth"),
    "VHS_LoadImagesPath": ("directory", "image_load_cap", "skip_first_images", "select_every_nth"),
    "VHS_VideoCombine": ("frame_rate", "loop_count", "filename_prefix", "format", "pingpong", "save_image"),
    **dict.fromkeys(
        ("VHS_LoadVideo", "VHS_LoadVideoPath"),
        ("video", "force_rate", "force_size", "frame_load_cap", "skip_first_frames", "select_every_nth"),
    ),
}
_OLD_NAMES: Mapping[tuple[str, str], str] = {("VHS_VideoCombine", "save_output"): "save_image"}

_PIXELS, _PIXELS_10, _PIXELS_NVENC = (
    Widget("pix_fmt", "COMBO", kind) for kind in ("yuv420p", "yuv420p10le", "yuv420p")
)
_METADATA, _TRIM = Widget("save_metadata", "BOOLEAN", True), Widget("trim_to_audio", "BOOLEAN", False)
_NVENC = (_PIXELS, Widget("bitrate", "INT", 10), Widget("megabit", "BOOLEAN", True), _METADATA)
_FORMATS: Mapping[str, tuple[Widget, ...]] = {
    "image/webp": (Widget("lossless", "BOOLEAN", True),),
    "video/ProRes": (Widget("profile", "COMBO", "hq"),),
    "video/webm": (_PIXELS, Widget("crf", "INT", 20), _METADATA, _TRIM),
    "video/av1-webm": (_PIXELS_10, Widget("crf", "INT", 23), Widget("input_color_depth", "COMBO", "8bit"), _METADATA),
    "video/h264-mp4": (_PIXELS, Widget("crf", "INT", 19), _METADATA, _TRIM),
    "video/h265-mp4": (_PIXELS_10, Widget("crf", "INT", 22), _METADATA),
    **dict.fromkeys(("video/nvenc_av1-mp4", "video/nvenc_hevc-mp4", "video/nvenc_h264-mp4"), _NVENC),
    "video/ffmpeg-gif": (Widget("dither", "COMBO", "sierra2_4a"),),
    "video/ffv1-mkv": (
        *(Widget("level", "COMBO", "3"), Widget("coder", "COMBO", "1"), Widget("context", "COMBO", "1")),
        *(Widget("gop_size", "INT", 1), Widget("slices", "COMBO", "16"), Widget("slicecrc", "COMBO", "1")),
        *(Widget("pix_fmt", "COMBO", "rgba64le"), _METADATA, _TRIM),
    ),
}
"""The widgets that each format of VHS_VideoCombine adds."""


def _video_helper(node: LoadedNode, values: Json, graph: LoadedGraph) -> bool:
    given = _named(node.type, values)
    if given is None:
        return values is None
    number = 0
    while number < len(node.widgets):
        held = node.widgets[number]
        number += 1
        if held.widget.type == "BUTTON":
            continue
        name = held.name if held.name in given else _OLD_NAMES.get((node.type, held.name), held.name)
        if name in given:
            node.set_value(held, _number(held.widget, given[name]), graph)
        elif held.widget.spec is not None and not held.widget.default:
            held.value = UNDEFINED
        if held.name == "format" and node.type == "VHS_VideoCombine":
            extra = _FORMATS.get(held.value, ()) if isinstance(held.value, str) else ()
            node.widgets[number:number] = [Held(widget, widget.default) for widget in extra]
            known = {slot.name for slot in node.inputs}
            node.inputs += [InSlot(w.name, w.type, None, w.name) for w in extra if w.name not in known]
    return True


def _number(widget: Widget, value: Json) -> Json:
    """What the pack's number widgets keep from a text: its number, or nothing."""
    if widget.type not in ("INT", "FLOAT") or not isinstance(value, str):
        return value
    try:
        number = float(value)
    except ValueError:
        return None
    return int(number) if number.is_integer() else number


def _named(class_type: str, values: Json) -> dict[str, Any] | None:
    """The values by name; None if there are none, or only a list in unknown order."""
    if values is None:
        return None
    if isinstance(values, list) and values:
        order = _OLD_ORDER.get(class_type, ())
        if not order or len(values) < len(order):
            return None
        given = {name: value for name, value in zip(order, values, strict=False) if name is not None}
    else:
        given = dict(values) if isinstance(values, Mapping) else {}
    size = given.get("force_size")
    if isinstance(size, str):
        for part, side, other in ((0, "custom_width", "Custom Height"), (1, "custom_height", "Custom Width")):
            if "x" in size:
                digits = size.split("x")[part]
                given[side] = int(float(digits)) if digits.replace(".", "", 1).isdecimal() else 0
            elif size in ("Disabled", other):
                given[side] = 0
    return given


def _power_loras(node: LoadedNode, values: Json, _graph: LoadedGraph) -> bool:
    """rgthree's list of LoRAs: one widget for each entry of the file that names one."""
    separate = node.file.properties.get("Show Strengths") == "Separate Model & Clip"
    header = Widget("PowerLoraLoaderHeaderWidget", "HEADER", {"type": "PowerLoraLoaderHeaderWidget"})
    node.widgets = [Held(header, header.default)]
    for entry in values if isinstance(values, list) else ():
        if isinstance(entry, Mapping) and "lora" in entry:
            value = {key: part for key, part in entry.items() if key != "strengthTwo"}
            if separate:
                value["strengthTwo"] = 1 if entry.get("strengthTwo") is None else entry["strengthTwo"]
            node.widgets.append(Held(Widget(f"lora_{len(node.widgets)}", "LORA"), value))
    node.widgets.append(Held(Widget("➕ Add Lora", "BUTTON", ""), ""))
    return True
