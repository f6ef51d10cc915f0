"""Texts that are saved or shown."""

from __future__ import annotations

from ryla_graphs.engines.simulator.saving.registry import saves
from ryla_graphs.engines.simulator.world import Node


@saves("PreviewAny")
def preview_any(node: Node) -> None:
    node.say(node.outputs[0])


@saves("SaveText")
def save_text(node: Node) -> None:
    suffix = f".{node.get('format', 'txt')}"
    name, subfolder = node.world.names.next(node.get("filename_prefix", "ComfyUI"), suffix, (0, 0))
    node.save("text", name, str(node["text"]).encode(), subfolder=subfolder)
