"""The function for a part that a graph has more than once, and its calls."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ryla_graphs.catalog.schema import Kind
from ryla_graphs.formats.python import roles
from ryla_graphs.formats.python.function import Body, head
from ryla_graphs.formats.python.layout import INDENT, Call, Expression, Keyed, flat
from ryla_graphs.formats.python.literals import literal, text
from ryla_graphs.formats.python.order import in_order
from ryla_graphs.formats.python.parts import given_values, outside_wires
from ryla_graphs.formats.python.scope import Scope, name_outputs
from ryla_graphs.formats.python.statements import Instance, Single
from ryla_graphs.formats.python.texts import Module
from ryla_graphs.formats.python.wiring import Use, Wiring
from ryla_graphs.formats.python.words import Names, Wish, identifier, variable
from ryla_graphs.graph.node import Node


class PartFunction(NamedTuple):
    """A function, and how each instance calls it."""

    lines: list[str]
    calls: Mapping[Instance, Call]


class _Parameter(NamedTuple):
    wish: Wish
    annotation: str
    uses: list[Use]
    """The inputs of the first instance that it sets."""
    arguments: tuple[Expression, ...]
    """What each instance gives."""


def part_name(wiring: Wiring, instances: Sequence[Instance], titles: Mapping[str, str]) -> str:
    """A name for the function of a part: from its subgraph, else from what it returns."""
    title = titles.get(instances[0].prefix.rstrip(":/"))
    named = identifier(title) if title else None
    results = zip(instances[0].values(), instances[0].results, strict=True)
    given = [roles.role(wiring, value) for value, (_, slot) in results if slot is not None]
    return named or f"make_{given[-1] if given else roles.noun(instances[0].values()[-1].node)}"


def write_part(
    wiring: Wiring, module: Module, outer: Scope, function: str, instances: Sequence[Instance], taken: Sequence[str]
) -> PartFunction:
    """The function of a part; it is nested in the function that calls it and sees its names, `outer`.

    `taken` are the names of the module.
    """
    wires = _wires(wiring, module, outer, instances)
    values = _values(wiring, module, outer, instances)
    seen = [*wires.seen.values(), *values.seen.values()]
    scope = Scope(Names([*taken, *(name.partition(".")[0] for name in seen)]), wires.seen | values.seen)
    part, nodes = scope.names.take("part"), scope.names.take("nodes")
    found = [*wires.parameters, *values.parameters]
    names = scope.names.share([parameter.wish for parameter in found])
    scope.inputs |= {use: name for name, parameter in zip(names, found, strict=True) for use in parameter.uses}
    statements = in_order(wiring, [Single(node) for node in instances[0].nodes])
    assert statements is not None, "a graph has no cycles"
    name_outputs(wiring, scope, statements)
    ids = _Ids(instances, [node for statement in statements for node in statement.nodes])
    listed = scope.names.take("ids")
    body = Body(wiring, module, scope, INDENT * 2)
    body.names = {node: ids.expression(node, part, listed) for node in instances[0].nodes}
    signature = [f"{part}: str", *([f"{nodes}: str"] if ids.differ else []), *(["*"] if found else [])]
    signature += [f"{name}: {parameter.annotation}" for name, parameter in zip(names, found, strict=True)]
    written = [*head(function, signature, _returns(wiring, module, instances[0]), INDENT)]
    if ids.differ:
        written += [f'{INDENT * 2}{listed} = [f"{{{part}}}{{node}}" for node in {nodes}.split()]', ""]
    written += body.lines(statements, returning=[scope.result(wiring, value) for value in instances[0].values()])
    given = [[Keyed(f"{n}=", p.arguments[i]) for n, p in zip(names, found, strict=True)] for i in range(len(instances))]
    calls = {
        instance: Call(function, (*ids.arguments(place), *given[place])) for place, instance in enumerate(instances)
    }
    return PartFunction(written, calls)


class _Inputs(NamedTuple):
    """The inputs of a part: those passed to it, and those from the scope around it, by input of the first instance."""

    parameters: list[_Parameter]
    seen: dict[Use, str]


def _wires(wiring: Wiring, module: Module, outer: Scope, instances: Sequence[Instance]) -> _Inputs:
    found = _Inputs([], {})
    for sources, uses in outside_wires(wiring, instances).items():
        arguments = tuple(outer.outputs[source] for source in sources)
        if len(set(sources)) == 1:
            found.seen.update(dict.fromkeys(uses, arguments[0]))
        else:
            wish, annotation = Wish(roles.role(wiring, sources[0])), module.source_of(wiring.type(sources[0]))
            found.parameters.append(_Parameter(wish, annotation, uses, arguments))
    return found


def _values(wiring: Wiring, module: Module, outer: Scope, instances: Sequence[Instance]) -> _Inputs:
    """Inputs that differ are passed as arguments, equal columns only once."""
    found: dict[tuple[str, ...], _Parameter] = {}
    seen: dict[Use, str] = {}
    for use, alike in given_values(wiring, instances).items():
        bound = [outer.inputs.get(each) for each in alike]
        values = [wiring.inputs[each.target][each.input] for each in alike]
        arguments = tuple(name or module.value(value, use.key) for name, value in zip(bound, values, strict=True))
        texts = tuple(map(flat, arguments))
        if len(set(texts)) == 1:
            seen |= {use: bound[0]} if bound[0] else {}
            continue
        wish = Wish(re.sub(r"_\d+$", "", bound[0]) if bound[0] else variable(use.key))
        if (key := (wish.base, *texts)) in found:
            found[key].uses.append(use)
        else:
            found[key] = _Parameter(wish, _annotation(wiring, module, use, values), [use], arguments)
    return _Inputs([*found.values()], seen)


def _annotation(wiring: Wiring, module: Module, use: Use, values: Sequence[object]) -> str:
    spec = wiring.specs(use.target).get(use.input)
    if spec is not None and spec.kind is Kind.COMBO and not spec.open:
        choices = dict.fromkeys(flat(literal(value)) for value in values)
        return f"{module.take('typing', 'Literal')}[{', '.join(choices)}]"
    return type(values[0]).__name__


def _returns(wiring: Wiring, module: Module, instance: Instance) -> str:
    kinds = [
        module.import_class(type(wiring.written[value.node])) if slot is None else module.source_of(wiring.type(value))
        for value, (_, slot) in zip(instance.values(), instance.results, strict=True)
    ]
    return kinds[0] if len(kinds) == 1 else f"tuple[{', '.join(kinds)}]"


class _Ids:
    """How the ids of a part are written: after its name, or from a list if they differ between instances."""

    def __init__(self, instances: Sequence[Instance], order: Sequence[Node]) -> None:
        self._instances = instances
        places = [instances[0].nodes.index(node) for node in order]
        self._rests = [[_rest(instance, instance.nodes[place]) for place in places] for instance in instances]
        self._places = {node: place for place, node in enumerate(order)}
        self.differ = any(rest != self._rests[0] for rest in self._rests)

    def arguments(self, place: int) -> list[Expression]:
        """The leading arguments of a call."""
        prefix = text(self._instances[place].prefix)
        return [prefix, text(" ".join(self._rests[place]))] if self.differ else [prefix]

    def expression(self, node: Node, part: str, listed: str) -> Expression:
        """The name of a node."""
        if self.differ:
            return f"{listed}[{self._places[node]}]"
        rest = text(_rest(self._instances[0], node)).replace("{", "{{").replace("}", "}}")
        return f"f{rest[0]}{{{part}}}{rest[1:]}"


def _rest(instance: Instance, node: Node) -> str:
    return (node.name_ or "").removeprefix(instance.prefix)
