"""Nodes that only the editor knows: none is in a prompt, and some pass on what comes in.

The editor's own are `Reroute`, `PrimitiveNode` and the notes; packs add theirs in the browser, so no server lists them.
"""

from __future__ import annotations

from collections.abc import Mapping

from ryla_graphs.formats.editor.document import EditorNode
from ryla_graphs.formats.editor.loaded import InSlot, LoadedGraph, LoadedNode
from ryla_graphs.formats.editor.proxies import PRIMITIVE
from ryla_graphs.formats.editor.routes import Place, Scope, fits

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
"""The packs' own virtual nodes, each with a class that shows that a server has the pack."""

RELAYS = frozenset({REROUTE, PRIMITIVE})
OWN = frozenset({"Note", "MarkdownNote"}) | RELAYS
NEVER_SENT = frozenset({"VHS_SelectLatest"})
"""Classes that the server has but the editor still makes virtual."""


def slots_of(node_type: str) -> tuple[tuple[InSlot, ...], int]:
    """The inputs and the number of outputs of a new virtual node; a file may add to them."""
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
    """The setters of a graph by type and name, the first if two share a name; found once per graph."""
    if graph.setters is None:
        graph.setters = {}
        for node in graph.nodes.values():
            if node.type in _SETS.values() and (name := _name(node.file)) is not None:
                graph.setters.setdefault((node.type, name), node)
    return graph.setters


def drop_unfit(graph: LoadedGraph) -> None:
    """Cut links from reroutes to inputs whose type does not fit what comes in, as the editor does."""
    types: dict[str, str | None] = {}
    for node in graph.relays:
        kind = _carried(node, graph, types) if _is_reroute(node) else None
        if kind is None or not node.outputs:
            continue
        for name in node.outputs[0].links:
            link = graph.links.get(name)
            target = graph.nodes.get(link.target) if link is not None else None
            if link is None or target is None or _is_reroute(target) or not 0 <= link.target_slot < len(target.inputs):
                continue
            slot = target.inputs[link.target_slot]
            if slot.link is not None and not fits(kind, slot.type):
                graph.lose(target, slot, f"a reroute brings {kind}, which {slot.type} does not take")


def _is_reroute(node: LoadedNode) -> bool:
    return node.type == REROUTE and node.schema is None


def _carried(node: LoadedNode, graph: LoadedGraph, types: dict[str, str | None]) -> str | None:
    """The type that comes into a chain of reroutes; None if it is unknown."""
    chain: list[str] = []
    kind: str | None = None
    while node.id not in types:
        types[node.id] = None
        chain.append(node.id)
        link = graph.links.get(node.inputs[0].link or "") if node.inputs else None
        origin = graph.nodes.get(link.origin) if link is not None else None
        if link is None or origin is None:
            break
        if not _is_reroute(origin):
            kind = origin.outputs[link.origin_slot].type if 0 <= link.origin_slot < len(origin.outputs) else None
            break
        node = origin
    else:
        kind = types[node.id]
    types.update(dict.fromkeys(chain, kind))
    return kind
