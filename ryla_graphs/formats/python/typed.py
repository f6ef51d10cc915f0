"""Turns an `AnyNode` into the typed node that it could have been written as."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ryla_graphs.graph.any_node import AnyNode
from ryla_graphs.graph.flatten import NoField, fields_of
from ryla_graphs.graph.graph import Graph
from ryla_graphs.graph.node import Node, Output
from ryla_graphs.graph.wires import Source
from ryla_graphs.problems import InvalidNode


def bundled_class(class_type: str) -> type[Node] | None:
    """The class of `ryla_graphs.nodes`; None if there is none."""
    from ryla_graphs.nodes import is_typed, node_class  # noqa: PLC0415 - the index of all classes

    return node_class(class_type) if is_typed(class_type) else None


NodeClasses = Callable[[str], type[Node] | None]
"""Gives the Python class of a class type; None if there is none."""


def typed_nodes(graph: Graph, classes: NodeClasses) -> dict[Node, Node]:
    """Each node of a graph as it is written: with its Python class if that takes exactly its inputs.

    The links of a typed node lead to typed nodes. A graph with an unnamed node is left as it is, since the ids of
    such nodes depend on the order of inputs, which may be different in a class.
    """
    written: dict[Node, Node] = {}
    all_named = all(node.name_ for node in graph.nodes)
    for node in graph.nodes:
        typed = _typed(node, classes, written) if all_named and isinstance(node, AnyNode) else None
        written[node] = typed or (_untyped(node) if node.origin_.leftovers else node)
    for wire in graph.wires():
        if wire.slot >= len(written[wire.source].schema_.outputs):
            written[wire.source] = wire.source
    return written


def _untyped(node: Node) -> AnyNode:
    """The node with the extras that the editor left among its inputs, which no Python class takes."""
    fields = {"of": node.class_type, "inputs": dict(node.given_inputs()), "catalog": node.CATALOG}
    return AnyNode.made(fields, node.origin_)


def _typed(node: AnyNode, classes: NodeClasses, written: Mapping[Node, Node]) -> Node | None:
    cls = classes(node.of)
    if cls is None:
        return None
    try:
        inputs = {name: _moved(value, written) for name, value in node.inputs.items()}
        left = dict(inputs)
        fields = fields_of(cls, cls.CATALOG[cls.CLASS_TYPE].inputs, left)
        typed = cls.made(fields, node.origin_)
    except (InvalidNode, NoField):
        return None
    given = dict(typed.given_inputs())
    same = given.keys() == inputs.keys() and all(_same(given[name], value) for name, value in inputs.items())
    return typed if same and not left else None


def _moved(value: Any, written: Mapping[Node, Node]) -> Any:
    if isinstance(value, Output):
        return written[value.node].output(value.slot)
    return written[value] if isinstance(value, Node) else value


def _same(given: Any, value: Any) -> bool:
    """Whether a node's value is the original one; a whole number in a FLOAT is written as a float."""
    if isinstance(value, Source):
        return given is value or (isinstance(given, Output) and isinstance(value, Output) and _ends(given, value))
    is_whole = type(value) is int and type(given) is float and given == value
    return is_whole or (type(given) is type(value) and repr(given) == repr(value))


def _ends(one: Output[Any], other: Output[Any]) -> bool:
    return one.node is other.node and one.slot == other.slot
