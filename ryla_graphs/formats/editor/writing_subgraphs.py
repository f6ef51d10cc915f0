"""Subgraphs: a part of a graph that is drawn once, as a definition, and stands in the graph as one node.

A prompt that the editor made of subgraphs says so in its ids: ``75:63`` is node 63 of the instance 75. A graph written
in Python has parts; two parts of one shape are two instances of one definition, and where their values differ, the
instances show those widgets.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ryla_graphs import sockets
from ryla_graphs.formats.editor.drawn import Drawn, Held, Input, Output, size_of
from ryla_graphs.formats.editor.widgets import Widget
from ryla_graphs.prompt import Link

INPUTS, OUTPUTS = "-10", "-20"
"""The ids that a definition's own inputs and outputs have in its links."""


class Port(NamedTuple):
    """An input or output of a definition; `link` is what an output takes inside."""

    name: str
    type: str
    label: str | None = None
    link: Link | None = None


@dataclass(slots=True)
class Definition:
    """A part of a graph that its instances share."""

    id: str
    name: str
    nodes: list[Drawn]
    inputs: list[Port]
    outputs: list[Port]


@dataclass(slots=True)
class Placed:
    """A node, and the instances that it stands in, outermost first, its own id in the innermost last."""

    path: tuple[str, ...]
    node: Drawn
    flat: str
    """Its id where none of them becomes an instance."""
    optional: bool = False
    """Whether the innermost is an instance only if there is another of its shape."""
    order: int = 0
    """Its place in the prompt."""


def fold(placed: Sequence[Placed]) -> tuple[list[Drawn], list[Definition]]:
    """The nodes of the outermost graph, and the definitions of the instances among them and in each other."""
    definitions: list[Definition] = []
    folded: set[tuple[str, ...]] = set()
    current = list(placed)
    for depth in range(max((len(node.path) for node in placed), default=1), 1, -1):
        current = _fold_innermost(current, depth, definitions, folded)
    for each in current:
        _leave(each, folded)
    if all(each.path == (each.node.id,) for each in current):
        return [each.node for each in current], definitions
    local = {placed.node.id: placed.path[0] for placed in current}
    return [_inside(placed, {}, local) for placed in current], definitions


def _leave(placed: Placed, folded: Collection[tuple[str, ...]]) -> None:
    """Let a node stand beside the instance that its part has become, under its full name."""
    parts = placed.node.parts
    for depth in range(1, len(parts) + 1):
        if parts[:depth] in folded:
            placed.node.parts = parts[: depth - 1]
            if placed.flat.endswith(placed.node.title or "\0"):
                placed.node.title = placed.flat
            return


# --- one depth ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Group:
    """The nodes of what may become one instance."""

    prefix: tuple[str, ...]
    members: list[Placed]
    """In the order of the prompt."""
    exports: list[Link] = field(default_factory=list)
    """What nodes outside take."""
    imports: dict[Link, tuple[Input, str]] = field(default_factory=dict)
    """What it takes from outside, each with the first input that takes it, and the id of its node."""
    shape: str = ""


def _fold_innermost(
    current: list[Placed], depth: int, definitions: list[Definition], folded: set[tuple[str, ...]]
) -> list[Placed]:
    """The graph with the groups at this depth made instances, or dissolved into the group around them."""
    groups = _groups(current, depth)
    twins: dict[str, list[_Group]] = defaultdict(list)
    for group in groups.values():
        twins[group.shape].append(group)
    taken = {placed.path for placed in current if len(placed.path) < depth}
    numbers = _Numbers(placed.path[-1] for placed in current if len(placed.path) == 1)
    replaced: dict[Link, Link] = {}
    instances: dict[tuple[str, ...], Placed] = {}
    for shape, alike in twins.items():
        wanted = len(alike) > 1 or not alike[0].members[0].optional
        if wanted and not any(group.prefix in taken for group in alike) and numbers.free(shape, alike[0]):
            definition, promoted = _define(alike)
            definitions.append(definition)
            for group in alike:
                instances[group.prefix] = _instance(group, definition, promoted)
                key = instances[group.prefix].node.id
                replaced |= {link: Link(key, slot) for slot, link in enumerate(group.exports)}
    folded.update(instances)
    return list(_with_instances(current, depth, instances, replaced))


