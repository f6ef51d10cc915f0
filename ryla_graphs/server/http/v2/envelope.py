"""Errors of Comfy API v2: codes, statuses and the envelope ``{"error": {"code", "message", "details"}}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError

from ryla_graphs.problems import InvalidInputs
from ryla_graphs.server.errors import MOST_REPORTED, RequestError, job_error, plain_text
from ryla_graphs.server.records import JobError

V2_ANSWERS: Mapping[str, tuple[str, int]] = {
    "malformed_json": ("invalid_workflow", 422),
    "unauthorized": ("unauthorized", 401),
    "host_refused": ("forbidden", 403),
    "origin_refused": ("forbidden", 403),
    "request_timeout": ("request_timeout", 408),
    "not_json": ("invalid_request", 422),
    "not_found": ("not_found", 404),
    "method_not_allowed": ("method_not_allowed", 405),
    "blob_not_found": ("blob_not_found", 404),
    "asset_in_use": ("asset_in_use", 409),
    "hash_mismatch": ("hash_mismatch", 409),
    "request_too_large": ("request_too_large", 413),
    "over_budget": ("insufficient_credits", 402),
    "range_not_satisfiable": ("range_not_satisfiable", 416),
    "over_quota": ("request_too_large", 413),
    "input_too_large": ("invalid_workflow", 422),
    "unsupported_media": ("invalid_workflow", 422),
    "workflow_format_ui": ("workflow_format_ui", 422),
    "invalid_document": ("invalid_workflow", 422),
    "invalid_workflow": ("invalid_workflow", 422),
    "cannot_run_here": ("invalid_workflow", 422),
    "invalid_inputs": ("invalid_workflow", 422),
    "invalid_request": ("invalid_request", 422),
    "invalid_parameters": ("invalid_request", 422),
    "missing_asset": ("missing_asset", 422),
    "idempotency_key_reuse": ("idempotency_key_reuse", 422),
    "queue_full": ("queue_full", 429),
    "not_ready": ("deployment_not_ready", 429),
    "engine_unreachable": ("deployment_not_ready", 429),
    "store_unreachable": ("deployment_not_ready", 429),
    "too_many_streams": ("too_many_streams", 429),
    "too_many_bodies": ("queue_full", 429),
    "bodies_full": ("deployment_not_ready", 429),
}
"""Our codes with v2's codes and statuses; a code that is not here becomes `upstream_error`, 500."""

PREFIX = "/api/v2"
RETRY_SECONDS = 5


class V2Error(RequestError):
    """An error that exists only in v2."""


def explained(error: Exception | JobError) -> tuple[str, str, dict[str, Any] | None]:
    """The code, one of `V2_ANSWERS` if possible, the message, and the details of an error."""
    if isinstance(error, RequestValidationError):
        first = error.errors()[:MOST_REPORTED]
        rows = [{"field": plain_text(".".join(map(str, row["loc"]))), "reason": row["msg"]} for row in first]
        message = "; ".join(f"{row['field']}: {row['reason']}" for row in rows)
        return "invalid_request", message, {"fields": rows}
    if isinstance(error, V2Error):
        return error.code, plain_text(str(error)), None
    known = error if isinstance(error, JobError) else job_error(error)
    code = known.code
    if isinstance(error, InvalidInputs) and any(problem.code == "missing_asset" for problem in error.problems):
        code = "missing_asset"
    return code, _sentence(known), _details(known)


def _sentence(error: JobError) -> str:
    """The first problem as one sentence, since many clients show only the message."""
    if not error.problems:
        return error.message
    first = error.problems[0]
    where = f"Node {first['node']} ({first.get('class_type')}): " if "node" in first else ""
    what = next((f"{name} '{first[name]}' " for name in ("input", "parameter", "field") if name in first), "")
    return f"{where}{what}{first['message']}"


def _details(error: JobError) -> dict[str, Any] | None:
    if not error.problems:
        return None
    nodes: dict[str, list[dict[str, Any]]] = {}
    for problem in error.problems:
        row = {"field": problem.get("input"), "reason": problem["code"], "message": problem["message"]}
        nodes.setdefault(str(problem.get("node", "")), []).append(row | {"hint": problem.get("hint")})
    return {"node_errors": nodes}
