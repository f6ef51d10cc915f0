"""Instances of subgraphs: which of the widgets inside they promote, and what value they give them.

An input of a subgraph that leads to a widget inside promotes it: each instance then holds a value of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ryla_graphs.catalog.schema import Json
from ryla_graphs.formats.editor.loaded import InSlot, LoadedGraph, LoadedNode, LoadedPort, OutSlot
from ryla_graphs.formats.editor.parts import UNDEFINED


def open_instance(node: LoadedNode) -> None:
    """Give an instance the slots of its definition, and the values that the file has for what it promotes."""
    definition = definition_of(node)
    given = {slot.name: slot for slot in node.inputs}
    node.inputs = []
    for port in definition.inputs:
        old = given.get(port.name)
        node.inputs.append(InSlot(port.name, port.type, old.link if old else None, None, old.label if old else None))
    links = [output.links for output in node.outputs]
    node.outputs = [
        OutSlot(port.type, links[number] if number < len(links) else ())
        for number, port in enumerate(definition.outputs)
    ]
    for slot in node.inputs:
        promote(node, slot)
    quarantined = _quarantined(node.file.properties.get("proxyWidgetErrorQuarantine"))
    values = node.file.values if isinstance(node.file.values, list) else ()
    promoting = [slot for slot in node.inputs if slot.widget is not None]
    for number, slot in enumerate(promoting):
        value = quarantined.get(slot.name)
        if value is None:
            value = values[number] if number < len(values) else UNDEFINED
        if value is not UNDEFINED:
            node.promoted[slot.name] = value


def promote(node: LoadedNode, slot: InSlot) -> None:
    """Let an instance hold a value for the widget that one of its inputs leads to, first that of the widget."""
    found = _promoted_widget(definition_of(node), slot.name)
    if found is not None:
        slot.widget = slot.name
        node.promoted.setdefault(slot.name, found[1])


def definition_of(node: LoadedNode) -> LoadedGraph:
    """The definition that a node is an instance of."""
    assert node.subgraph is not None
    return node.subgraph


def targets(definition: LoadedGraph, port: LoadedPort) -> Iterator[tuple[LoadedNode, InSlot]]:
    """The nodes and slots inside that a port leads to."""
    for name in port.links:
        link = definition.links.get(name)
        node = definition.nodes.get(link.target) if link is not None else None
        slot = next((slot for slot in node.inputs if slot.link == name), None) if node is not None else None
        if node is not None and slot is not None:
            yield node, slot


def _promoted_widget(definition: LoadedGraph, name: str) -> tuple[LoadedNode, Any] | None:
    """The node inside and its value that the subgraph's input of this name promotes."""
    port = next((port for port in definition.inputs if port.name == name), None)
    for node, slot in targets(definition, port) if port is not None else ():
        if node.subgraph is not None:
            if slot.widget is not None:
                return node, node.promoted.get(slot.name)
        elif (held := node.held(slot.widget)) is not None and slot.widget is not None:
            return node, held.value
    return None


def _quarantined(data: Json) -> dict[str, Any]:
    """Values that an editor put aside when it could not tell which widget they belong to, by input."""
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
    """A node property that some files have as JSON and some as its text."""
    if isinstance(data, str):
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            return None
    return data
