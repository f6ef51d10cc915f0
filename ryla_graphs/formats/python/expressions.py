"""Nodes and their inputs as expressions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ryla_graphs.formats.python.layout import Call, Expression, Items, Keyed
from ryla_graphs.formats.python.literals import literal, text
from ryla_graphs.formats.python.scope import Scope
from ryla_graphs.formats.python.texts import Module
from ryla_graphs.formats.python.wiring import Use, Wiring, same
from ryla_graphs.graph.any_node import AnyNode
from ryla_graphs.graph.node import Node
from ryla_graphs.graph.option import Option
from ryla_graphs.graph.wires import BrokenLink, Source
from ryla_graphs.problems import InvalidNode


class Expressions:
    """Writes the nodes of one function."""

    def __init__(self, wiring: Wiring, module: Module, scope: Scope) -> None:
        self._wiring = wiring
        self._module = module
        self._scope = scope

    def node(self, node: Node, *, name: Expression | None = None, lookup: str = "") -> Call:
        """The call that makes a node, with its name; pass `name` if that is not just the node's own."""
        written = self._wiring.written[node]
        cls = self._module.import_class(type(written))
        arguments = self._any(node, written) if isinstance(written, AnyNode) else self._fields(node, written)
        then: list[Call | str] = []
        if node.name_ is not None:
            title = [Keyed("title=", self._module.value(node.title_, "TITLE"))] if node.title_ else []
            then.append(Call(".named", (name or self._module.value(node.name_, "NAME"), *title)))
        if lookup:
            then.append(lookup)
        return Call(cls, tuple(arguments), tuple(then))

    def _any(self, node: Node, written: AnyNode) -> Iterator[Expression]:
        yield Keyed("of=", self._module.value(written.of, "CLASS"))
        if written.inputs:
            inputs = ((self._key(name), self._value(node, name, value)) for name, value in written.inputs.items())
            yield Keyed("inputs=", Items("{}", tuple(Keyed(f"{key}: ", value) for key, value in inputs)))

    def _key(self, key: str) -> str:
        found = self._module.value(key, "KEY")
        return found if isinstance(found, str) else text(key)

    def _fields(self, node: Node, written: Node) -> Iterator[Keyed]:
        """The inputs, links first."""
        given = [
            (field, _bare(written, field, value) if self._is_unset(node, written, field) else value)
            for field, value in _given(written)
        ]
        given.sort(key=lambda item: not isinstance(item[1], Source))
        return self._keyed(node, written, given, "")

    def _is_unset(self, node: Node, written: Node, field: str) -> bool:
        """Whether no parameter sets an input that the chosen option brings."""
        start = f"{written.WIRE_NAMES.get(field, field)}."
        inside = (name for name in self._wiring.inputs[node] if name.startswith(start))
        return not any(Use(node, name) in self._scope.inputs for name in inside)

    def _keyed(self, node: Node, of: Node | Option, given: list[tuple[str, Any]], prefix: str) -> Iterator[Keyed]:
        """Inputs as keyword arguments, without those at their defaults."""
        for field, value in given:
            if isinstance(of, Node) and field == of.MORE:
                if value:
                    items = (Keyed(f"{text(key)}: ", self._value(node, key, item)) for key, item in value.items())
                    yield Keyed(f"{field}=", Items("{}", tuple(items)))
                continue
            name = prefix + of.WIRE_NAMES.get(field, field)
            is_default = same(value, type(of).model_fields[field].default)
            if not is_default or Use(node, name) in self._scope.inputs:
                yield Keyed(f"{field}=", self._value(node, name, value))

    def _value(self, node: Node, name: str, value: Any) -> Expression:
        if (parameter := self._scope.inputs.get(Use(node, name))) is not None:
            return parameter
        if (source := self._wiring.source(value)) is not None:
            return self._scope.outputs[source]
        if isinstance(value, BrokenLink):
            return Call(self._module.take("ryla_graphs.graph.wires", "BrokenLink"), (literal(value.value),))
        if isinstance(value, Option):
            return Call(self._option(node, value), tuple(self._keyed(node, value, [*_given(value)], f"{name}.")))
        if name in self._wiring.inputs[node] or not isinstance(value, (list, tuple, Mapping)):
            return self._module.value(value, name.rpartition(".")[2])
        slots = [given for given in self._wiring.inputs[node] if given.startswith(f"{name}.")]
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        written = [(key, self._value(node, slot, item)) for slot, (key, item) in zip(slots, items, strict=True)]
        if isinstance(value, Mapping):
            return Items("{}", tuple(Keyed(f"{text(str(key))}: ", item) for key, item in written))
        return Items("[]", tuple(item for _, item in written))

    def _option(self, node: Node, option: Option) -> str:
        """The class of an option, nested in that of its node."""
        cls = self._module.import_class(type(self._wiring.written[node]))
        return ".".join((cls, *type(option).__qualname__.split(".")[1:]))


def _given(of: Node | Option) -> Iterator[tuple[str, Any]]:
    return ((field, value) for field, value in of.__dict__.items() if value is not None)


def _bare(written: Node, field: str, value: Any) -> Any:
    """The bare key of an option, if it means the same by itself."""
    if not isinstance(value, Option):
        return value
    try:
        bare = type(written).made(dict(_given(written)) | {field: value.KEY}, written.origin_)
    except InvalidNode:
        return value
    given, wanted = dict(bare.given_inputs()), dict(written.given_inputs())
    alike = given.keys() == wanted.keys() and all(same(given[key], wanted[key]) for key in wanted)
    return value.KEY if alike else value
