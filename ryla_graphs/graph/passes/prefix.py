"""Make nodes part of a larger graph, with ids that begin with the part's name."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from typing import Any

from ryla_graphs.graph.graph import Graph
from ryla_graphs.graph.node import Node, Output
from ryla_graphs.graph.wires import Source


def prefix(graph: Graph, parts: Mapping[Node, str], *, own: Collection[Node] = ()) -> Graph:
    """The graph with some nodes as parts of a larger one: `vae` in the part `day` has the id `day/vae`.

    The nodes are copies, and `merge_twins` may merge the copies of one node again. Only the nodes in `own`, the
    outputs of the part, stay separate. Such a node without a name takes the name of its class, `day/SaveImage`, so
    that the outputs of different parts have different ids.
    """
    origins = {}
    taken = {node.origin_.name for node in parts}
    for node, part in parts.items():
        origin = node.origin_
        original = None if node in own else origin.original or node
        name = _free(node.class_type, taken) if node in own and origin.name is None else origin.name
        taken.add(name)
        origins[node] = origin._replace(name=name, scope=(part, *origin.scope), original=original)
    return graph.rewire(origins=origins, check=False)


def _free(name: str, taken: Collection[str | None]) -> str:
    """The name, or the first of `name_2`, `name_3`, … that is not taken."""
    return next(
        each for count in itertools.count(1) if (each := name if count == 1 else f"{name}_{count}") not in taken
    )


def prefix_wires(wires: Mapping[str, Source[Any]]) -> dict[str, Output[Any]]:
    """Links from other graphs, with everything upstream of each made the part that its key names.

    A node upstream of several links belongs to the part of the first.
    """
    outputs = {part: wire.output(0) if isinstance(wire, Node) else wire for part, wire in wires.items()}
    ends = {part: output for part, output in outputs.items() if isinstance(output, Output)}
    parts: dict[Node, str] = {}
    for part, output in ends.items():
        parts = dict.fromkeys(Graph((output.node,)).nodes, part) | parts
    placed = prefix(Graph(tuple(output.node for output in ends.values())), parts).sinks
    return {part: node.output(output.slot) for node, (part, output) in zip(placed, ends.items(), strict=True)}
