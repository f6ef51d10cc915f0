"""Make one node of equal ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ryla_graphs.graph import Graph
from ryla_graphs.node import AnyNode, Node, Option
from ryla_graphs.wires import Output


def merge_twins(graph: Graph) -> Graph:
    """The graph with equal nodes merged: same class, same values, same sources.

    Kept apart are nodes with a name, output nodes, and classes that may give another result each time or
    of which nobody has said that they do not. What the graph saves does not change.
    """
    twins: dict[Node, Node] = {}
    first: dict[Any, Node] = {}
    mergeable: dict[type[Node], bool] = {}
    for node in graph.nodes:
        cls = type(node)
        if cls not in mergeable:
            schema = node.schema_
            mergeable[cls] = schema.is_pure and not schema.output_node and not issubclass(cls, AnyNode)
        if mergeable[cls] and node.name_ is None:
            key: list[Any] = [cls, node.title_]
            _extend(key, node.__dict__.values(), twins)
            twin = first.setdefault(tuple(key), node)
            if twin is not node:
                twins[node] = twin
    return graph.rewire(twins, check=False) if twins else graph


def _extend(key: list[Any], values: Iterable[Any], twins: dict[Node, Node]) -> None:
    """Add what tells values from others; every kind but text and whole numbers says what it is."""
    for value in values:
        kind = type(value)
        if kind is str or value is None or (kind is int and value):
            key.append(value)
        elif kind is Output:
            key.append(twins.get(value.node, value.node))
            key.append(value.slot)
        elif isinstance(value, Node):
            key.append(twins.get(value, value))
            key.append(0)
        elif isinstance(value, Option):
            key.append(kind)
            _extend(key, value.__dict__.values(), twins)
        elif isinstance(value, (list, tuple)):
            key += (list, len(value))
            _extend(key, value, twins)
        elif isinstance(value, dict):
            key += (dict, *value)
            _extend(key, value.values(), twins)
        else:
            # 1, 1.0 and True are equal in Python but not as JSON, nor are 0.0 and -0.0.
            key.append(kind)
            key.append(value or repr(value))
