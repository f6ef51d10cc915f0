"""Reads what a caller sends, with the reader that the whole library uses: JSON, or a file that ComfyUI saved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.formats import json_text
from ryla_graphs.formats.embedded import kind_of
from ryla_graphs.formats.graphs import graphs_in, graphs_in_json
from ryla_graphs.formats.read import Document, Preference, chosen
from ryla_graphs.formats.shapes import is_editor
from ryla_graphs.plan.allowed import Limits
from ryla_graphs.plan.crowds import crowded
from ryla_graphs.problems import CannotRunHere, InvalidDocument
from ryla_graphs.server.errors import RequestError

Sent = Mapping[str, Any] | bytes
"""A JSON object, or the content of a file."""


_JSON = ("application/json", "text/json")


_KINDS: Mapping[type, str] = {list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}


def parsed(body: bytes, media_type: str | None = None) -> dict[str, Any]:
    """The JSON object in a body; raises `RequestError` (`malformed_json`, `not_json`).

    JSON with another content type is refused: forms and plain text are what any web page can send to any server.
    """
    kind = (media_type or _JSON[0]).partition(";")[0].strip().lower()
    if kind not in _JSON and not (kind.startswith("application/") and kind.endswith("+json")):
        raise RequestError(
            "not_json", f"the Content-Type is '{kind[:100]}'; send JSON with Content-Type: application/json"
        )
    try:
        content = json_text.parse(body, "the body")
    except InvalidDocument as error:
        raise RequestError("malformed_json", str(error)) from None
    if not isinstance(content, dict):
        raise RequestError("malformed_json", f"the body is {_KINDS.get(type(content), 'null')}, expected a JSON object")
    return content


def sent(body: bytes, media_type: str | None = None) -> Sent:
    """The body as a file, or the JSON object in it; raises as `parsed` does."""
    # Most bodies start with a brace, and no supported file does.
    return parsed(body, media_type) if body.startswith(b"{") or kind_of(body) is None else body


def opened(content: Sent, catalog: Catalog, limits: Limits, prefer: Preference | None = None) -> Document:
    """The graph in what was sent.

    Raises `InvalidDocument`, `InvalidInputs`, `CannotRunHere` if the graph has more nodes or inputs than allowed, so
    that judging it would take seconds, and `RequestError` (`workflow_format_ui`) for an editor workflow that cannot be
    converted to a prompt.
    """
    try:
        found = graphs_in(content) if isinstance(content, bytes) else graphs_in_json(content)
        if isinstance(found.prompt, Mapping):
            _refuse_crowds(found.prompt, limits)  # before its values are read one by one
        document = chosen(found, catalog=catalog, prefer=prefer, now=datetime.now(UTC))
    except InvalidDocument as error:
        if isinstance(content, Mapping) and (is_editor(content) or is_editor(content.get("workflow"))):
            raise RequestError("workflow_format_ui", str(error)) from None
        raise
    if document.prompt is not found.prompt:
        _refuse_crowds(document.prompt, limits)
    return document


def _refuse_crowds(prompt: Mapping[str, Any], limits: Limits) -> None:
    if (crowd := crowded(prompt, limits)) is not None:
        raise CannotRunHere([crowd])


def all_of(document: Document) -> Document:
    """The document, if the reader used every key; raises `InvalidDocument` for unknown keys."""
    if document.unread:
        raise InvalidDocument(f"unknown field `{document.unread[0]}` next to the graph")
    return document
