"""One sentence about a source that is not a graph: what it is instead, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ryla_graphs.formats.embedded import Content, Embedded
from ryla_graphs.formats.shapes import is_node
from ryla_graphs.problems import shorten

_FILES: tuple[tuple[tuple[bytes, ...], str], ...] = (
    ((b"PK\3\4",), "a ZIP archive; unpack it and open what is inside"),
    ((b"\x1f\x8b",), "gzip that holds another gzip; unpack it first"),
    ((b"%PDF",), "a PDF; open the workflow's JSON, or a picture that ComfyUI saved"),
    ((b"<!DOCTYPE html", b"<!doctype html", b"<html"), "a web page; download the file itself, often called “raw”"),
    ((b"version https://git-lfs",), "a pointer of Git LFS; `git lfs pull` fetches the file itself"),
    ((b"\xff\x0a", b"\0\0\0\x0cJXL "), "a JPEG XL, whose metadata is not read; save it as PNG or WebP in ComfyUI"),
    ((b"GGUF",), "a GGUF weight file; a workflow names it, but is not in it"),
    ((b"BM",), "a BMP, which carries no workflow; take the PNG that ComfyUI saved"),
    ((b"```",), "Markdown; take what stands between the fences"),
    ((b"const ", b"let ", b"var ", b"export ", b"module.exports"), "JavaScript; take the object alone, as JSON"),
    ((b"import ", b"from ", b"#!", b'"""'), "Python; name it FILE.py or FILE.py:NAME on the command line"),
)
"""How a file begins, and what it is."""


def of_file(content: Content) -> str:
    """What a file is if it is neither JSON nor a carrier of workflows."""
    if not content[:1]:
        return "this is empty; there is no graph in it"
    head = bytes(content[:64]).lstrip()
    for starts, what in _FILES:
        if head.startswith(starts):
            return f"this is {what}"
    if b"\0" in head:
        return "this is a file of no kind that carries a workflow; take JSON, or a file that ComfyUI saved"
    return "this is text, but no JSON; a graph is API JSON, or a workflow as ComfyUI's editor saves it"


_GENERATED = b"digitalsourcetype/trainedAlgorithmicMedia"
"""Marks a file as made by a model (IPTC); our server adds it when it removes the workflow."""
_MARKED_WITHIN = 65_536
"""The mark is within this many bytes of the start or the end."""


def of_bare(found: Embedded, content: Content) -> str:
    """What a file is if it could carry a workflow but does not."""
    if found.has_settings:
        return (
            f"this {found.kind} says how another program made it, as text, which is no graph; "
            "take a picture that ComfyUI saved, or the workflow's JSON"
        )
    if found.kind == "safetensors file":
        return "this is a weight file without a workflow in its header; a workflow names it"
    if any(_GENERATED in bytes(part) for part in (content[:_MARKED_WITHIN], content[-_MARKED_WITHIN:])):
        return (
            f"this {found.kind} carries no workflow, and is marked as generated: a ryla_graphs server takes the "
            "workflow out of what it delivers, and gives it at GET /api/v2/jobs/ID/workflow, where ID is the X-Job-Id "
            "that came with the file; take that answer, or the file as ComfyUI saved it"
        )
    return (
        f"this {found.kind} carries no workflow: it was saved without, or a program or site took the metadata away; "
        "take the file as ComfyUI saved it, or the workflow's JSON"
    )


def _is_catalog(value: Any) -> bool:
    rows = list(value.values())[:3] if isinstance(value, dict) else []
    return bool(rows) and all(isinstance(row, dict) and {"input", "output"} <= row.keys() for row in rows)


def _is_queue(value: Any) -> bool:
    return {"queue_running", "queue_pending"} == set(value)


def _is_history(value: Any) -> bool:
    rows = list(value.values())[:3]
    return bool(rows) and all(isinstance(row, dict) and {"prompt", "outputs"} <= row.keys() for row in rows)


_VALUES: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (lambda value: isinstance(value, list), "a list; a graph is one object, so open its items one by one"),
    (lambda value: not isinstance(value, dict), "one plain value; a graph is an object of nodes"),
    (_is_queue, "what ComfyUI answers to /queue; open one of its entries"),
    (_is_history, "what ComfyUI answers to /history; open one of its entries"),
    (is_node, 'one node, not a graph; write {"1": …} around it'),
    (_is_catalog, "what a server answers to /object_info, its classes; pass it as the catalog, together with a graph"),
    (lambda value: "weight_map" in value, "an index of weight files, not a graph"),
    (
        lambda value: isinstance(value.get("prompt"), str),
        "a request to another program: its `prompt` is text, where ComfyUI's is a graph",
    ),
    (lambda value: isinstance(value.get("error"), (dict, str)), "an answer that tells of an error, not a graph"),
)


def of_json(value: Any) -> str:
    """What a piece of JSON is if it is not a graph."""
    for is_it, what in _VALUES:
        if is_it(value):
            return f"this is {what}"
    keys = ", ".join(f"`{shorten(key, 30)[1:-1]}`" for key in list(value)[:5])
    return (
        f"this is JSON, but no graph: it has {keys or 'nothing in it'}{', …' if len(value) > 5 else ''}; API JSON has "
        "nodes by id, each with a `class_type`, and a workflow of ComfyUI's editor a list `nodes`"
    )
