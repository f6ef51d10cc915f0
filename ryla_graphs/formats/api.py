"""ComfyUI's API format: the JSON that ``POST /prompt`` takes. Written here; `ryla_graphs.prompt` reads it.

{"<id>": {"class_type": "KSampler", "inputs": {"steps": 20, "model": ["<id>", 0]}, "_meta": {"title": "…"}}}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ryla_graphs.formats.typed import typed_node
from ryla_graphs.graph.any_node import AnyNode
from ryla_graphs.graph.graph import Graph
from ryla_graphs.graph.node import Node, Output
from ryla_graphs.graph.origin import Origin
from ryla_graphs.graph.walk import upstream
from ryla_graphs.graph.wires import AbstractNode, BrokenLink
from ryla_graphs.problems import AtNode, InvalidDocument, InvalidNode, InvalidWorkflow, Problem, shorten
from ryla_graphs.prompt import ForeignNode, Prompt, PromptNode, is_link, read_link, unwrap, wrap, write_link

ApiDocument = dict[str, dict[str, Any]]

_PLAIN = frozenset({int, float, str, bool})


def dump(graph: Graph) -> ApiDocument:
    """Write a graph as a prompt.

    Raises `InvalidWorkflow` if two nodes have one name.
    """
    ids: Mapping[Any, str] = graph.ids
    return {number: body_of(node.class_type, inputs_of(node, ids), node.title_) for node, number in graph.ids.items()}


def inputs_of(node: Node, ids: Mapping[Any, str]) -> dict[str, Any]:
    """The inputs of a node as JSON has them."""
    inputs: dict[str, Any] = {}
    plain = node.plain_inputs()
    for name, value in node.given_inputs() if plain is None else plain.items():
        kind = type(value)
        if kind in _PLAIN:
            inputs[name] = value
        elif kind is Output:
            inputs[name] = [ids[value.node], value.slot]  # `write_link` written out, for speed
        elif isinstance(value, AbstractNode):
            inputs[name] = [ids[value], 0]
        elif value is None and plain is not None:
            continue
        elif isinstance(value, BrokenLink):
            inputs[name] = value.value
        elif isinstance(value, Output):
            inputs[name] = write_link(ids[value.node], value.slot)
        else:
            inputs[name] = wrap(value)
    return inputs


def body_of(class_type: str, inputs: dict[str, Any], title: str | None) -> dict[str, Any]:
    """One node as JSON has it."""
    body: dict[str, Any] = {"class_type": class_type, "inputs": inputs}
    if title:
        body["_meta"] = {"title": title}
    return body


def plain(document: Any) -> ApiDocument | None:
    """A copy of a prompt with only what nodes read: the class, inputs and title of each, as `dump` writes them.

    None if a node cannot be read. Raises `InvalidDocument` if it is not a prompt at all.
    """
    if is_editor_format(document):
        raise InvalidDocument(
            "this is a workflow as the editor saves it, not an API prompt; export it with 'Export (API)'"
        )
    if not isinstance(document, Mapping):
        raise InvalidDocument(f"a prompt is an object of nodes, not {type(document).__name__}")
    copy: ApiDocument = {}
    for number, body in document.items():
        if not isinstance(body, Mapping):
            return None
        class_type, inputs = body.get("class_type"), body.get("inputs")
        if not isinstance(class_type, str) or not isinstance(inputs, Mapping) or not is_id(number):
            return None
        copy[number] = body_of(class_type, dict(inputs), title_in(body))
    return copy


def is_id(number: Any) -> bool:
    """Whether this can be the id of a node here: printable text that is not empty."""
    return isinstance(number, str) and number != "" and number.isprintable()


def is_editor_format(document: Any) -> bool:
    """Whether this is a workflow in the editor's format instead."""
    return isinstance(document, Mapping) and isinstance(document.get("nodes"), list)