def _groups(current: Sequence[Placed], depth: int) -> dict[tuple[str, ...], _Group]:
    inside: dict[str, tuple[str, ...]] = {p.node.id: p.path[:-1] for p in current if len(p.path) == depth}
    local = {p.node.id: p.path[-1] for p in current}
    groups: dict[tuple[str, ...], _Group] = {}
    for placed in sorted((p for p in current if len(p.path) == depth), key=lambda p: p.order):
        groups.setdefault(placed.path[:-1], _Group(placed.path[:-1], [])).members.append(placed)
    rank = {member.node.id: number for group in groups.values() for number, member in enumerate(group.members)}
    for placed in current:
        for source in _sources(placed.node):
            home = inside.get(source.node)
            if home is not None and home != inside.get(placed.node.id):
                groups[home].exports.append(source)
    for group in groups.values():
        group.exports = sorted(set(group.exports), key=lambda link: (rank[link.node], link.slot))
        for member in group.members:
            for slot in member.node.inputs:
                if slot.source is not None and inside.get(slot.source.node) != group.prefix:
                    group.imports.setdefault(slot.source, (slot, member.path[-1]))
        group.shape = _shape(group, local)
    return groups


def _sources(node: Drawn) -> Iterator[Link]:
    return (slot.source for slot in node.inputs if slot.source is not None)


def _shape(group: _Group, local: Mapping[str, str]) -> str:
    """What two groups have in common if one definition does for both: everything but values that can be promoted."""
    number = {link: place for place, link in enumerate(group.imports)}
    nodes = [
        [
            member.path[-1],
            member.node.type,
            [[slot.name, _source(slot.source, number, local)] for slot in member.node.inputs],
            [[held[0].name, None if _can_be_promoted(*held) else held[1]] for held in member.node.values],
            member.optional,
        ]
        for member in group.members
    ]
    return json.dumps([nodes, [[local[link.node], link.slot] for link in group.exports]], sort_keys=True)


def _source(link: Link | None, number: Mapping[Link, int], local: Mapping[str, str]) -> Any:
    """A link by what it is in every group of a shape: an input of the group, or an output of a node in it."""
    if link is None:
        return None
    return number[link] if link in number else [local[link.node], link.slot]


def _can_be_promoted(widget: Widget, _: Any) -> bool:
    return widget.spec is not None and widget.type != sockets.DYNAMIC_COMBO and not widget.spec.socketless


class _Numbers:
    """The numbers that nodes have: the editor gives new ones to those of a definition that others have too."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._taken = {name: "" for name in ids if name.isdecimal()}

    def free(self, shape: str, group: _Group) -> bool:
        """Whether a definition with this group's nodes can keep their numbers, which it then has."""
        names = [member.path[-1] for member in group.members if member.path[-1].isdecimal()]
        if any(self._taken.get(name, shape) != shape for name in names):
            return False
        self._taken |= dict.fromkeys(names, shape)
        return True


def _with_instances(
    current: Sequence[Placed],
    depth: int,
    instances: Mapping[tuple[str, ...], Placed],
    replaced: Mapping[Link, Link],
) -> Iterator[Placed]:
    """The graph one level up: an instance where the first of its nodes was, other groups dissolved."""
    done: set[tuple[str, ...]] = set()
    for placed in current:
        if len(placed.path) == depth:
            home = placed.path[:-1]
            if home in done:
                continue
            if home in instances:
                done.add(home)
                placed = instances[home]  # noqa: PLW2901 - what stands here now
            else:
                _dissolve(placed)
        for slot in placed.node.inputs:
            slot.source = replaced.get(slot.source, slot.source) if slot.source is not None else None
        yield placed


def _dissolve(placed: Placed) -> None:
    """Take a node out of the innermost group, which becomes a mere part around it."""
    *outer, part, name = placed.path
    placed.node.parts = (part, *placed.node.parts)
    separator = "/" if placed.optional else ":"
    placed.path = (*outer, f"{part}{separator}{name}") if outer else (placed.flat,)


# --- definitions and instances -----------------------------------------------------------------------------------


class _Promoted(NamedTuple):
    """A widget inside a definition that its instances show, by the place of its node and its own."""

    member: int
    widget: int
    port: Port


