"""Unpacking the group nodes of a loaded root graph into the nodes inside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ryla_graphs.formats.editor.document import MOST_NODES, EditorLink, EditorNode
from ryla_graphs.formats.editor.group_class import Group
from ryla_graphs.formats.editor.loaded import LoadedGraph, LoadedNode
from ryla_graphs.formats.editor.proxies import PRIMITIVE
from ryla_graphs.formats.editor.reading import node_of
from ryla_graphs.formats.editor.routes import fits
from ryla_graphs.problems import InvalidDocument

Open = Callable[[EditorNode, str], LoadedNode]


def unpack(root: LoadedGraph, groups: Mapping[str, Group], last: int, open_inner: Open) -> list[LoadedNode]:
    """Replace each group node by the nodes inside it; `last` is the highest number that is a node's id."""
    added: list[LoadedNode] = []
    for number in [number for number in root.nodes if number in groups]:
        outer, group = root.nodes[number], groups[number]
        if len(root.nodes) + len(group.nodes) > MOST_NODES:
            raise InvalidDocument(f"the group nodes of this workflow unpack to more than {MOST_NODES:,} nodes")
        last += len(group.nodes) + 1
        inner = []
        for place, data in enumerate(group.nodes):
            file = node_of(data, f"{outer.file.place} (node {place} of group '{group.name}')")
            name = f"{last}:{last - len(group.nodes) + place}"
            node = open_inner(file._replace(id=name), name)
            root.nodes[name] = node
            inner.append(node)
        for link in group.links:
            _connect(root, inner[link.origin], link.origin_slot, inner[link.target], link.target_slot)
        _give_values(root, outer, group, inner)
        _take_links(root, outer, group, inner)
        del root.nodes[number]
        added += inner
    return added


def _give_values(root: LoadedGraph, outer: LoadedNode, group: Group, inner: list[LoadedNode]) -> None:
    """Give the nodes inside the values of the group node's widgets."""
    for node, names in zip(inner, group.widgets, strict=True):
        for name, called in names.items():
            held = outer.held(called)
            if held is None:
                continue
            if node.type == PRIMITIVE and node.schema is None:
                node.file = node.file._replace(values=[held.value])
            elif (own := node.held(name)) is not None:
                node.set_value(own, held.value, root)


def _take_links(root: LoadedGraph, outer: LoadedNode, group: Group, inner: list[LoadedNode]) -> None:
    """Lead the group node's links to and from the nodes inside."""
    for node, slots in zip(inner, group.slots, strict=True):
        for name, number in slots.items():
            link = root.links.get(outer.inputs[number].link or "") if number < len(outer.inputs) else None
            origin = root.nodes.get(link.origin) if link is not None else None
            at = next((place for place, slot in enumerate(node.inputs) if slot.name == name), None)
            if link is not None and origin is not None and at is not None:
                _connect(root, origin, link.origin_slot, node, at)
    for (place, slot), output in zip(group.outputs, outer.outputs, strict=False):
        for name in tuple(output.links):
            link = root.links.get(name)
            target = root.nodes.get(link.target) if link is not None else None
            if link is not None and target is not None:
                _connect(root, inner[place], slot, target, link.target_slot)


def _connect(graph: LoadedGraph, origin: LoadedNode, slot: int, target: LoadedNode, number: int) -> None:
    """Link two nodes as a person would: only slots that exist and fit, replacing what was linked before."""
    if origin is target or not 0 <= slot < len(origin.outputs) or not 0 <= number < len(target.inputs):
        return
    output, taken = origin.outputs[slot], target.inputs[number]
    if not fits(output.type, taken.type):
        return
    old, taken.link = taken.link, None
    graph.cut(old)
    name = graph.new_link()
    graph.links[name] = EditorLink(name, origin.id, slot, target.id, number, output.type)
    output.links.append(name)
    taken.link = name