def title_in(body: Mapping[str, Any]) -> str | None:
    """The title of a node, if its body has one."""
    meta = body.get("_meta")
    title = meta.get("title") if isinstance(meta, Mapping) else None
    return title if isinstance(title, str) and title else None


def encode(document: Mapping[str, Any]) -> bytes:
    """The document as canonical bytes: sorted keys, no spaces, so equal documents are equal bytes.

    Raises `InvalidWorkflow` naming everything that JSON cannot hold.
    """
    try:
        # Checking for cycles takes a fifth of the time; a value that contains itself raises `RecursionError` anyway.
        options: Any = {"ensure_ascii": False, "allow_nan": False, "check_circular": False}
        return json.dumps(document, sort_keys=True, separators=(",", ":"), **options).encode()
    except (TypeError, ValueError, RecursionError):
        raise InvalidWorkflow(unwritable(document)) from None


def unwritable(document: Mapping[str, Any]) -> list[Problem]:
    """Everything in a document that JSON cannot hold: infinities, lone surrogates, endless numbers and nesting."""
    found = [
        _not_json(value, AtNode(number, body.get("class_type"), name))
        for number, body in document.items()
        if isinstance(body, Mapping) and isinstance(inputs := body.get("inputs"), Mapping)
        for name, value in inputs.items()
        if not _is_json({name: value})
    ]
    if not found:
        at = [AtNode(number) for number, body in document.items() if not _is_json({number: body})]
        found = [_not_json(document.get(node.node or ""), node) for node in at or [AtNode()]]
    return found


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _not_json(value: Any, at: AtNode) -> Problem:
    return Problem(
        code="not_json",
        message=f"{_printable(shorten(value))} cannot be written as JSON",
        subject=AtNode(*(None if text is None else _printable(text) for text in (at.node, at.class_type, at.input))),
        given=_printable(shorten(value)),
        expected="a number that is finite, text without half characters, true, false, or lists and objects of these",
    )


def _printable(text: object) -> str:
    return str(text).encode("utf-8", "backslashreplace").decode()


def build(prompt: Prompt) -> Graph:
    """The graph of a prompt; ids become names, which keeps them.

    All nodes are kept: the sinks are the nodes that nothing consumes, and all that are or may be outputs. A node gets
    its Python class if its inputs are valid for it, else it is an `AnyNode`. Both are written back unchanged: numbers
    stay as they are, and inputs left out stay left out. A link that leads nowhere, or closes a cycle, becomes a
    `BrokenLink`.
    """
    built: dict[str, Node] = {}
    for node in prompt.sources_first():
        built[node.id] = _node(node, prompt, built)
    consumed = {source for node in built.values() for source in upstream(node)}
    in_order = [built[node.id] for node in prompt.every_node()]
    return Graph(tuple(node for node in in_order if node not in consumed or _may_be_output(node)))


def _may_be_output(node: Node) -> bool:
    return node.schema_.output_node or not node._is_known()


def _node(node: PromptNode | ForeignNode, prompt: Prompt, built: Mapping[str, Node]) -> Node:
    body = prompt.document[node.id]
    inputs = {name: _value(value, built) for name, value in body["inputs"].items()}
    origin = Origin(name=node.id, title=title_in(body))
    old = prompt.admission.replaced.get(node.id)
    typed = typed_node(node.class_type, inputs, origin, prompt.catalog) if old is None else None
    fields = {"of": old[0] if old else node.class_type, "inputs": inputs, "catalog": prompt.catalog}
    return AnyNode.made(fields, origin) if typed is None else typed


def _value(value: Any, built: Mapping[str, Node]) -> Any:
    if not is_link(value):
        bare = unwrap(value)
        return bare if bare is value or wrap(bare) == value else value
    link = read_link(value)
    source = built.get(link.node) if link is not None else None
    if link is None or source is None:
        return BrokenLink(value)
    count = len(source.schema_.outputs)
    try:
        return source.output(link.slot + count if link.slot < 0 else link.slot)
    except InvalidNode:
        return BrokenLink(value)
