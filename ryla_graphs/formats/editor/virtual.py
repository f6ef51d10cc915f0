"""Nodes that only the editor knows: none is in a prompt, and some pass on what comes in.

The editor's own are `Reroute`, `PrimitiveNode` and the notes; packs add theirs in the browser, so no server lists them.
"""

from __future__ import annotations

from collections.abc import Mapping

from ryla_graphs.formats.editor.document import EditorNode
from ryla_graphs.formats.editor.loaded import InSlot, LoadedGraph, LoadedNode
from ryla_graphs.formats.editor.proxies import PRIMITIVE
from ryla_graphs.formats.editor.routes import Place, Scope

REROUTE = "Reroute"
_RGTHREE, _KJNODES, _EASY, _SCRIPTS = "Context (rgthree)", "ImageResizeKJv2", "easy positive", "ShowText|pysssss"
_SETS: Mapping[str, str] = {"GetNode": "SetNode", "easy getNode": "easy setNode"}

PACK_NODES: Mapping[str, str] = {
    **dict.fromkeys(("SetNode", "GetNode"), _KJNODES),
    **dict.fromkeys(("easy setNode", "easy getNode"), _EASY),
    **dict.fromkeys(("ReroutePrimitive|pysssss", "PresetText|pysssss"), _SCRIPTS),
    **dict.fromkeys(
        (
            *("Reroute (rgthree)", "Label (rgthree)", "Bookmark (rgthree)", "Fast Actions Button (rgthree)"),
            *("Fast Muter (rgthree)", "Fast Bypasser (rgthree)", "Fast Groups Muter (rgthree)"),
            *("Fast Groups Bypasser (rgthree)", "Mute / Bypass Relay (rgthree)", "Mute / Bypass Repeater (rgthree)"),
            *("Random Unmuter (rgthree)", "Node Collector (rgthree)", "Node Combiner (rgthree)"),
        ),
        _RGTHREE,
    ),
}
"""The packs' own virtual nodes, each with a class by which a server with the pack is known."""

OWN = frozenset({"Note", "MarkdownNote", REROUTE, PRIMITIVE})
NEVER_SENT = frozenset({"VHS_SelectLatest"})
"""Classes that the server has and the editor makes virtual all the same."""


def slots_of(node_type: str) -> tuple[tuple[InSlot, ...], int]:
    """The inputs, and the number of outputs, of a new virtual node; a file may say more of them."""
    if node_type in (REROUTE, "Reroute (rgthree)"):
        return (InSlot("", "*"),), 1
    return (), 1 if node_type == PRIMITIVE else 0


def source(scope: Scope, node: LoadedNode, slot: int) -> Place | None:
    """What a getter stands for: the input of the setter of its name, here or in a graph around this one."""
    setter_type = _SETS.get(node.type)
    name = _name(node.file) if setter_type is not None else None
    if setter_type is None or name is None:
        return None
    around: Scope | None = scope
    while around is not None:
        setter = _setters(around.graph).get((setter_type, name))
        if setter is not None:
            return Place(around, setter, slot, False, None)
        around = around.parent
    return None


def _name(file: EditorNode) -> str | None:
    values = file.values
    return values[0] if isinstance(values, list) and values and isinstance(values[0], str) and values[0] else None


def _setters(graph: LoadedGraph) -> Mapping[tuple[str, str], LoadedNode]:
    """The setters of a graph by type and name, of two with one name the first; found once a graph."""
    if graph.setters is None:
        graph.setters = {}
        for node in graph.nodes.values():
            if node.type in _SETS.values() and (name := _name(node.file)) is not None:
                graph.setters.setdefault((node.type, name), node)
    return graph.setters
