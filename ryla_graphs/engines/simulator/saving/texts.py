"""Texts that are saved or shown."""

from __future__ import annotations

import json

from ryla_graphs.engines.simulator.saving.registry import saves
from ryla_graphs.engines.simulator.world import Node
from ryla_graphs.shapes.registry import NodeFails


@saves("PreviewAny")
def preview_any(node: Node) -> None:
    node.say(node.outputs[0])


@saves("SaveText")
def save_text(node: Node) -> None:
    """The text unchanged, or indented if it is JSON."""
    text, suffix = str(node["text"]), str(node.get("format", "txt"))
    name, subfolder = node.world.names.next(node.get("filename_prefix", "ComfyUI"), f".{suffix}", (1, 1), last="")
    node.say(text)
    node.save("text", name, (_indented(text) if suffix == "json" else text).encode(), subfolder=subfolder)


def _indented(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except json.JSONDecodeError:
        return text
    except RecursionError as error:
        raise NodeFails("its JSON is nested too deeply") from error


@saves("CreateBoundingBoxes")
def report_boxes(node: Node) -> None:
    """The size of its canvas, which the page shows."""
    node.say(f"{node['width']} x {node['height']}")
