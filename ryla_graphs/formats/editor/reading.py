"""Reading the editor's JSON into an `EditorDocument`, once and tolerantly.

Anything malformed becomes a finding with its place in the file; the rest is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Sized
from typing import Any, TypeVar

from ryla_graphs.catalog.facts import Json
from ryla_graphs.formats.editor import findings
from ryla_graphs.formats.editor.document import (
    MOST,
    EditorDocument,
    EditorInput,
    EditorLink,
    EditorNode,
    Port,
    Subgraph,
)
from ryla_graphs.formats.editor.fields import integer, key, keys, link_of, mapping, name_of, text, type_of
from ryla_graphs.problems import InvalidDocument, Problem

_Sized = TypeVar("_Sized", bound=Sized)

_OBJECTS = {dict}
_input, _node = EditorInput._make, EditorNode._make
"""Constructors of the most frequent objects: a third faster than calling the classes."""


def is_editor_file(data: Json) -> bool:
    """Whether this JSON is a workflow as the editor saves it."""
    return isinstance(data, dict) and isinstance(data.get("nodes"), list)


def parse(data: Json) -> EditorDocument:
    """Read the editor's JSON; `EditorDocument.problems` reports what is malformed.

    Raises `InvalidDocument` if it is not an editor's workflow at all, or a part of it has more than `MOST` parts.
    """
    if not is_editor_file(data):
        raise InvalidDocument("not a workflow of the editor, which is an object with a list of nodes")
    try:
        return _Reader().document(data)
    except RecursionError:
        raise InvalidDocument("the values in this workflow are nested too deeply") from None


def few(parts: _Sized, at: str) -> _Sized:
    """These parts, unless there are absurdly many: searching them for each link would take forever.

    Raises `InvalidDocument` for more than `MOST`.
    """
    if len(parts) > MOST:
        raise InvalidDocument(f"{at} has {len(parts):,} entries; more than {MOST:,} are not read")
    return parts


def node_of(data: Mapping[str, Json], place: str) -> EditorNode:
    """One node of a file, without its links and id, as found inside group nodes."""
    node = _Reader().node({**data, "id": 0}, place)
    inputs = None if node.inputs is None else tuple(slot._replace(link=None) for slot in node.inputs)
    outputs = None if node.outputs is None else [{**slot, "links": None} for slot in node.outputs]
    return node._replace(inputs=inputs, outputs=outputs)


class _Reader:
    """One reading of one file, which collects what is malformed."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def document(self, data: Mapping[str, Json]) -> EditorDocument:
        extra = mapping(data.get("extra"))
        subgraphs = tuple(self.subgraphs(data))
        nodes, links = self.graph(data, "")
        state = mapping(data.get("state"))
        inputs, outputs = self.app(extra.get("linearData"))
        return EditorDocument(
            nodes=nodes,
            links=links,
            subgraphs=subgraphs,
            last_node_id=integer(data.get("last_node_id", state.get("lastNodeId"))) or 0,
            group_nodes=mapping(extra.get("groupNodes")),
            app_inputs=inputs,
            app_outputs=outputs,
            problems=tuple(self.problems),
        )

    def subgraphs(self, data: Mapping[str, Json]) -> Iterator[Subgraph]:
        """All definitions, including nested ones; if two have the same id, the first counts."""
        seen: set[str] = set()
        waiting = [(mapping(data.get("definitions")).get("subgraphs"), "definitions.subgraphs")]
        while waiting:
            definitions, place = waiting.pop()
            for at, definition in self.items(definitions, place):
                name = text(definition.get("id"))
                if name is None or name in seen:
                    self.problems.append(
                        findings.malformed(at, "a subgraph needs an id of its own", definition.get("id"))
                    )
                    continue
                seen.add(name)
                yield self.subgraph(definition, name, at)
                inner = mapping(definition.get("definitions")).get("subgraphs")
                if inner:
                    waiting.append((inner, f"{at}.definitions.subgraphs"))

    def subgraph(self, data: Mapping[str, Json], name: str, at: str) -> Subgraph:
        nodes, links = self.graph(data, f"{at}.")
        return Subgraph(
            id=name,
            name=text(data.get("name")) or name,
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
            link = link_of(entry)
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
        number, mode, named = get("id"), get("mode"), get("widgets_values_named")
        if named is not None:
            named = few(mapping(named), f"{at}.widgets_values_named") or None
        return _node((
            str(number) if type(number) is int else self.identity(number, at),
            kind,
            at,
            text(get("title")),
            mode if type(mode) is int else integer(mode) or 0,
            self.inputs(get("inputs"), at),
            self.outputs(get("outputs"), at),
            values,
            named,
            mapping(get("properties")),
        ))  # fmt: skip

    def identity(self, given: Json, at: str) -> str:
        name = key(given)
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
                widget = text(mapping(widget).get("name"))
            if type(link) is int:
                link = str(link)
            elif link is not None:
                link = key(link)
            if type(name) is not str or type(kind) is not str:
                name, kind = name_of(name), type_of(kind)
            found.append(_input((name, kind, link, widget, get("label"))))
        return tuple(found)

    def outputs(self, data: Json, at: str) -> Sequence[Mapping[str, Json]] | None:
        """The outputs as in the file, unread, because few nodes' outputs are looked at."""
        if data is None:
            return None
        if type(data) is list and len(data) <= MOST and {*map(type, data)} <= _OBJECTS:
            return data
        found = []
        for number, slot in enumerate(few(self.list_of(data, f"{at}.outputs"), f"{at}.outputs")):
            if isinstance(slot, dict):
                found.append(slot)
            else:
                self.problems.append(findings.malformed(f"{at}.outputs[{number}]", "expected an object", slot))
        return found

    def ports(self, data: Json, at: str) -> Iterator[Port]:
        for _, port in self.items(data, at):
            name, kind = name_of(port.get("name")), type_of(port.get("type"))
            yield Port(name, kind, keys(port.get("linkIds")), port.get("label"))

    def app(self, data: Json) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
        """App mode's block: pairs of node and widget, and the nodes whose outputs it shows."""
        if data is None:
            return (), ()
        if not isinstance(data, dict):
            self.problems.append(findings.malformed("extra.linearData", "expected an object", data))
        inputs: list[tuple[str, str]] = []
        for number, entry in enumerate(self.list_of(mapping(data).get("inputs"), "extra.linearData.inputs")):
            pair = entry if isinstance(entry, list) and len(entry) > 1 else (None, None)
            node, widget = key(pair[0]), text(pair[1])
            if node is None or widget is None:
                place = f"extra.linearData.inputs[{number}]"
                self.problems.append(findings.malformed(place, "an input of app mode is a node and a widget", entry))
            else:
                inputs.append((node, widget))
        return tuple(inputs), keys(mapping(data).get("outputs"))

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
