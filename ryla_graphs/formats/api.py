"""ComfyUI's API format: the JSON that ``POST /prompt`` takes. Only this file writes and reads its keys.

    {"<id>": {"class_type": "KSampler", "inputs": {"steps": 20, "model": ["<id>", 0]}, "_meta": {"title": "…"}}}

A list is always a link; a list that is a value is wrapped as ``{"__value__": [...]}``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ryla_graphs.catalog.object_info import Catalog
from ryla_graphs.graph.graph import Graph
from ryla_graphs.graph.node import AnyNode, Node, Origin
from ryla_graphs.graph.wires import Output
from ryla_graphs.problems import AtNode, InvalidDocument, InvalidNode, InvalidWorkflow, Problem, shorten

ApiDocument = dict[str, dict[str, Any]]

_PLAIN = frozenset({int, float, str, bool})


def dump(graph: Graph) -> ApiDocument:
    """Write a graph as a prompt.

    Raises `InvalidWorkflow` where two nodes have one name or a value is not JSON.
    """
    ids = graph.ids
    document: ApiDocument = {}
    for node in graph.nodes:
        inputs: dict[str, Any] = {}
        for name, value in node.given_inputs():
            kind = type(value)
            if kind is Output:
                inputs[name] = [ids[value.node], value.slot]
            elif kind in _PLAIN:
                inputs[name] = value
            else:
                inputs[name] = [ids[value], 0] if isinstance(value, Node) else wrap(value)
        body = document[ids[node]] = {"class_type": node.class_type, "inputs": inputs}
        if node.title_:
            body["_meta"] = {"title": node.title_}
    return document


def encode(document: Mapping[str, Any]) -> bytes:
    """The document as canonical bytes: sorted keys, no spaces, so equal documents are equal bytes.

    Raises `InvalidWorkflow` naming every value that JSON cannot hold.
    """
    try:
        text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode()
    except (TypeError, ValueError):
        raise InvalidWorkflow(_not_json(document)) from None


def wrap(value: Any) -> Any:
    """A value as it is written: lists, and what looks like a wrapped value, are wrapped."""
    if isinstance(value, (list, tuple)):
        return {"__value__": list(value)}
    if isinstance(value, Mapping):
        return {"__value__": dict(value)} if "__value__" in value else dict(value)
    return value


def unwrap(value: Any) -> Any:
    """A value as the node gets it; the inverse of `wrap`."""
    return value["__value__"] if isinstance(value, dict) and "__value__" in value else value


def _not_json(document: Mapping[str, Any]) -> Iterator[Problem]:
    for number, body in document.items():
        for name, value in body["inputs"].items():
            try:
                json.dumps(value, allow_nan=False).encode()
            except (TypeError, ValueError):
                yield Problem(
                    code="not_json",
                    message=f"{shorten(value)} cannot be written as JSON",
                    subject=AtNode(node=number, class_type=body["class_type"], input=name),
                    given=repr(value),
                    expected="a number that is finite, text, true, false, or lists and objects of these",
                )


def load(document: Any, catalog: Catalog | None = None) -> Graph:
    """Read a prompt; every node becomes an `AnyNode` named by its id.

    All nodes are kept: the sinks are those that nothing consumes, and the output nodes that the catalog
    knows. Raises `InvalidDocument` where the document is no prompt at all, and `InvalidWorkflow` with
    every link that leads nowhere or in a circle.
    """
    bodies = dict(_bodies(document))
    built: dict[str, Node] = {}
    problems: list[Problem] = []
    order = list(_sources_first(bodies, problems))
    for number in order if not problems else ():
        built[number] = _build(number, bodies[number], built, catalog, problems)
    if problems:
        raise InvalidWorkflow(problems)
    consumed = {value[0] for body in bodies.values() for value in body["inputs"].values() if isinstance(value, list)}
    sinks = [n for number, n in built.items() if number not in consumed or n.schema_.output_node]
    places = {number: place for place, number in enumerate(bodies)}
    sinks.sort(key=lambda node: places[node.name_ or ""])
    return Graph(tuple(sinks))


def is_editor_format(document: Any) -> bool:
    """Whether this is a workflow as the editor saves it, which is another format."""
    return isinstance(document, dict) and isinstance(document.get("nodes"), list)


def _bodies(document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if is_editor_format(document):
        raise InvalidDocument(
            "this is a workflow as the editor saves it, not an API prompt; export it with 'Export (API)'"
        )
    if not isinstance(document, dict):
        raise InvalidDocument(f"a prompt is an object of nodes, not {type(document).__name__}")
    for number, body in document.items():
        if not isinstance(body, dict):
            raise InvalidDocument(f"node '{number}' is {shorten(body)}, expected an object")
        if not isinstance(body.get("class_type"), str):
            raise InvalidDocument(f"node '{number}' has no class_type")
        if not isinstance(body.get("inputs"), dict):
            raise InvalidDocument(f"node '{number}' ({body['class_type']}) has no inputs object")
        if not number or not number.isprintable():
            raise InvalidDocument(f"{number!r} cannot be the id of a node")
        yield number, body


def _links(body: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    for name, value in body["inputs"].items():
        if isinstance(value, list):
            yield name, value


def _sources_first(bodies: Mapping[str, Any], problems: list[Problem]) -> Iterator[str]:
    """Ids, sources before consumers; cycles and dangling links become problems and are stepped over."""
    done: set[str] = set()
    for start in bodies:
        path: dict[str, Iterator[tuple[str, list[Any]]]] = {} if start in done else {start: _links(bodies[start])}
        while path:
            number, links = next(reversed(path.items()))
            for name, link in links:
                source = link[0] if len(link) == 2 and isinstance(link[0], str) else ""
                if source in path:
                    problems.append(_link_problem("dependency_cycle", number, bodies[number], name, link))
                elif source in bodies and source not in done:
                    path[source] = _links(bodies[source])
                    break
            else:
                path.popitem()
                done.add(number)
                yield number


_LINK_MESSAGES = {
    "dependency_cycle": "the link closes a circle: the node would need its own output",
    "bad_linked_input": "a list is a link and must be [node id, output slot]",
    "link_to_missing_node": "the link leads to a node that is not there",
    "link_to_missing_output": "the link leads to an output that its node does not have",
}


def _link_problem(code: str, number: str, body: Mapping[str, Any], name: str, link: list[Any]) -> Problem:
    return Problem(
        code=code,
        message=f"{_LINK_MESSAGES[code]}: {shorten(link)}",
        subject=AtNode(node=number, class_type=body["class_type"], input=name),
        tier=1,
        given=link,
    )


def _build(
    number: str, body: dict[str, Any], built: Mapping[str, Node], catalog: Catalog | None, problems: list[Problem]
) -> Node:
    inputs: dict[str, Any] = {}
    for name, value in body["inputs"].items():
        if not isinstance(value, list):
            inputs[name] = unwrap(value)
            continue
        try:
            inputs[name] = _linked(value, built)
        except _BadLink as bad:
            problems.append(_link_problem(str(bad), number, body, name, value))
    meta = body.get("_meta")
    title = meta.get("title") if isinstance(meta, dict) else None
    origin = Origin(name=number, title=title if isinstance(title, str) else None)
    return AnyNode.made({"of": body["class_type"], "inputs": inputs, "catalog": catalog}, origin)


class _BadLink(Exception):
    """A link that leads nowhere; the argument is the problem's code."""


def _linked(link: list[Any], built: Mapping[str, Node]) -> Output[Any]:
    if len(link) != 2 or not isinstance(link[1], int) or isinstance(link[1], bool):
        raise _BadLink("bad_linked_input")
    source = built.get(link[0]) if isinstance(link[0], str) else None
    if source is None:
        raise _BadLink("link_to_missing_node")
    slot = link[1] + (len(source.schema_.outputs) if link[1] < 0 else 0)
    try:
        return source.output(slot)
    except InvalidNode:
        raise _BadLink("link_to_missing_output") from None
