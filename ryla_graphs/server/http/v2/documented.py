"""The OpenAPI descriptions of v2's errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ryla_graphs.server.http.v2.models import V2ErrorEnvelope

_CODES: Mapping[str, tuple[int, ...]] = {
    "upload": (401, 409, 413, 422, 500),
    "from_hash": (401, 404, 413, 422, 500),
    "by_hash": (401, 404, 500),
    "asset": (401, 404, 422, 500),
    "content": (401, 404, 416, 422, 500),
    "delete": (401, 404, 409, 500),
    "submit": (401, 402, 413, 422, 429, 500),
    "list": (401, 422, 500),
    "job": (401, 404, 500),
    "events": (401, 404, 429, 500),
}


def errors(operation: str) -> dict[int | str, dict[str, Any]]:
    """The errors of an operation, for a route's `responses`."""
    return {status: {"description": "See `error.code`", "model": V2ErrorEnvelope} for status in _CODES[operation]}
