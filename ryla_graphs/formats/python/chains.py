"""Chains of LoRAs, which are written as a loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ryla_graphs.formats.python.statements import Chain
from ryla_graphs.formats.python.wiring import Value, Wiring, same
from ryla_graphs.graph.node import Node
from ryla_graphs.prompt.files import weight_folders


def find_chains(wiring: Wiring) -> Iterator[Chain]:
    """The chains of two or more LoRAs that can be written as a loop."""
    before: dict[Node, Node] = {}
    for node in wiring.graph.nodes:
        if "loras" in weight_folders(node.class_type).values() and wiring.is_known(node):
            source = _before(wiring, node)
            if source is not None:
                before[node] = source
    last = [node for node in before if node not in before.values()]
    for node in last:
        nodes = [node]
        while nodes[-1] in before:
            nodes.append(before[nodes[-1]])
        if (chain := _chain(wiring, nodes[::-1])) is not None:
            yield chain


def _before(wiring: Wiring, node: Node) -> Node | None:
    """The node of the same class that is this one's only source and feeds nothing else."""
    sources = {source.node for source in wiring.sources(node)}
    source = sources.pop() if len(sources) == 1 else None
    if source is None or type(wiring.written[source]) is not type(wiring.written[node]):
        return None
    targets = {use.target for slot in wiring.slots[source] for use in wiring.uses[Value(source, slot)]}
    return source if targets == {node} else None


def _chain(wiring: Wiring, nodes: Sequence[Node]) -> Chain | None:
    wires = [_wires(wiring, node) for node in nodes]
    slots = [{name: source.slot for name, source in of.items()} for of in wires[1:]]
    looks = {(node.title_, node.name_ is None, *wiring.inputs[node]) for node in nodes}
    alike = all(found == slots[0] for found in slots) and wires[0].keys() == slots[0].keys() and len(looks) == 1
    if not alike or not wiring.sinks.isdisjoint(nodes) or not set(wiring.slots[nodes[-1]]) <= set(slots[0].values()):
        return None
    if len(slots[0]) > 1 and [*slots[0].values()] != [*range(len(wiring.schemas[nodes[0]].outputs))]:
        return None  # the outputs are not unpacked in this order
    columns = _columns(wiring, nodes)
    rows = tuple(tuple(_cell(wiring, node, inputs) for inputs in columns.values()) for node in nodes)
    return Chain(tuple(nodes), slots[0], wires[0], columns, rows)


def _wires(wiring: Wiring, node: Node) -> dict[str, Value]:
    return {n: source for n, value in wiring.inputs[node].items() if (source := wiring.source(value)) is not None}


def _columns(wiring: Wiring, nodes: Sequence[Node]) -> dict[str, tuple[str, ...]]:
    """The inputs that differ, always including the file and its strengths; equal columns are merged."""
    inputs = [wiring.inputs[node] for node in nodes]
    files = weight_folders(nodes[0].class_type)
    shown = [
        name
        for name, value in inputs[0].items()
        if wiring.source(value) is None
        and (name in files or name.startswith("strength") or not all(same(of.get(name), value) for of in inputs))
    ]
    columns: dict[str, tuple[str, ...]] = {} if nodes[0].name_ is None else {"name": ()}
    strengths = [name for name in shown if name.startswith("strength")]
    one_strength = len(strengths) > 1 and all(len({repr(of.get(name)) for name in strengths}) == 1 for of in inputs)
    for name in shown:
        if one_strength and name in strengths:
            columns["strength"] = tuple(strengths)
        else:
            columns[name] = (name,)
    return columns


def _cell(wiring: Wiring, node: Node, inputs: Sequence[str]) -> Any:
    return wiring.inputs[node].get(inputs[0]) if inputs else node.name_
