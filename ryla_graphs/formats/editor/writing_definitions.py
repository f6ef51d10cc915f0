"""The definition that parts of one shape share, and the instances that replace them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
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
    """A node with its path: the instances that it is in, outermost first, then its own id in the innermost."""

    path: tuple[str, ...]
    node: Drawn
    flat: str
    """Its id if none of them becomes an instance."""
    optional: bool = False
    """Whether the innermost becomes an instance only if there is another of its shape."""
    order: int = 0
    """Its place in the prompt."""


@dataclass(slots=True)
class Group:
    """Nodes that may become one instance."""

    prefix: tuple[str, ...]
    members: list[Placed]
    """In the order of the prompt."""
    exports: list[Link] = field(default_factory=list)
    """What nodes outside take."""
    imports: dict[Link, tuple[Input, str]] = field(default_factory=dict)
    """What it takes from outside, each with the first input that takes it and the id of that input's node."""
    shape: str = ""


class Promoted(NamedTuple):
    """A widget inside a definition that its instances show, by the index of its node and its own."""

    member: int
    widget: int
    port: Port


def define(alike: Sequence[Group]) -> tuple[Definition, list[Promoted]]:
    """The definition that some groups of one shape share, and the widgets that its instances show."""
    first = alike[0]
    local = {member.node.id: member.path[-1] for member in first.members}
    names = _Names()
    inputs = [names.port(slot.name, slot.type, member) for slot, member in first.imports.values()]
    promoted = list(_promoted(alike, names))
    inside = {link: Link(INPUTS, number) for number, link in enumerate(first.imports)}
    nodes = [inside_of(member, inside, local) for member in first.members]
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


def inside_of(member: Placed, inside: Mapping[Link, Link], local: Mapping[str, str]) -> Drawn:
    """A node as it is in the definition, its links by the ids used there."""
    inputs = [
        replace(slot, source=inside.get(slot.source) or Link(local[slot.source.node], slot.source.slot))
        if slot.source is not None
        else replace(slot)
        for slot in member.node.inputs
    ]
    return replace(member.node, id=member.path[-1], inputs=inputs)


def _promoted(alike: Sequence[Group], names: _Names) -> Iterator[Promoted]:
    """The widgets whose values differ between groups."""
    for place, members in enumerate(zip(*(group.members for group in alike), strict=True)):
        for number, held in enumerate(zip(*(member.node.values for member in members), strict=True)):
            widget = held[0][0]
            if len({json.dumps(value, sort_keys=True) for _, value in held}) > 1:
                kind = widget.spec.type if widget.spec is not None else widget.type
                yield Promoted(place, number, names.port(widget.name, kind, members[0].path[-1]))


def instance(group: Group, definition: Definition, promoted: Sequence[Promoted]) -> Placed:
    """The node that replaces a group in the graph around it."""
    inputs = [
        Input(port.name, port.type, source=link, label=port.label)
        for port, link in zip(definition.inputs, group.imports, strict=False)
    ]
    # The editor also shows a widget if a link into the instance ends in it.
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
        # No node of a prompt has such an id, so the instance cannot be mistaken for one.
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
    """The name and type of an output that is used outside, and its node."""
    member = members[link.node]
    known = member.node.output(link.slot) or Output(f"output {link.slot}", sockets.ANY)
    return known.name, known.type, member.path[-1]


class _Names:
    """Names of ports, each used once."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def port(self, name: str, kind: str, node: str) -> Port:
        """A port of this name; if the name is taken, it gets another, and its label the node's id to tell it apart."""
        own, number = name, 1
        while own in self._used:
            own, number = f"{name}_{number}", number + 1
        self._used.add(own)
        return Port(own, kind, None if own == name else f"{node} {name}")


def _joined(properties: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The properties of nodes that become one, with the models to fetch of all of them."""
    models = [model for each in properties for model in each.get("models", ())]
    unique = [model for number, model in enumerate(models) if model not in models[:number]]
    return properties[0] | ({"models": unique} if unique else {})


def _plain(node: Drawn) -> Any:
    return [node.id, node.title, [value for _, value in node.values]]
