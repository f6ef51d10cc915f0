"""An `AnyNode` as the typed node that it could have been written as."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import isclass
from typing import Any

from ryla_graphs import catalogs
from ryla_graphs.catalog.schema import InputSpec, Kind
from ryla_graphs.catalog.schema import Option as OptionSpec
from ryla_graphs.graph.graph import Graph
from ryla_graphs.graph.node import AnyNode, Node, Option
from ryla_graphs.graph.wires import Output, Source
from ryla_graphs.problems import InvalidNode


def bundled_class(class_type: str) -> type[Node] | None:
    """The class of `ryla_graphs.nodes`; None where there is none."""
    from ryla_graphs.nodes import node_class  # noqa: PLC0415 - the index of all classes

    return node_class(class_type) if class_type in catalogs.bundled() else None


NodeClasses = Callable[[str], type[Node] | None]
"""Gives the Python class of a class type; None where there is none."""


def typed_nodes(graph: Graph, classes: NodeClasses) -> dict[Node, Node]:
    """Each node of a graph as it is written: of its Python class where that takes exactly its inputs.

    The wires of a typed node lead to typed nodes. A graph in which some node has no name is left as it is, since
    the ids of such nodes depend on the order of inputs, which a class may have otherwise.
    """
    written: dict[Node, Node] = {}
    all_named = all(node.name_ for node in graph.nodes)
    for node in graph.nodes:
        typed = _typed(node, classes, written) if all_named and isinstance(node, AnyNode) else None
        written[node] = typed or node
    for wire in graph.wires():
        if wire.slot >= len(written[wire.source].schema_.outputs):
            written[wire.source] = wire.source
    return written


def _typed(node: AnyNode, classes: NodeClasses, written: Mapping[Node, Node]) -> Node | None:
    cls = classes(node.of)
    if cls is None:
        return None
    try:
        inputs = {name: _moved(value, written) for name, value in node.inputs.items()}
        left = dict(inputs)
        fields = dict(_fields(cls, cls.CATALOG[cls.CLASS_TYPE].inputs, left))
        typed = cls.made(fields, node.origin_)
    except (InvalidNode, _NoField):
        return None
    given = dict(typed.given_inputs())
    same = given.keys() == inputs.keys() and all(_same(given[name], value) for name, value in inputs.items())
    return typed if same and not left else None


def _moved(value: Any, written: Mapping[Node, Node]) -> Any:
    if isinstance(value, Output):
        return written[value.node].output(value.slot)
    return written[value] if isinstance(value, Node) else value


class _NoField(Exception):
    """There is no way to write these inputs as fields."""


def _fields(
    cls: type[Node] | type[Option], specs: Sequence[InputSpec], left: dict[str, Any]
) -> Iterator[tuple[str, Any]]:
    """The fields of a class, out of the inputs by wire name that are `left`."""
    names = {cls.WIRE_NAMES.get(field, field): field for field in cls.model_fields}
    for spec in specs:
        if spec.kind is Kind.AUTOGROW:
            slots = {slot.key: left.pop(slot.name) for slot in spec.slots if slot.name in left}
            if slots:
                yield names[spec.key], _grown(spec, slots)
        elif spec.name in left:
            value = left.pop(spec.name)
            yield names[spec.key], _option(cls, spec, value, left) if spec.kind is Kind.DYNAMIC_COMBO else value


def _grown(spec: InputSpec, slots: dict[str, Any]) -> Any:
    """The slots of an autogrow input: a list where they are the first ones, else a dict."""
    if list(slots) == [slot.key for slot in spec.slots[: len(slots)]]:
        return list(slots.values())
    if spec.slot_prefix is not None:
        raise _NoField
    return slots


def _option(owner: type[Node] | type[Option], spec: InputSpec, key: Any, left: dict[str, Any]) -> Any:
    option = next((option for option in spec.options if option.key == key), None)
    if option is None:
        raise _NoField
    chosen = option_class(owner, option)
    return key if chosen is None else chosen(**dict(_fields(chosen, option.inputs, left)))


def option_class(owner: type[Any], option: OptionSpec) -> type[Option] | None:
    """The generated class of an option; None where its key alone says everything."""
    keys = {spec.key for spec in option.inputs}
    spaces = (space for space in vars(owner).values() if isclass(space) and not issubclass(space, tuple))
    for candidate in (candidate for space in spaces for candidate in vars(space).values()):
        if isclass(candidate) and issubclass(candidate, Option):
            found = {candidate.WIRE_NAMES.get(field, field) for field in candidate.model_fields}
            if option.key == candidate.KEY and found == keys:
                return candidate
    return None


def _same(given: Any, value: Any) -> bool:
    """Whether a node's value is the one asked for; a whole number in a FLOAT is written as a float."""
    if isinstance(value, Source):
        return given is value or (isinstance(given, Output) and isinstance(value, Output) and _ends(given, value))
    is_whole = type(value) is int and type(given) is float and given == value
    return is_whole or (type(given) is type(value) and repr(given) == repr(value))


def _ends(one: Output[Any], other: Output[Any]) -> bool:
    return one.node is other.node and one.slot == other.slot
