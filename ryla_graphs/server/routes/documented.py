"""How answers look in OpenAPI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ryla_graphs.server.errors import ANSWERS

ERROR_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "problems"],
            "properties": {
                "code": {"type": "string", "description": "For programs"},
                "message": {"type": "string"},
                "node": {"type": "string", "nullable": True},
                "class_type": {"type": "string", "nullable": True},
                "problems": {"type": "array", "items": {"type": "object"}},
            },
        }
    },
}


def errors(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The answers to these errors, by status, for a route's `responses`."""
    found: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        row = ANSWERS[code]
        before = found.get(row.status)
        text = f"`{code}`: {row.meaning}"
        found[row.status] = {
            "description": f"{before['description']}; {text}" if before else text,
            "content": {"application/json": {"schema": ERROR_SCHEMA}},
        }
    return found


OWNED = ("unauthorized", "not_found")
"""What every route about something owned may answer."""
TAKEN = ("malformed_json", "unauthorized", "request_too_large", "queue_full", "not_ready")
"""What every route that takes a job may answer."""
GRAPH = (
    "invalid_workflow", "invalid_inputs", "invalid_parameters", "idempotency_key_reuse", "engine_refused",
    "input_too_large", "unsupported_media",
)  # fmt: skip
RUN = (
    "cancelled", "node_failed", "out_of_memory", "output_missing", "engine_error", "internal_error",
    "engine_unreachable", "run_lost", "timeout",
)  # fmt: skip
"""How a job may end that a request waits for."""


def picture(description: str) -> dict[str, Any]:
    """An answer that is a picture, or whatever one file the graph makes, or JSON."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    content = dict.fromkeys(("image/png", "image/webp", "image/jpeg", "*/*"), binary)
    return {"description": description, "content": content | {"application/json": {"schema": {"type": "object"}}}}
