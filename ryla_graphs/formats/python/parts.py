"""Parts that a graph has more than once, such as the instances of one subgraph: nodes whose ids begin alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from ryla_graphs.catalog.schema import Kind
from ryla_graphs.formats.python.statements import Instance
from ryla_graphs.formats.python.wiring import Use, Value, Wiring
from ryla_graphs.graph.node import Node

_LEAST = 3
"""A part of fewer nodes is written out each time."""
_ROUNDS = 4
"""How far around a node the search looks; its results are then compared node by node."""


def find_parts(wiring: Wiring) -> list[list[Instance]]:
    """The parts that occur more than once, the largest first; each node is in at most one."""
    groups = _groups(wiring)
    if len(groups) < 2:
        return []
    palette: dict[Any, int] = {}
    forms: dict[tuple[int, ...], list[Instance]] = {}
    for prefix, nodes in groups.items():
        colours = _colours(wiring, nodes, palette)
        ordered = tuple(sorted(nodes, key=lambda node: colours[node]))
        forms.setdefault(tuple(colours[node] for node in ordered), []).append(Instance(prefix, ordered))
    found: list[list[Instance]] = []
    taken: set[Node] = set()
    for instances in sorted(forms.values(), key=lambda alike: -len(alike) * len(alike[0].nodes)):
        alike: list[Instance] = []
        for instance in instances:
            if taken.isdisjoint(instance.nodes) and _is_same(wiring, instances[0], instance):
                alike.append(instance)
                taken.update(instance.nodes)
        if len(alike) > 1:
            given = tuple(_results(wiring, alike))
            places = [place for place, slot in given if slot is None]
            wiring.whole.update(instance.nodes[place] for instance in alike for place in places)
            found.append([replace(instance, results=given) for instance in alike])
        else:
            taken.difference_update(*(instance.nodes for instance in alike))
    return found


def _groups(wiring: Wiring) -> dict[str, list[Node]]:
    """The nodes by each prefix of their ids that ends in a separator: ``57:`` and ``57:3:`` for ``57:3:8``."""
    groups: dict[str, list[Node]] = {}
    for node in wiring.graph.nodes:
        for separator in re.finditer(r"[:/]", node.name_ or ""):
            groups.setdefault((node.name_ or "")[: separator.end()], []).append(node)
    return {prefix: nodes for prefix, nodes in groups.items() if len(nodes) >= _LEAST and _are_listable(prefix, nodes)}


def _are_listable(prefix: str, nodes: Sequence[Node]) -> bool:
    """Whether the ids can be written as one text, separated by spaces."""
    return all(len((node.name_ or "").removeprefix(prefix).split()) == 1 for node in nodes) and not any(
        " " in (node.name_ or "") for node in nodes
    )


def _colours(wiring: Wiring, nodes: Sequence[Node], palette: dict[Any, int]) -> dict[Node, int]:
    """A number for each node; only nodes with equal surroundings share one, in whatever group."""
    colours = {node: palette.setdefault(_face(wiring, node), len(palette)) for node in nodes}
    for _ in range(_ROUNDS):
        around = {node: (colours[node], *_around(wiring, node, colours)) for node in nodes}
        colours = {node: palette.setdefault(key, len(palette)) for node, key in around.items()}
    return colours


def _face(wiring: Wiring, node: Node) -> tuple[Any, ...]:
    """What must be equal in each instance."""
    specs = wiring.specs(node)
    face: list[Any] = [type(wiring.written[node]), node.class_type, node.title_]
    for name, value in sorted(wiring.inputs[node].items()):
        spec = specs.get(name)
        if wiring.source(value) is not None:
            face.append(name)
        elif type(value) in (int, float, str, bool) and not (spec and spec.kind is Kind.DYNAMIC_COMBO):
            face += (name, type(value))
        else:
            face += (name, repr(value))
    return tuple(face)


def _around(wiring: Wiring, node: Node, colours: dict[Node, int]) -> Iterable[Any]:
    for name, value in sorted(wiring.inputs[node].items()):
        source = wiring.source(value)
        if source is not None and source.node in colours:
            yield name, source.slot, colours[source.node]
    uses = ((slot, use) for slot in wiring.slots[node] for use in wiring.uses[Value(node, slot)])
    yield from sorted((slot, use.input, colours[use.target]) for slot, use in uses if use.target in colours)


def _is_same(wiring: Wiring, one: Instance, other: Instance) -> bool:
    return _wires(wiring, one) == _wires(wiring, other) and all(
        _face(wiring, a) == _face(wiring, b) for a, b in zip(one.nodes, other.nodes, strict=True)
    )


def _wires(wiring: Wiring, instance: Instance) -> list[tuple[Any, ...]]:
    """All links into the nodes of an instance, by position; a link from outside is only marked as present."""
    places = {node: place for place, node in enumerate(instance.nodes)}
    return [
        (place, name, *((places[source.node], source.slot) if source.node in places else ()))
        for node, place in places.items()
        for name, value in sorted(wiring.inputs[node].items())
        if (source := wiring.source(value)) is not None
    ]


def outside_wires(wiring: Wiring, instances: Sequence[Instance]) -> dict[tuple[Value, ...], list[Use]]:
    """What each instance takes from outside, and the inputs of the first one that take it."""
    found: dict[tuple[Value, ...], list[Use]] = {}
    for alike in zip(*(instance.nodes for instance in instances), strict=True):
        for name in wiring.inputs[alike[0]]:
            sources = [wiring.source(wiring.inputs[node][name]) for node in alike]
            outside = tuple(s for s, i in zip(sources, instances, strict=True) if s and s.node not in i.nodes)
            if len(outside) == len(instances):
                found.setdefault(outside, []).append(Use(alike[0], name))
    return found


def given_values(wiring: Wiring, instances: Sequence[Instance]) -> dict[Use, list[Use]]:
    """The inputs of the first instance that hold values, and the same inputs of all of them."""
    return {
        Use(alike[0], name): [Use(node, name) for node in alike]
        for alike in zip(*(instance.nodes for instance in instances), strict=True)
        for name, value in wiring.inputs[alike[0]].items()
        if wiring.source(value) is None
    }


def _results(wiring: Wiring, instances: Sequence[Instance]) -> list[tuple[int, int | None]]:
    """What any instance gives to the outside, by position of the node: a slot, or None for the node itself."""
    found: dict[tuple[int, int | None], None] = {}
    for instance in instances:
        inside = set(instance.nodes)
        for place, node in enumerate(instance.nodes):
            if node in wiring.sinks:
                found[place, None] = None
            for slot in wiring.slots[node]:
                if any(use.target not in inside for use in wiring.uses[Value(node, slot)]):
                    found[place, slot] = None
    whole = {place for place, slot in found if slot is None}
    return sorted(
        ((place, slot) for place, slot in found if slot is None or place not in whole), key=lambda r: (r[0], r[1] or 0)
    )