def _define(alike: Sequence[_Group]) -> tuple[Definition, list[_Promoted]]:
    """The definition that some groups of one shape share, and the widgets that its instances show."""
    first = alike[0]
    local = {member.node.id: member.path[-1] for member in first.members}
    names = _Names()
    inputs = [names.port(slot.name, slot.type, member) for slot, member in first.imports.values()]
    promoted = list(_promoted(alike, names))
    inside = {link: Link(INPUTS, number) for number, link in enumerate(first.imports)}
    nodes = [_inside(member, inside, local) for member in first.members]
    for number, (member, widget, port) in enumerate(promoted, len(inputs)):
        name = nodes[member].values[widget][0].name
        nodes[member].inputs.append(Input(name, port.type, True, Link(INPUTS, number)))
    for member, node in enumerate(nodes):
        node.properties = _joined([group.members[member].node.properties for group in alike])
    names = _Names()
    members = {member.node.id: member for member in first.members}
    outputs = [
        names.port(*_given_by(link, members))._replace(link=Link(local[link.node], link.slot)) for link in first.exports
    ]
    title = ", ".join(group.prefix[-1] for group in alike[:3]) + (", …" if len(alike) > 3 else "")
    title = title if first.members[0].optional else f"Subgraph {title}"
    identity = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps([title, first.shape, [_plain(node) for node in nodes]]))
    return Definition(str(identity), title, nodes, [*inputs, *(found.port for found in promoted)], outputs), promoted


def _inside(member: Placed, inside: Mapping[Link, Link], local: Mapping[str, str]) -> Drawn:
    """A node as it stands in the definition, its links by the ids that are used there."""
    inputs = [
        replace(slot, source=inside.get(slot.source) or Link(local[slot.source.node], slot.source.slot))
        if slot.source is not None
        else replace(slot)
        for slot in member.node.inputs
    ]
    return replace(member.node, id=member.path[-1], inputs=inputs)


def _promoted(alike: Sequence[_Group], names: _Names) -> Iterator[_Promoted]:
    """The widgets whose values are not the same in all groups."""
    for place, members in enumerate(zip(*(group.members for group in alike), strict=True)):
        linked = {slot.name for slot in members[0].node.inputs if slot.widget}
        for number, held in enumerate(zip(*(member.node.values for member in members), strict=True)):
            widget = held[0][0]
            if widget.name not in linked and len({json.dumps(value, sort_keys=True) for _, value in held}) > 1:
                kind = widget.spec.type if widget.spec is not None else widget.type
                yield _Promoted(place, number, names.port(widget.name, kind, members[0].path[-1]))


def _instance(group: _Group, definition: Definition, promoted: Sequence[_Promoted]) -> Placed:
    """The node that stands for a group in the graph around it."""
    inputs = [
        Input(port.name, port.type, source=link, label=port.label)
        for port, link in zip(definition.inputs, group.imports, strict=False)
    ]
    # The editor shows a widget, too, where a link into the instance ends in one.
    shown: list[Held] = [(Widget(slot.name, slot.type), "") for slot, _ in group.imports.values() if slot.widget]
    values: list[Held] = []
    for member, number, port in promoted:
        inputs.append(Input(port.name, port.type, True, label=port.label))
        widget, value = group.members[member].node.values[number]
        values.append((replace(widget, name=port.name), value))
    outputs = [Output(port.name, port.type) for port in definition.outputs]
    *outer, name = group.prefix
    optional = group.members[0].optional
    key = ("/" if optional else ":").join(group.prefix)
    node = Drawn(
        # No node of a prompt has such an id, so the instance is not taken for one.
        id=f"\0{key}",
        type=definition.id,
        title=name if optional else definition.name,
        inputs=inputs,
        outputs=outputs,
        values=values,
        properties={"proxyWidgets": [["-1", port.name] for _, _, port in promoted]},
        box=size_of(name, inputs, outputs, [*shown, *values]),
    )
    return Placed((*outer, name), node, key, optional, min(member.order for member in group.members))


def _given_by(link: Link, members: Mapping[str, Placed]) -> tuple[str, str, str]:
    """Name and type of an output that is taken outside, and its node."""
    member = members[link.node]
    outputs = member.node.outputs
    known = outputs[link.slot] if link.slot < len(outputs) else Output(f"output {link.slot}", sockets.ANY)
    return known.name, known.type, member.path[-1]


class _Names:
    """Names of ports, each used once."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def port(self, name: str, kind: str, node: str) -> Port:
        """A port of this name; one that is taken gets another, and the node's id in its label to tell it apart."""
        own, number = name, 1
        while own in self._used:
            own, number = f"{name}_{number}", number + 1
        self._used.add(own)
        return Port(own, kind, None if own == name else f"{node} {name}")


def _joined(properties: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The properties of nodes that become one: of models to fetch, those of all."""
    models = [model for each in properties for model in each.get("models", ())]
    unique = [model for number, model in enumerate(models) if model not in models[:number]]
    return properties[0] | ({"models": unique} if unique else {})


def _plain(node: Drawn) -> Any:
    return [node.id, node.title, [value for _, value in node.values]]
