"""Instances of subgraphs: which of the inner widgets they promote, and what value they give them.

An input of a subgraph that leads to a widget inside promotes it: each instance then holds a value of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ryla_graphs.catalog.facts import Json
from ryla_graphs.formats.editor.loaded import Held, InSlot, Lead, LoadedGraph, LoadedNode, LoadedPort, OutSlot
from ryla_graphs.formats.editor.parts import UNDEFINED
from ryla_graphs.problems import InvalidDocument


class Room:
    """How many more slots the instances of subgraphs may have: definitions times instances can grow very large."""

    def __init__(self) -> None:
        self.left = 1_000_000

    def take(self, slots: int) -> None:
        """Use up room for some slots; raises `InvalidDocument` if none is left."""
        self.left -= slots
        if self.left < 0:
            raise InvalidDocument("the instances of the subgraphs of this workflow have more than 1,000,000 inputs")


def open_instance(node: LoadedNode, room: Room) -> None:
    """Give an instance the slots of its definition, and the values that the file has for what it promotes."""
    definition = definition_of(node)
    room.take(len(definition.inputs))
    given = {slot.name: slot for slot in node.inputs}
    node.inputs = []
    for port in definition.inputs:
        old = given.get(port.name)
        node.inputs.append(InSlot(port.name, port.type, old.link if old else None, None, old.label if old else None))
    links = [output.links for output in node.outputs]
    node.outputs = [
        OutSlot(port.type, links[number] if number < len(links) else [])
        for number, port in enumerate(definition.outputs)
    ]
    for slot, port in zip(node.inputs, definition.inputs, strict=True):
        promote(node, slot, port)
    quarantined = _quarantined(node.file.properties.get("proxyWidgetErrorQuarantine"))
    values = node.file.values if isinstance(node.file.values, list) else ()
    promoting = [slot for slot in node.inputs if slot.widget is not None]
    # A newer ComfyUI may have a widget that this one lacks: positions then shift, but names still match.
    named = node.file.named_values if len(values) > len(promoting) else None
    for number, slot in enumerate(promoting):
        value = quarantined.get(slot.name)
        if value is None and named is not None and slot.name in named:
            value = named[slot.name]
        elif value is None:
            value = values[number] if number < len(values) else UNDEFINED
        if value is not UNDEFINED:
            node.promoted[slot.name].value = value


def promote(node: LoadedNode, slot: InSlot, port: LoadedPort) -> None:
    """Let an instance hold a value for the widget that an input leads to, initially that of the widget."""
    found = lead(definition_of(node), port).promotes
    held = found[0].widget_at(found[1]) if found is not None else None
    if held is not None:
        slot.widget = slot.name
        before = node.promoted.get(slot.name)
        if before is None or _kind(before) != _kind(held):
            node.promoted[slot.name] = Held(held.widget, held.value)


def _kind(held: Held) -> str:
    """The editor's type of a widget: all numbers share one, and multi-line texts have their own."""
    widget = held.widget
    if widget.type == "STRING" and widget.spec is not None and widget.spec.multiline:
        return "MULTILINE"
    return "NUMBER" if widget.type in ("INT", "FLOAT") else widget.type


def definition_of(node: LoadedNode) -> LoadedGraph:
    """The definition that a node is an instance of."""
    assert node.subgraph is not None
    return node.subgraph


def lead(definition: LoadedGraph, port: LoadedPort) -> Lead:
    """Where an input of a definition leads to."""
    if port.lead is None:
        source = promotes = None
        for node, slot in targets(definition, port):
            has_widget = node.widget_at(slot) is not None
            if promotes is None and has_widget:
                promotes = node, slot
            if source is None and node.subgraph is not None:
                source = node.id, slot.name
            elif source is None and slot.widget is not None and has_widget:
                source = node.id, slot.widget
            if source is not None and promotes is not None:
                break
        port.lead = Lead(source, promotes)
    return port.lead


def targets(definition: LoadedGraph, port: LoadedPort) -> Iterator[tuple[LoadedNode, InSlot]]:
    """The nodes and slots inside that a port leads to."""
    for name in port.links:
        link = definition.links.get(name)
        node = definition.nodes.get(link.target) if link is not None else None
        slot = next((slot for slot in node.inputs if slot.link == name), None) if node is not None else None
        if node is not None and slot is not None:
            yield node, slot


def _quarantined(data: Json) -> dict[str, Any]:
    """Values, by input, that an editor set aside because it could not tell which widget they belong to."""
    entries = parsed(data)
    if not isinstance(entries, list):
        return {}
    found: dict[str, Any] = {}
    for entry in reversed(entries):
        original = entry.get("originalEntry") if isinstance(entry, Mapping) else None
        if isinstance(original, list) and len(original) > 1 and original[0] == "-1" and "hostValue" in entry:
            found[original[1]] = entry["hostValue"]
    return found


def parsed(data: Json) -> Json:
    """A node property that some files have as JSON and others as JSON text."""
    if isinstance(data, str):
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            return None
    return data
