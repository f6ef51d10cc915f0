"""The order of nodes: how deep each one lies, and which outputs are linked to something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ryla_graphs.prompt.links import Link
from ryla_graphs.prompt.nodes import ForeignNode, PromptNode

Nodes = Mapping[str, PromptNode | ForeignNode]
"""The nodes that can be read, by id, in the order of the document."""


class Survey(NamedTuple):
    """The order of a prompt's nodes."""

    depths: Mapping[str, int]
    """By node, the number of nodes in the longest chain that ends there, in the order of the document. Nodes on a
    cycle or behind one are left out."""
    taken: Mapping[str, int] | None
    """By node, its outputs that are linked into some node, one bit for each slot. None if a link counts from the last
    slot, or its slot has no bit."""


_BITS = {slot: 1 << slot for slot in range(32)}


def survey(nodes: Nodes) -> Survey:
    """The order of some nodes: one walk up their links, and two more if there is a cycle or a slot without a bit."""
    try:
        return _survey(nodes)
    except LookupError:
        return Survey(_without_cycles(nodes), _taken(nodes))


def _survey(nodes: Nodes) -> Survey:
    """The order of the nodes in one walk; raises `LookupError` if there is a cycle or a slot without a bit."""
    depths: dict[str, int] = {}
    taken: dict[str, int] = {}
    path: list[tuple[str, Iterator[Link], int]] = []
    """Nodes waiting for one upstream: each with its remaining links, and its depth by the links already followed."""
    for start in nodes:
        if start in depths:
            continue
        here, wires, depth = start, iter(nodes[start].wires.values()), 0
        while True:
            for source, slot in wires:
                if source not in nodes:
                    continue
                taken[source] = taken.get(source, 0) | _BITS[slot]
                if source not in depths:
                    path.append((here, wires, depth))
                    here, wires, depth = source, iter(nodes[source].wires.values()), 0
                    break
                if depths[source] > depth:
                    depth = depths[source]
            else:
                depth = depths[here] = depth + 1
                if not path:
                    break
                here, wires, before = path.pop()
                depth = max(depth, before)
            if len(path) > len(nodes):
                raise LookupError("a cycle")
    return Survey({number: depths[number] for number in nodes}, taken)


def _without_cycles(nodes: Nodes) -> Mapping[str, int]:
    """The depths of nodes if some form cycles: Kahn's algorithm by hand, as networkx takes forty times as long."""
    waiting: dict[str, int] = {}
    fed: dict[str, list[str]] = {}
    for number, node in nodes.items():
        sources = [source for source, _ in node.wires.values() if source in nodes]
        for source in sources:
            fed.setdefault(source, []).append(number)
        waiting[number] = len(sources)
    found: dict[str, int] = {}
    depth, generation = 0, [number for number, count in waiting.items() if not count]
    while generation:
        depth += 1
        found.update(dict.fromkeys(generation, depth))
        following = []
        for number in generation:
            for target in fed.get(number, ()):
                waiting[target] -= 1
                if not waiting[target]:
                    following.append(target)
        generation = following
    return {number: found[number] for number in nodes if number in found}


def _taken(nodes: Nodes) -> Mapping[str, int] | None:
    taken: dict[str, int] = {}
    for node in nodes.values():
        for source, slot in node.wires.values():
            if source in nodes:
                if slot not in _BITS:
                    return None
                taken[source] = taken.get(source, 0) | _BITS[slot]
    return taken
