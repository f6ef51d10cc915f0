"""Make one node of equal ones."""

from __future__ import annotations

from typing import Any

from ryla_graphs.graph import Graph
from ryla_graphs.node import Node, Option, Output


def merge_twins(graph: Graph) -> Graph:
    """The graph with equal nodes merged: same class, same values, same sources.

    Kept apart are nodes with a name, output nodes, and classes that may give another result each time or
    of which nobody has said that they do not. What the graph saves does not change.
    """
    twins: dict[Node, Node] = {}
    first: dict[Any, Node] = {}
    for node in graph.nodes:
        if _may_merge(node):
            twin = first.setdefault(_key(node, twins), node)
            if twin is not node:
                twins[node] = twin
    return graph.rewire(twins, check=False) if twins else graph


def _may_merge(node: Node) -> bool:
    if node.name_ is not None:
        return False
    schema = node.schema_
    return schema.is_pure and not schema.output_node


def _key(node: Node, twins: dict[Node, Node]) -> Any:
    values = [_value_key(value, twins) for value in node.__dict__.values()]
    return (type(node), node.title_, *values)


def _value_key(value: Any, twins: dict[Node, Node]) -> Any:
    kind = type(value)
    if kind is Output:
        return kind, twins.get(value.node, value.node), value.slot
    if kind is str:
        return value
    if isinstance(value, Node):
        return Output, twins.get(value, value), 0
    if isinstance(value, Option):
        return kind, *(_value_key(inner, twins) for inner in value.__dict__.values())
    if isinstance(value, (list, tuple)):
        return "list", *(_value_key(inner, twins) for inner in value)
    if isinstance(value, dict):
        return "dict", *((key, _value_key(inner, twins)) for key, inner in value.items())
    # 1, 1.0 and True are equal in Python but not as JSON, nor are 0.0 and -0.0.
    return kind, value or repr(value)
