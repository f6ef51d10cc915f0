"""Reading the editor's JSON into an `EditorDocument`, once and tolerantly.

What is malformed becomes a finding with its place in the file, and the rest is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ryla_graphs.catalog.schema import Json
from ryla_graphs.formats.editor import findings
from ryla_graphs.formats.editor.document import (
    EditorDocument,
    EditorInput,
    EditorLink,
    EditorNode,
    EditorOutput,
    Port,
    Subgraph,
)
from ryla_graphs.problems import InvalidDocument, Problem

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def is_editor_file(data: Json) -> bool:
    """Whether this JSON is a workflow as the editor saves it."""
    return isinstance(data, Mapping) and isinstance(data.get("nodes"), list)


def parse(data: Json) -> EditorDocument:
    """Read the editor's JSON; what is malformed is told in `EditorDocument.problems`.

    Raises `InvalidDocument` where it is no workflow of the editor at all.
    """
    if not is_editor_file(data):
        raise InvalidDocument("not a workflow of the editor, which is an object with a list of nodes")
    return _Reader().document(data)


def node_of(data: Mapping[str, Json], place: str) -> EditorNode:
    """One node of a file, without links and its id, as group nodes have them inside."""
    node = _Reader().node({**data, "id": 0}, place)
    inputs = None if node.inputs is None else tuple(replace(slot, link=None) for slot in node.inputs)
    outputs = None if node.outputs is None else tuple(replace(slot, links=()) for slot in node.outputs)
    return replace(node, inputs=inputs, outputs=outputs)


class _Reader:
    """One reading of one file, which collects what is malformed."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def document(self, data: Mapping[str, Json]) -> EditorDocument:
        extra = _mapping(data.get("extra"))
        subgraphs = tuple(self.subgraphs(data))
        nodes, links = self.graph(data, "")
        state = _mapping(data.get("state"))
        inputs, outputs = self.app(extra.get("linearData"))
        return EditorDocument(
            nodes=nodes,
            links=links,
            subgraphs=subgraphs,
            last_node_id=_integer(data.get("last_node_id", state.get("lastNodeId"))) or 0,
            group_nodes=_mapping(extra.get("groupNodes")),
            app_inputs=inputs,
            app_outputs=outputs,
            problems=tuple(self.problems),
        )

    def subgraphs(self, data: Mapping[str, Json]) -> Iterator[Subgraph]:
        """All definitions, those inside other definitions too; of two with one id the first counts."""
        seen: set[str] = set()
        waiting = [(_mapping(data.get("definitions")).get("subgraphs"), "definitions.subgraphs")]
        while waiting:
            definitions, place = waiting.pop()
            for at, definition in self.items(definitions, place, Mapping):
                name = _text(definition.get("id"))
                if name is None or name in seen:
                    self.problems.append(
                        findings.malformed(at, "a subgraph needs an id of its own", definition.get("id"))
                    )
                    continue
                seen.add(name)
                yield self.subgraph(definition, name, at)
                inner = _mapping(definition.get("definitions")).get("subgraphs")
                if inner:
                    waiting.append((inner, f"{at}.definitions.subgraphs"))

    def subgraph(self, data: Mapping[str, Json], name: str, at: str) -> Subgraph:
        nodes, links = self.graph(data, f"{at}.")
        return Subgraph(
            id=name,
            name=_text(data.get("name")) or name,
            place=at,
            nodes=nodes,
            links=links,
            inputs=tuple(self.ports(data.get("inputs"), f"{at}.inputs")),
            outputs=tuple(self.ports(data.get("outputs"), f"{at}.outputs")),
        )

    def graph(self, data: Mapping[str, Json], at: str) -> tuple[tuple[EditorNode, ...], dict[str, EditorLink]]:
        nodes = tuple(self.node(node, place) for place, node in self.items(data.get("nodes"), f"{at}nodes", Mapping))
        links: dict[str, EditorLink] = {}
        for place, entry in self.items(data.get("links"), f"{at}links", (list, Mapping)):
            if (link := self.link(entry, place)) is not None:
                links[link.id] = link
        return nodes, links

    def node(self, data: Mapping[str, Json], at: str) -> EditorNode:
        kind = data.get("type")
        if not isinstance(kind, str):
            self.problems.append(findings.malformed(f"{at}.type", "a node needs a class as its type", kind))
        values = data.get("widgets_values")
        if values is not None and not isinstance(values, (list, Mapping)):
            self.problems.append(findings.malformed(f"{at}.widgets_values", "expected a list of values", values))
            values = None
        mode = data.get("mode")
        return EditorNode(
            id=self.identity(data.get("id"), at),
            type=kind if isinstance(kind, str) else "",
            place=at,
            title=_text(data.get("title")),
            mode=_integer(mode) or 0,
            inputs=self.inputs(data.get("inputs"), f"{at}.inputs"),
            outputs=self.outputs(data.get("outputs"), f"{at}.outputs"),
            values=values,
            named_values=_mapping(data.get("widgets_values_named")) or None,
            properties=_mapping(data.get("properties")),
        )

    def identity(self, given: Json, at: str) -> str:
        name = _key(given)
        if name is None:
            self.problems.append(findings.malformed(f"{at}.id", "a node needs a number or a text as its id", given))
        return name if name is not None else f"({at})"

    def inputs(self, data: Json, at: str) -> tuple[EditorInput, ...] | None:
        if data is None:
            return None
        return tuple(
            EditorInput(
                name=_text(slot.get("name")) or "",
                type=_type(slot.get("type")),
                link=_key(slot.get("link")),
                widget=_text(_mapping(slot.get("widget")).get("name")),
                label=_text(slot.get("label")),
            )
            for _, slot in self.items(data, at, Mapping)
        )

    def outputs(self, data: Json, at: str) -> tuple[EditorOutput, ...] | None:
        if data is None:
            return None
        return tuple(
            EditorOutput(_text(slot.get("name")) or "", _type(slot.get("type")), _keys(slot.get("links")))
            for _, slot in self.items(data, at, Mapping)
        )

    def ports(self, data: Json, at: str) -> Iterator[Port]:
        for _, port in self.items(data, at, Mapping):
            name, label = _text(port.get("name")), _text(port.get("label"))
            yield Port(name or "", _type(port.get("type")), _keys(port.get("linkIds")), label)

    def link(self, data: Json, at: str) -> EditorLink | None:
        if isinstance(data, list):
            names = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
            data = dict(zip(names, data, strict=False))
        number, origin, target = (_key(data.get(name)) for name in ("id", "origin_id", "target_id"))
        origin_slot, target_slot = _integer(data.get("origin_slot")), _integer(data.get("target_slot"))
        if number is None or origin is None or target is None or origin_slot is None:
            self.problems.append(findings.malformed(at, "a link needs an id, an origin and a target", data))
            return None
        return EditorLink(number, origin, origin_slot, target, target_slot or 0, _type(data.get("type")))

    def app(self, data: Json) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
        """App mode's block: pairs of node and widget, and the nodes whose outputs it shows."""
        if data is None:
            return (), ()
        inputs: list[tuple[str, str]] = []
        for at, entry in self.items(_mapping(data).get("inputs"), "extra.linearData.inputs", list):
            node, widget = _key(entry[0]) if entry else None, _text(entry[1]) if len(entry) > 1 else None
            if node is None or widget is None:
                self.problems.append(findings.malformed(at, "an input of app mode is a node and a widget", entry))
            else:
                inputs.append((node, widget))
        return tuple(inputs), _keys(_mapping(data).get("outputs"))

    def items(self, data: Json, at: str, kind: Any) -> Iterator[tuple[str, Any]]:
        """The entries of a list that are of a kind, each with its place in the file."""
        if data is not None and not isinstance(data, list):
            self.problems.append(findings.malformed(at, "expected a list", data))
            return
        for number, entry in enumerate(data or ()):
            if isinstance(entry, kind):
                yield f"{at}[{number}]", entry
            elif entry is not None:
                self.problems.append(findings.malformed(f"{at}[{number}]", "expected an object", entry))


def _mapping(data: Json) -> Mapping[str, Any]:
    return data if isinstance(data, Mapping) else _NOTHING


def _text(data: Json) -> str | None:
    return data if isinstance(data, str) else None


def _type(data: Json) -> str:
    """A slot's type; very old files have numbers for events, and 0 for anything."""
    return data if isinstance(data, str) else "*" if data in (0, None) else str(data)


def _integer(data: Json) -> int | None:
    if isinstance(data, bool):
        return None
    if isinstance(data, float):
        return int(data) if data.is_integer() else None
    if isinstance(data, str) and data.lstrip("-").isdecimal() and len(data) < 20:
        return int(data)
    return data if isinstance(data, int) else None


def _key(data: Json) -> str | None:
    """An id as text: 7, 7.0 and "7" are one id."""
    if isinstance(data, str):
        return data or None
    number = _integer(data)
    return None if number is None else str(number)


def _keys(data: Json) -> tuple[str, ...]:
    return tuple(key for entry in data if (key := _key(entry)) is not None) if isinstance(data, list) else ()
