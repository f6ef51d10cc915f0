"""How the errors of v2 look in OpenAPI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ENVELOPE: Mapping[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "details": {"type": "object", "nullable": True},
            },
        }
    },
}
_CODES: Mapping[str, tuple[int, ...]] = {
    "upload": (401, 409, 413, 422, 500),
    "from_hash": (401, 404, 413, 422, 500),
    "by_hash": (401, 404, 500),
    "asset": (401, 404, 422, 500),
    "delete": (401, 404, 409, 500),
    "submit": (401, 402, 413, 422, 429, 500),
    "list": (401, 422, 500),
    "job": (401, 404, 500),
    "events": (401, 404, 429, 500),
}


def errors(operation: str) -> dict[int | str, dict[str, Any]]:
    """The errors of an operation, for a route's `responses`."""
    content = {"application/json": {"schema": _ENVELOPE}}
    return {status: {"description": "See `error.code`", "content": content} for status in _CODES[operation]}
