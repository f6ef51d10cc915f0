"""Promoted widgets of older files, which list them in ``properties.proxyWidgets``: the editor makes inputs of them.

An entry is the node inside, the widget, and where that node is an instance itself sometimes the node inside *it*. The
instance's values go by the order of these entries. A new input belongs to the definition, so all instances get it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ryla_graphs.catalog.schema import Json
from ryla_graphs.formats.editor.document import INPUTS_ID, EditorNode
from ryla_graphs.formats.editor.loaded import Held, InSlot, Link, LoadedGraph, LoadedNode, LoadedPort
from ryla_graphs.formats.editor.parts import UNDEFINED
from ryla_graphs.formats.editor.promotion import definition_of, parsed, promote, targets

PRIMITIVE = "PrimitiveNode"
_PREFIX = re.compile(r"\s*(\d+)\s*:\s*(.+)", re.ASCII)
_LIMIT = 100
"""How deep a promoted widget may lie."""


@dataclass(frozen=True, slots=True)
class _Proxy:
    """An entry: the node inside, its widget, the node inside that one if given, and the file's value."""

    node: str
    widget: str
    through: str | None
    value: Any


def adopt(host: LoadedNode, renumbered: Mapping[str, str], instances: Sequence[LoadedNode]) -> None:
    """Make inputs of what an instance lists as promoted; `instances` are all nodes of the same definition."""
    entries = list(_entries(host.file, renumbered))
    if entries:
        _Adoption(host, instances).run(entries)


def _entries(file: EditorNode, renumbered: Mapping[str, str]) -> Iterator[_Proxy]:
    listed = parsed(file.properties.get("proxyWidgets"))
    if not isinstance(listed, list) or not all(_is_entry(entry) for entry in listed):
        return
    values = file.values if isinstance(file.values, list) else ()
    for number, (node, widget, *through) in enumerate(listed):
        value = values[number] if number < len(values) else None
        yield _Proxy(
            renumbered.get(node, node), widget, through[0] if through else None, UNDEFINED if value is None else value
        )


def _is_entry(entry: Json) -> bool:
    return isinstance(entry, list) and len(entry) in (2, 3) and all(isinstance(part, str) for part in entry)


