"""Finds the graphs in files, texts, JSON and bodies of requests, before one is chosen."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ryla_graphs.formats import bodies, contents, embedded, json_text, not_graphs
from ryla_graphs.formats.embedded import Content
from ryla_graphs.formats.shapes import is_editor, is_prompt
from ryla_graphs.problems import InvalidDocument

_GZIP = b"\x1f\x8b"
_DEEPEST_WRAP = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Graphs:
    """The graphs in a source, before one is chosen and made into a prompt."""

    kind: str
    prompt: Any = None
    workflow: Any = None
    """The editor's file."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The files sent along, unchanged: data URLs, base64, addresses, ids of assets."""
    unread: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    """Where a file's metadata is broken."""


def graphs_in(source: Content | str | Mapping[str, Any] | list[Any]) -> Graphs:
    """What `read` finds in a source, before it chooses; raises what `read` raises."""
    if isinstance(source, (Mapping, list)):
        return _of_json(json_text.plain(source, "the graph"), 0)
    return _of_text(source, 0) if isinstance(source, str) else _of_file(unpacked(source), 0)


def graphs_in_json(value: Any) -> Graphs:
    """The same for JSON that `json_text.parse` has parsed."""
    return _of_json(value, 0)


def unpacked(content: Content, source: str = "the file") -> Content:
    """The content with its gzip undone. Raises `InvalidDocument` if it is broken, or unpacks to too much."""
    if content[:2] != _GZIP:
        return content
    unpacker = zlib.decompressobj(31)
    try:
        text = unpacker.decompress(content[: len(content)], json_text.MOST_BYTES + 1)
    except zlib.error as error:
        raise InvalidDocument(f"{source} is broken gzip: {error}") from None
    if len(text) > json_text.MOST_BYTES:
        raise InvalidDocument(f"{source} is gzip that unpacks to more than {json_text.MOST_BYTES:,} bytes")
    if not unpacker.eof:
        raise InvalidDocument(f"{source} is broken gzip: it ends early")
    return text


def _of_file(content: Content, wraps: int) -> Graphs:
    found = embedded.load(content)
    if found is None:
        return _of_bytes(content, wraps)
    if found.prompt is None and found.workflow is None:
        if found.faults and not found.has_settings:
            raise InvalidDocument(f"no workflow can be read from this {found.kind}: {'; '.join(found.faults)}")
        raise InvalidDocument(not_graphs.of_bare(found, content))
    parts = [name for name, graph in (("prompt", found.prompt), ("workflow", found.workflow)) if graph is not None]
    return Graphs(
        kind=f"{_article(found.kind)} {found.kind} with a {' and a '.join(parts)}",
        prompt=found.prompt,
        workflow=found.workflow,
        faults=found.faults,
    )


def _article(kind: str) -> str:
    return "an" if kind[0] in "AEMOS" else "a"


def _of_bytes(content: Content, wraps: int) -> Graphs:
    if content[:64].lstrip()[:1] not in (b"{", b"[", b'"') and not content[:4].startswith(_TEXT_MARKS):
        raise InvalidDocument(not_graphs.of_file(content))
    return _of_json(json_text.parse(content[: json_text.MOST_BYTES + 1], "this"), wraps)


_TEXT_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def _of_text(text: str, wraps: int) -> Graphs:
    if text.startswith("data:"):
        content = contents.decoded(text)
        if content is None:
            raise InvalidDocument("this is a data URL without base64, or with broken base64")
        return _of_file(unpacked(content), wraps)
    return _of_bytes(text.encode("utf-8", "surrogatepass"), wraps)


def _of_json(value: Any, wraps: int) -> Graphs:
    if is_editor(value):
        return Graphs(kind="a workflow of ComfyUI's editor", workflow=value)
    if is_prompt(value):
        return Graphs(kind="API JSON", prompt=value)
    if isinstance(value, str) and value.lstrip()[:1] in ("{", '"'):
        return _in_body(value, wraps)  # JSON that was written as JSON twice
    body = bodies.unwrapped(value)
    if body is None:
        raise InvalidDocument(not_graphs.of_json(value))
    inner = _in_body(body.graph, wraps)
    workflow = inner.workflow if inner.workflow is not None else body.workflow
    return replace(
        inner,
        kind=body.kind,
        workflow=workflow if is_editor(workflow) else None,
        files={**body.files, **inner.files},
        unread=(*body.unread, *inner.unread),
    )


def _in_body(graph: Any, wraps: int) -> Graphs:
    """The graphs in the place where a request has its graph; a bad prompt counts, so that it gets validated."""
    if wraps >= _DEEPEST_WRAP:
        raise InvalidDocument("this is wrapped in too many requests or texts; open the graph inside")
    if isinstance(graph, str):
        return _of_text(graph, wraps + 1)
    if not is_editor(graph) and not is_prompt(graph) and bodies.unwrapped(graph) is None:
        return Graphs(kind="API JSON", prompt=graph)
    return _of_json(graph, wraps + 1)
