"""Promoted widgets of older files, listed in ``properties.proxyWidgets``: the editor turns them into inputs.

An entry has the node inside, the widget and, if that node is itself an instance, sometimes the node inside *it*. The
instance's values follow the order of these entries. A new input belongs to the definition, so all instances get it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from ryla_graphs.catalog.facts import Json
from ryla_graphs.formats.editor.document import INPUTS_ID, EditorLink, EditorNode
from ryla_graphs.formats.editor.loaded import Held, InSlot, LoadedGraph, LoadedNode, LoadedPort
from ryla_graphs.formats.editor.parts import UNDEFINED
from ryla_graphs.formats.editor.promotion import Room, definition_of, lead, parsed, promote, targets
from ryla_graphs.formats.editor.reading import few

PRIMITIVE = "PrimitiveNode"
_PREFIX = re.compile(r"\s*(\d+)\s*:\s*(.+)", re.ASCII)
_REPLACED_BY = "proxyBypassedToSubgraphInput"
_LIMIT = 100
"""How deep a promoted widget may be nested."""


class _Act(Enum):
    """What to do with an entry that has no input yet."""

    NEW_INPUT = "an input is made of it"
    PRIMITIVE = "an input takes the place of the primitive inside"
    ASIDE = "it means nothing that is there"
    NOTHING = "it is a preview, which sends nothing"


@dataclass(frozen=True, slots=True)
class _Proxy:
    """An entry: the node inside, its widget, the node inside that one if given, and the file's value."""

    node: str
    widget: str
    through: str | None
    value: Any