class _Adoption:
    """The migration of one instance."""

    def __init__(self, host: LoadedNode, instances: Sequence[LoadedNode]) -> None:
        self.host = host
        self.inside = definition_of(host)
        self.instances = instances
        self.left: list[_Proxy] = []

    def run(self, entries: Sequence[_Proxy]) -> None:
        entries = [self.normal(entry) for entry in entries]
        primitives: dict[str, list[_Proxy]] = {}
        # What an entry means is decided for all of them before the first changes anything.
        for entry, act in [(entry, self.plan(entry, entries)) for entry in entries]:
            if act == "primitive":
                primitives.setdefault(entry.node, []).append(entry)
            elif act == "new":
                self.add_input(entry)
            elif act == "aside" or (act is not None and not self.give(act, entry)):
                self.left.append(entry)
        for number, cohort in primitives.items():
            self.replace_primitive(self.inside.nodes[number], cohort)
        for entry in self.left:
            if entry.node == "-1":
                self.give(entry.widget, entry)

    def normal(self, entry: _Proxy) -> _Proxy:
        """The entry without the node ids that old editors wrote before the widget's name."""
        if self.leads_to_widget(entry.node, entry.widget):
            return entry
        widget, through = entry.widget, entry.through
        while (match := _PREFIX.fullmatch(widget)) is not None:
            through, widget = match.groups()
        return replace(entry, widget=widget, through=through)

    def leads_to_widget(self, number: str, widget: str) -> bool:
        graph = self.inside
        for _ in range(_LIMIT):
            node = graph.nodes.get(number)
            if node is None:
                return False
            if node.subgraph is None:
                return node.held(widget) is not None
            source = _source(node.subgraph, widget)
            if source is None:
                return False
            graph, (number, widget) = node.subgraph, source
        return False

    def plan(self, entry: _Proxy, cohort: Sequence[_Proxy]) -> str | None:
        """What to do: the name of the input that has it already, "new", "primitive", "aside" or nothing."""
        for slot in self.host.inputs:
            if _source(self.inside, slot.name) == (entry.node, entry.widget):
                return slot.name
        node = self.inside.nodes.get(entry.node)
        if node is None:
            return "aside"
        if node.type == PRIMITIVE:
            linked = any(name in self.inside.links for name in _primitive_links(node))
            return "primitive" if linked or sum(other.node == entry.node for other in cohort) > 1 else "aside"
        if entry.widget.startswith("$$"):
            return None
        found = self.slot_and_widget(node, entry)
        if found is None:
            return "aside"
        return None if found[1] is not None and found[1].widget.type == "AUDIO_UI" else "new"

    def slot_and_widget(self, node: LoadedNode, entry: _Proxy) -> tuple[InSlot | None, Held | None] | None:
        """The slot and widget of a node inside that an entry means; None where it has no such widget."""
        if node.subgraph is not None:
            for slot in node.inputs:
                source = _source(node.subgraph, slot.name)
                named = source is not None and source[1] == entry.widget
                if entry.through is not None:
                    found = named and source is not None and source[0] == entry.through
                else:
                    found = named or slot.name == entry.widget
                if found and slot.widget is not None:
                    return slot, None
            return None
        held = node.held(entry.widget)
        if held is None:
            return None
        return next((slot for slot in node.inputs if slot.widget == entry.widget), None), held

    def give(self, name: str, entry: _Proxy) -> bool:
        """Give the host's input of this name the entry's value; whether there is just one that promotes a widget."""
        found = [slot for slot in self.host.inputs if slot.name == name]
        if len(found) != 1 or found[0].widget is None:
            return False
        if entry.value is not UNDEFINED:
            self.host.promoted[name] = entry.value
        return True

    def add_input(self, entry: _Proxy) -> None:
        node = self.inside.nodes[entry.node]
        found = self.slot_and_widget(node, entry)
        if found is None or found[0] is None:
            self.left.append(entry)
            return
        name = self.new_port(entry.widget, found[0].type, [(node, found[0])])
        self.give(name, entry)

    def new_port(self, base: str, kind: str, ends: Sequence[tuple[LoadedNode, InSlot]]) -> str:
        """A new input of the definition that leads to these slots, on all instances."""
        taken = {port.name for port in self.inside.inputs}
        name, number = base, 0
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        port = LoadedPort(name, kind, [])
        self.inside.inputs.append(port)
        for node, slot in ends:
            self.connect(port, node, slot)
        for instance in self.instances:
            slot = InSlot(name, kind)
            instance.inputs.append(slot)
            promote(instance, slot)
        return name

    def connect(self, port: LoadedPort, node: LoadedNode, slot: InSlot) -> None:
        """Lead a port to a slot, in place of what was linked there."""
        losing = [other for other in self.inside.inputs if slot.link in other.links]
        self.inside.cut(slot.link)
        for other in losing:
            self.forget(other)
        link = self.inside.new_link()
        self.inside.links[link] = Link(link, INPUTS_ID, len(self.inside.inputs) - 1, node.id, node.inputs.index(slot))
        port.links.append(link)
        slot.link = link

    def forget(self, port: LoadedPort) -> None:
        """Let instances promote through a port no more once it leads to no widget."""
        if any(slot.widget is not None for _, slot in targets(self.inside, port)):
            return
        for instance in self.instances:
            for slot in instance.inputs:
                if slot.name == port.name and slot.widget is not None:
                    slot.widget = None
                    instance.promoted.pop(port.name, None)

    def replace_primitive(self, node: LoadedNode, cohort: Sequence[_Proxy]) -> None:
        """Put an input in the place of a primitive that is promoted."""
        ends = list(self.primitive_ends(node))
        if any(entry.widget != cohort[0].widget for entry in cohort) or not ends or None in ends:
            self.left += cohort
            return
        found = [end for end in ends if end is not None]
        kind = node.outputs[0].type
        if any(slot.type != kind and "*" not in (slot.type, kind) for _, slot in found) or not _alike(found):
            self.left += cohort
            return
        name = self.new_port(node.title or "Primitive", kind, found)
        given = next((entry for entry in cohort if entry.value is not UNDEFINED), None)
        if given is not None:
            self.give(name, given)

    def primitive_ends(self, node: LoadedNode) -> Iterator[tuple[LoadedNode, InSlot] | None]:
        for name in _primitive_links(node):
            link = self.inside.links.get(name)
            target = self.inside.nodes.get(link.target) if link is not None else None
            if link is None or target is None or not 0 <= link.target_slot < len(target.inputs):
                yield None
            else:
                yield target, target.inputs[link.target_slot]


def _primitive_links(node: LoadedNode) -> tuple[str, ...]:
    return node.outputs[0].links if node.outputs else ()


def _alike(ends: Sequence[tuple[LoadedNode, InSlot]]) -> bool:
    """Whether one widget can stand for all of these: of one kind, with one range and step."""
    kinds = set()
    for node, slot in ends:
        if (held := node.held(slot.widget)) is not None and slot.widget is not None:
            spec = held.widget.spec
            limits = (spec.min, spec.max, spec.step, spec.multiline) if spec is not None else ()
            kinds.add((held.widget.type, limits))
    return len(kinds) < 2


def _source(definition: LoadedGraph, name: str) -> tuple[str, str] | None:
    """The node inside and the widget, or input of an instance, that a subgraph's input of this name leads to."""
    port = next((port for port in definition.inputs if port.name == name), None)
    for node, slot in targets(definition, port) if port is not None else ():
        if node.subgraph is not None:
            return node.id, slot.name
        if slot.widget is not None and node.held(slot.widget) is not None:
            return node.id, slot.widget
    return None
