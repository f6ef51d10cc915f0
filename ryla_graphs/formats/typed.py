"""Makes a node of its Python class from inputs by their names in the JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ryla_graphs.catalog.behaviour import Undeclared
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.graph.flatten import NoField, fields_of
from ryla_graphs.graph.node import Node
from ryla_graphs.graph.origin import Origin
from ryla_graphs.graph.wires import AbstractNode, AbstractOutput


def typed_class(class_type: str, catalog: Catalog) -> type[Node] | None:
    """The Python class of a class type; None if there is none, or if its outputs differ in `catalog`."""
    from ryla_graphs.nodes import is_typed, node_class  # noqa: PLC0415 - the index of all classes

    if not is_typed(class_type) or class_type not in catalog:
        return None
    cls = node_class(class_type)
    ours, theirs = cls.CATALOG[class_type], catalog[class_type]
    same = ours is theirs or (ours.output_types, ours.output_node) == (theirs.output_types, theirs.output_node)
    return cls if same else None


def typed_node(class_type: str, inputs: Mapping[str, Any], origin: Origin, catalog: Catalog) -> Node | None:
    """The node with these inputs; None if they are not valid for any Python class.

    Inputs are as in JSON, with links resolved. Extras that the editor left among them stay with the node.
    """
    cls = typed_class(class_type, catalog)
    if cls is None:
        return None
    schema = cls.CATALOG[class_type]
    left = dict(inputs)
    try:
        fields = fields_of(cls, schema.inputs, left)
    except NoField:
        return None
    if any(value is None for name, value in inputs.items() if name not in left):
        return None  # a field that is None was left out; null is different
    more: dict[str, Any] = {}
    for name, value in left.items():
        fate = schema.undeclared(name, wired=isinstance(value, (AbstractNode, AbstractOutput)))
        if fate is Undeclared.TAKEN and cls.MORE is not None:
            more[name] = value
        elif fate is not Undeclared.LEFTOVER:
            return None
    if cls.MORE is not None and more:
        fields[cls.MORE] = more
    beside = tuple((name, value) for name, value in left.items() if name not in more)
    return cls._as_written(fields, origin._replace(leftovers=beside))