def adopt(host: LoadedNode, renumbered: Mapping[str, str], room: Room) -> None:
    """Turn the widgets that an instance lists as promoted into inputs."""
    entries = list(_entries(host.file, renumbered))
    if entries:
        _Adoption(host, room).run(few(entries, f"{host.file.place}.properties.proxyWidgets"))


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

    def __init__(self, host: LoadedNode, room: Room) -> None:
        self.host = host
        self.room = room
        self.inside = definition_of(host)
        self.left: list[_Proxy] = []
        self.taken: dict[tuple[str, str], str] = {}
        """What each input already leads to: maps the inner node and the widget to the input."""
        self.promoting: dict[str, dict[tuple[str | None, str], InSlot]] = {}
        """The slots of inner instances that promote a widget, by the names that an entry may use for them."""

    def run(self, entries: Sequence[_Proxy]) -> None:
        for slot, port in zip(self.host.inputs, self.inside.inputs, strict=True):
            if (source := lead(self.inside, port).source) is not None:
                self.taken.setdefault(source, slot.name)
        entries = [self.normal(entry) for entry in entries]
        times = Counter(entry.node for entry in entries)
        primitives: dict[str, list[_Proxy]] = {}
        # Decide what each entry means before the first one changes anything.
        for entry, act in [(entry, self.plan(entry, times)) for entry in entries]:
            if act is _Act.PRIMITIVE:
                primitives.setdefault(entry.node, []).append(entry)
            elif act is _Act.NEW_INPUT:
                self.add_input(entry)
            elif act is _Act.ASIDE or (isinstance(act, str) and not self.give(act, entry)):
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
            source = _source_named(node.subgraph, widget)
            if source is None:
                return False
            graph, (number, widget) = node.subgraph, source
        return False

    def plan(self, entry: _Proxy, times: Mapping[str, int]) -> str | _Act:
        """The name of the input that an entry already has, or what to do."""
        if (name := self.taken.get((entry.node, entry.widget))) is not None:
            return name
        node = self.inside.nodes.get(entry.node)
        if node is None:
            return _Act.ASIDE
        if node.type == PRIMITIVE:
            replaced_by = node.file.properties.get(_REPLACED_BY)
            if isinstance(replaced_by, str) and any(slot.name == replaced_by for slot in self.host.inputs):
                return replaced_by
            linked = any(name in self.inside.links for name in _primitive_links(node))
            return _Act.PRIMITIVE if linked or times[entry.node] > 1 else _Act.ASIDE
        if entry.widget.startswith("$$"):
            return _Act.NOTHING
        found = self.slot_and_widget(node, entry)
        if found is None:
            return _Act.ASIDE
        return _Act.NOTHING if found[1] is not None and found[1].widget.type == "AUDIO_UI" else _Act.NEW_INPUT

    def slot_and_widget(self, node: LoadedNode, entry: _Proxy) -> tuple[InSlot | None, Held | None] | None:
        """The slot and widget that an entry means on an inner node; None if it has no such widget."""
        if node.subgraph is not None:
            if node.id not in self.promoting:
                self.promoting[node.id] = _promoting(node)
            found = self.promoting[node.id].get((entry.through, entry.widget))
            return None if found is None else (found, None)
        held = node.held(entry.widget)
        if held is None:
            return None
        return next((slot for slot in node.inputs if slot.widget == entry.widget), None), held

    def give(self, name: str, entry: _Proxy) -> bool:
        """Give the host's input of this name the entry's value; False unless it is the only one and promotes."""
        found = [slot for slot in self.host.inputs if slot.name == name]
        if len(found) != 1 or found[0].widget is None:
            return False
        if entry.value is not UNDEFINED:
            self.host.promoted[name].value = entry.value
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
        self.room.take(len(self.inside.instances))
        for instance in self.inside.instances:
            slot = InSlot(name, kind)
            instance.inputs.append(slot)
            promote(instance, slot, port)
        return name

    def connect(self, port: LoadedPort, node: LoadedNode, slot: InSlot) -> None:
        """Connect a port to a slot, replacing what was linked there."""
        old, slot.link = slot.link, None
        losing = [other for other in self.inside.inputs if old in other.links] if old is not None else []
        self.inside.cut(old)
        for other in losing:
            self.forget(other)
        link = self.inside.new_link()
        place = len(self.inside.inputs) - 1
        self.inside.links[link] = EditorLink(link, INPUTS_ID, place, node.id, node.inputs.index(slot), slot.type)
        port.links.append(link)
        port.lead = None
        slot.link = link

    def forget(self, port: LoadedPort) -> None:
        """Stop instances from promoting through a port that no longer leads to a widget."""
        port.lead = None
        if any(slot.widget is not None for _, slot in targets(self.inside, port)):
            return
        for instance in self.inside.instances:
            instance.promoted.pop(port.name, None)
            for slot in instance.inputs:
                if slot.name == port.name:
                    slot.widget = None

    def replace_primitive(self, node: LoadedNode, cohort: Sequence[_Proxy]) -> None:
        """Replace a promoted primitive by an input."""
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


def _primitive_links(node: LoadedNode) -> Sequence[str]:
    return node.outputs[0].links if node.outputs else ()


def _alike(ends: Sequence[tuple[LoadedNode, InSlot]]) -> bool:
    """Whether one widget can stand for all of these: the same kind, range and step."""
    kinds = set()
    for node, slot in ends:
        if (held := node.held(slot.widget)) is not None and slot.widget is not None:
            spec = held.widget.spec
            limits = (spec.min, spec.max, spec.step, spec.multiline) if spec is not None else ()
            kinds.add((held.widget.type, limits))
    return len(kinds) < 2


def _source_named(definition: LoadedGraph, name: str) -> tuple[str, str] | None:
    """What the first input of this name leads to."""
    port = next((port for port in definition.inputs if port.name == name), None)
    return lead(definition, port).source if port is not None else None


def _promoting(node: LoadedNode) -> dict[tuple[str | None, str], InSlot]:
    """The promoting slots of an instance: by the widget they lead to, with or without its node, and by name."""
    definition = definition_of(node)
    ports = {port.name: port for port in reversed(definition.inputs)}
    found: dict[tuple[str | None, str], InSlot] = {}
    for slot in node.inputs:
        if slot.widget is None:
            continue
        source = lead(definition, ports[slot.name]).source if slot.name in ports else None
        if source is not None:
            found.setdefault(source, slot)
            found.setdefault((None, source[1]), slot)
        found.setdefault((None, slot.name), slot)
    return found
