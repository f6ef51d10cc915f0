"""Reading the editor's JSON into an `EditorDocument`, once and tolerantly.

What is malformed becomes a finding with its place in the file, and the rest is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sized
from typing import Any, TypeVar

from ryla_graphs.catalog.facts import Json
from ryla_graphs.formats.editor import findings
from ryla_graphs.formats.editor.document import (
    MOST,
    NOTHING,
    EditorDocument,
    EditorInput,
    EditorLink,
    EditorNode,
    EditorOutput,
    Port,
    Subgraph,
)
from ryla_graphs.problems import InvalidDocument, Problem

_Sized = TypeVar("_Sized", bound=Sized)
_LONGEST_ID = 200

_input, _output, _whole_link = EditorInput._make, EditorOutput._make, EditorLink._make
"""Makers of what files have most of: a third faster than calling the classes."""


def is_editor_file(data: Json) -> bool:
    """Whether this JSON is a workflow as the editor saves it."""
    return isinstance(data, dict) and isinstance(data.get("nodes"), list)


def parse(data: Json) -> EditorDocument:
    """Read the editor's JSON; what is malformed is told in `EditorDocument.problems`.

    Raises `InvalidDocument` where it is no workflow of the editor at all, or a part of it has more than `MOST` parts.
    """
    if not is_editor_file(data):
        raise InvalidDocument("not a workflow of the editor, which is an object with a list of nodes")
    try:
        return _Reader().document(data)
    except RecursionError:
        raise InvalidDocument("the values in this workflow are nested too deeply") from None


def few(parts: _Sized, at: str) -> _Sized:
    """These parts, if they are not absurdly many: what looks through them for each link would take for ever.

    Raises `InvalidDocument` for more than `MOST`.
    """
    if len(parts) > MOST:
        raise InvalidDocument(f"{at} has {len(parts):,} entries; more than {MOST:,} are not read")
    return parts


def node_of(data: Mapping[str, Json], place: str) -> EditorNode:
    """One node of a file, without links and its id, as group nodes have them inside."""
    node = _Reader().node({**data, "id": 0}, place)
    inputs = None if node.inputs is None else tuple(slot._replace(link=None) for slot in node.inputs)
    outputs = None if node.outputs is None else tuple(output._replace(links=()) for output in node.outputs)
    return node._replace(inputs=inputs, outputs=outputs)


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
            for at, definition in self.items(definitions, place):
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
            inputs=few(tuple(self.ports(data.get("inputs"), f"{at}.inputs")), f"{at}.inputs"),
            outputs=few(tuple(self.ports(data.get("outputs"), f"{at}.outputs")), f"{at}.outputs"),
        )

    def graph(self, data: Mapping[str, Json], at: str) -> tuple[tuple[EditorNode, ...], dict[str, EditorLink]]:
        nodes = tuple([self.node(node, place) for place, node in self.items(data.get("nodes"), f"{at}nodes")])
        links: dict[str, EditorLink] = {}
        entries = data.get("links")
        for number, entry in enumerate(self.list_of(entries, f"{at}links")):
            link = _link(entry)
            if link is not None:
                links[link.id] = link
            elif entry is not None:
                place = f"{at}links[{number}]"
                self.problems.append(findings.malformed(place, "a link needs an id, an origin and a target", entry))
        return nodes, links

    def node(self, data: Mapping[str, Json], at: str) -> EditorNode:
        get = data.get
        kind, values = get("type"), get("widgets_values")
        if not isinstance(kind, str):
            self.problems.append(findings.malformed(f"{at}.type", "a node needs a class as its type", kind))
            kind = ""
        if values is not None and not isinstance(values, (list, dict)):
            self.problems.append(findings.malformed(f"{at}.widgets_values", "expected a list of values", values))
            values = None
        return EditorNode(
            self.identity(get("id"), at),
            kind,
            at,
            _text(get("title")),
            _integer(get("mode")) or 0,
            self.inputs(get("inputs"), at),
            self.outputs(get("outputs"), at),
            values,
            few(_mapping(get("widgets_values_named")), f"{at}.widgets_values_named") or None,
            _mapping(get("properties")),
        )

    def identity(self, given: Json, at: str) -> str:
        name = _key(given)
        if name is None:
            self.problems.append(findings.malformed(f"{at}.id", "a node needs a number or a text as its id", given))
        return name if name is not None else f"({at})"

    def inputs(self, data: Json, at: str) -> tuple[EditorInput, ...] | None:
        if data is None:
            return None
        if not isinstance(data, list):
            return tuple(self.list_of(data, f"{at}.inputs"))
        if len(data) > MOST:
            few(data, f"{at}.inputs")
        found = []
        for number, slot in enumerate(data):
            if not isinstance(slot, dict):
                self.problems.append(findings.malformed(f"{at}.inputs[{number}]", "expected an object", slot))
                continue
            get = slot.get
            name, kind, link, widget = get("name"), get("type"), get("link"), get("widget")
            if widget is not None:
                widget = _text(_mapping(widget).get("name"))
            if type(link) is int:
                link = str(link)
            elif link is not None:
                link = _key(link)
            if type(name) is not str or type(kind) is not str:
                name, kind = _name(name), _type(kind)
            found.append(_input((name, kind, link, widget, get("label"))))
        return tuple(found)

    def outputs(self, data: Json, at: str) -> tuple[EditorOutput, ...] | None:
        if data is None:
            return None
        if not isinstance(data, list):
            return tuple(self.list_of(data, f"{at}.outputs"))
        if len(data) > MOST:
            few(data, f"{at}.outputs")
        found = []
        for number, slot in enumerate(data):
            if not isinstance(slot, dict):
                self.problems.append(findings.malformed(f"{at}.outputs[{number}]", "expected an object", slot))
                continue
            get = slot.get
            name, kind, links = get("name"), get("type"), get("links")
            if type(name) is not str or type(kind) is not str:
                name, kind = _name(name), _type(kind)
            found.append(_output((name, kind, _keys(links) if links else ())))
        return tuple(found)

    def ports(self, data: Json, at: str) -> Iterator[Port]:
        for _, port in self.items(data, at):
            yield Port(_name(port.get("name")), _type(port.get("type")), _keys(port.get("linkIds")), port.get("label"))

    def app(self, data: Json) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
        """App mode's block: pairs of node and widget, and the nodes whose outputs it shows."""
        if data is None:
            return (), ()
        if not isinstance(data, dict):
            self.problems.append(findings.malformed("extra.linearData", "expected an object", data))
        inputs: list[tuple[str, str]] = []
        for number, entry in enumerate(self.list_of(_mapping(data).get("inputs"), "extra.linearData.inputs")):
            pair = entry if isinstance(entry, list) and len(entry) > 1 else (None, None)
            node, widget = _key(pair[0]), _text(pair[1])
            if node is None or widget is None:
                place = f"extra.linearData.inputs[{number}]"
                self.problems.append(findings.malformed(place, "an input of app mode is a node and a widget", entry))
            else:
                inputs.append((node, widget))
        return tuple(inputs), _keys(_mapping(data).get("outputs"))

    def items(self, data: Json, at: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The objects of a list, each with its place in the file."""
        for number, entry in enumerate(self.list_of(data, at)):
            if isinstance(entry, dict):
                yield f"{at}[{number}]", entry
            elif entry is not None:
                self.problems.append(findings.malformed(f"{at}[{number}]", "expected an object", entry))

    def list_of(self, data: Json, at: str) -> list[Json]:
        if isinstance(data, list):
            return data
        if data is not None:
            self.problems.append(findings.malformed(at, "expected a list", data))
        return []


def _link(data: Json) -> EditorLink | None:
    """One link, as a list or an object; None where it is neither or lacks an end."""
    if isinstance(data, list) and len(data) > 3:
        number, origin, origin_slot, target, *rest = data
        target_slot, kind = rest[0] if rest else 0, rest[1] if len(rest) > 1 else None
    elif isinstance(data, dict):
        number, origin, origin_slot = data.get("id"), data.get("origin_id"), data.get("origin_slot")
        target, target_slot, kind = data.get("target_id"), data.get("target_slot"), data.get("type")
    else:
        return None
    if type(number) is type(origin) is type(origin_slot) is type(target) is type(target_slot) is int:
        return _whole_link((str(number), str(origin), origin_slot, str(target), target_slot, _type(kind)))
    name, source, end, slot = _key(number), _key(origin), _key(target), _integer(origin_slot)
    if name is None or source is None or end is None or slot is None:
        return None
    return EditorLink(name, source, slot, end, _integer(target_slot) or 0, _type(kind))


def _mapping(data: Json) -> Mapping[str, Any]:
    return data if isinstance(data, dict) else NOTHING


def _text(data: Json) -> str | None:
    return data if isinstance(data, str) else None


def _name(data: Json) -> str:
    return data if isinstance(data, str) else ""


def _type(data: Json) -> str:
    """A slot's type; very old files have numbers for events, and 0 for anything."""
    return data if isinstance(data, str) else "*" if data in (0, None) else str(data)


def _integer(data: Json) -> int | None:
    if type(data) is int:
        return data
    if isinstance(data, float):
        return int(data) if data.is_integer() else None
    if isinstance(data, str) and data.removeprefix("-").isdecimal() and len(data) < 20:
        return int(data)
    return None


def _key(data: Json) -> str | None:
    """An id as text: 7, 7.0 and "7" are one id; None for what is no id."""
    if type(data) is int:
        return str(data)
    if data is None or type(data) is str:
        return data if data and len(data) <= _LONGEST_ID else None
    number = _integer(data)
    return None if number is None else str(number)


def _keys(data: Json) -> tuple[str, ...]:
    if not isinstance(data, list):
        return ()
    if len(data) == 1 and type(data[0]) is int:
        return (str(data[0]),)
    return tuple([key for entry in data if (key := _key(entry)) is not None])
