"""Text that is JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.numeric.colours import palette


@rule("JsonExtractString")
def json_extract(json_string: str, key: str) -> str:
    try:
        data = json.loads(json_string)
    except (json.JSONDecodeError, TypeError):
        return ""
    except RecursionError as error:
        raise NodeFails("its JSON is nested too deeply") from error
    found = data.get(key) if isinstance(data, dict) else None
    return "" if found is None else str(found)


def dumped(value: Any, indent: int) -> str:
    """JSON as the nodes write it: without ASCII escapes, on one line if the indent is 0."""
    try:
        return json.dumps(value, ensure_ascii=False, indent=indent or None)
    except RecursionError as error:
        raise NodeFails("it is nested too deeply to be written as JSON") from error


@rule("ConvertDictionaryToString")
def dictionary_to_string(dictionary: Any, indent: int = 2) -> str:
    return dumped(dictionary, indent)


@rule("ConvertArrayToString")
def array_to_string(array: Any, indent: int = 2) -> str:
    return dumped(array, indent)


@rule("BuildJsonPromptIdeogram")
def build_ideogram_prompt(
    element: Any,
    style: Any,
    high_level_description: str = "",
    background: str = "",
    aesthetics: str = "",
    lighting: str = "",
    medium: str = "",
    color_palette: Any = None,
) -> dict[str, Any]:
    chosen: Mapping[str, Any] = style if isinstance(style, dict) else {}
    kind, colours = chosen.get("style", "none"), palette(color_palette)
    caption: dict[str, Any] = {}
    if high_level_description.strip():
        caption["high_level_description"] = high_level_description
    if kind != "none":
        described = {"aesthetics": aesthetics, "lighting": lighting}
        # The order of the keys decides the order in the resulting text.
        if kind == "photo":
            described |= {"photo": chosen.get("photo", ""), "medium": medium}
        else:
            described |= {"medium": medium, "art_style": chosen.get("art_style", "")}
        caption["style_description"] = {**described, **({"color_palette": colours} if colours else {})}
    elements = element if isinstance(element, list) else []
    caption["compositional_deconstruction"] = {"background": background, "elements": elements}
    return caption
