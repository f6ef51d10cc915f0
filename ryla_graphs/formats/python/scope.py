"""The names in one function: its parameters, and a variable for each node or output."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ryla_graphs.formats.python import roles
from ryla_graphs.formats.python.statements import Chain, Instance, Single, Statement
from ryla_graphs.formats.python.wiring import Use, Value, Wiring
from ryla_graphs.formats.python.words import Names, Wish
from ryla_graphs.graph.node import Node

_MOST_UNPACKED = 4
"""A node with more outputs than this is not unpacked: each output is looked up where it is used."""


class Target(NamedTuple):
    """How a statement begins and ends: ``model, clip, vae = ….out``."""

    names: str
    lookup: str = ""


@dataclass
class Scope:
    """The names of one function."""

    names: Names
    inputs: dict[Use, str] = field(default_factory=dict)
    """The parameters that set inputs."""
    outputs: dict[Value, str] = field(default_factory=dict)
    """How each output is written."""
    targets: dict[Node, Target] = field(default_factory=dict)
    """What each node is assigned to."""
    looped: dict[Node, Value] = field(default_factory=dict)
    """Nodes whose variable a loop reuses, and what the loop makes of it."""

    def result(self, wiring: Wiring, value: Value) -> str:
        """The variable that holds a result of a part: the whole node if some workflow ends in it."""
        if value.node in wiring.whole:
            return self.targets[value.node].names
        return self.outputs.get(value, "_")


def name_outputs(wiring: Wiring, scope: Scope, statements: Sequence[Statement]) -> None:
    """Give each output of some statements its variable."""
    words = roles.marks(wiring)
    looped = _looped(wiring, statements)
    values = [value for statement in statements for value in _named(wiring, statement) if value not in looped]
    ends = {end for statement in statements if isinstance(statement, Chain) for end in statement.ends}
    found = scope.names.share([_wish(wiring, value, words, ends) for value in values])
    names = dict(zip(values, found, strict=True))
    for value, end in looped.items():
        names[value] = names[end]
        scope.looped[value.node] = end
    for statement in statements:
        named = {value: names[value] for value in _named(wiring, statement)}
        if isinstance(statement, Single) and not unpacks(wiring, statement.node):
            _bind_node(wiring, scope, statement.node, next(iter(named.values())))
        elif isinstance(statement, Instance):
            for value, name in named.items():
                if value.node in wiring.whole:
                    _bind_node(wiring, scope, value.node, name)
                scope.outputs.setdefault(value, name)
        else:
            scope.outputs |= named
            if isinstance(statement, Single):
                scope.targets[statement.node] = _unpacking(wiring, statement.node, named)


def _looped(wiring: Wiring, statements: Sequence[Statement]) -> dict[Value, Value]:
    """Values that only a loop takes, and what the loop makes of them: both share a variable."""
    chains = [statement for statement in statements if isinstance(statement, Chain)]
    singles = {statement.node for statement in statements if isinstance(statement, Single)}
    return {
        base: end
        for chain in chains
        for base, end in zip(chain.bases.values(), chain.ends, strict=True)
        if len(wiring.uses[base]) == 1
        and base.node in singles
        and (unpacks(wiring, base.node) or len(wiring.schemas[base.node].outputs) == 1)
    }


def _named(wiring: Wiring, statement: Statement) -> Sequence[Value]:
    """The values that get a variable; the first output of a node that is not unpacked stands for the whole node."""
    if isinstance(statement, Chain):
        return statement.ends
    if isinstance(statement, Instance):
        return statement.wanted(wiring)
    node = statement.nodes[0]
    slots = wiring.slots[node] or [0]
    return [Value(node, slot) for slot in (slots if unpacks(wiring, node) else slots[:1])]


def _bind_node(wiring: Wiring, scope: Scope, node: Node, name: str) -> None:
    scope.targets[node] = Target(name)
    scope.outputs |= {Value(node, slot): spelt(wiring, node, slot, name) for slot in wiring.slots[node]}


def unpacks(wiring: Wiring, node: Node) -> bool:
    """Whether the outputs of a node get variables instead of the node itself, as with loaders."""
    slots, outputs = wiring.slots[node], len(wiring.schemas[node].outputs)
    wired = any(True for _ in wiring.sources(node))
    few = len(slots) == 1 or outputs <= _MOST_UNPACKED
    whole = wired or node in wiring.whole
    return wiring.is_known(node) and outputs > 1 and bool(slots) and few and not whole


def _wish(wiring: Wiring, value: Value, words: Mapping[Node, Sequence[str]], ends: Collection[Value]) -> Wish:
    node = value.node
    if value in ends:
        return Wish(roles.type_name(wiring, value), kind="lora", marks=words[node])
    unpacked = unpacks(wiring, node)
    own: tuple[str | None, ...] = roles.own_names(wiring, node)
    if unpacked and len(wiring.slots[node]) > 1:
        kind = roles.type_name(wiring, value)
        own = tuple(name and f"{name}_{kind}" for name in own)
    if roles.is_knob(wiring, node):
        own = tuple(name and f"{name}_value" for name in own)
    whole = len(wiring.schemas[node].outputs) > 1 and not unpacked
    named = next((name for name in own if name), None) or roles.noun(node)
    base = named if whole or not wiring.slots[node] else roles.role(wiring, value)
    return Wish(base, own, roles.noun(node), words[node])


def _unpacking(wiring: Wiring, node: Node, names: Mapping[Value, str]) -> Target:
    if len(names) == 1:
        (value,) = names
        return Target(names[value], f".out.{output_field(wiring, value)}")
    every = (Value(node, slot) for slot in range(len(wiring.schemas[node].outputs)))
    return Target(", ".join(names.get(value, "_") for value in every), ".out")


def spelt(wiring: Wiring, node: Node, slot: int, name: str) -> str:
    """An output of a node that has a variable, as code."""
    if not wiring.is_known(node):
        return f"{name}.output({slot})" if slot else name
    return name if len(wiring.schemas[node].outputs) == 1 else f"{name}.out.{output_field(wiring, Value(node, slot))}"


def output_field(wiring: Wiring, value: Value) -> str:
    """The name of an output under `.out`."""
    fields: tuple[str, ...] = type(wiring.written[value.node]).Out._fields  # type: ignore[attr-defined]
    return fields[value.slot]
