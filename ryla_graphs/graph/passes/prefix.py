"""Make nodes a part of a larger graph, with ids that begin with the part's name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ryla_graphs.graph.graph import Graph
from ryla_graphs.graph.node import Node, Output
from ryla_graphs.graph.wires import Source


def prefix(graph: Graph, parts: Mapping[Node, str], *, anew: Collection[Node] = ()) -> Graph:
    """The graph with some nodes as parts of a larger one: `vae` in the part `day` has the id `day/vae`.

    The nodes are copies, which `merge_twins` still takes for the nodes that they are copies of, but for those
    that are to be made `anew`.
    """
    origins = {}
    for node, part in parts.items():
        origin = node.origin_
        original = None if node in anew else origin.original or node
        origins[node] = origin._replace(scope=(part, *origin.scope), original=original)
    return graph.rewire(origins=origins, check=False)


def prefix_wires(wires: Mapping[str, Source[Any]]) -> dict[str, Output[Any]]:
    """Wires out of other graphs, with all that is upstream of each made the part that its key names.

    What is upstream of several belongs to the first.
    """
    outputs = {part: wire.output(0) if isinstance(wire, Node) else wire for part, wire in wires.items()}
    ends = {part: output for part, output in outputs.items() if isinstance(output, Output)}
    parts: dict[Node, str] = {}
    for part, output in ends.items():
        parts = dict.fromkeys(Graph((output.node,)).nodes, part) | parts
    placed = prefix(Graph(tuple(output.node for output in ends.values())), parts).sinks
    return {part: node.output(output.slot) for node, (part, output) in zip(placed, ends.items(), strict=True)}
