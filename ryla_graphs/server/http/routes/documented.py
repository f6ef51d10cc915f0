"""The OpenAPI descriptions of answers."""

from __future__ import annotations

from typing import Any

from ryla_graphs.answers.shapes import ErrorAnswer, JobShape
from ryla_graphs.server.errors import ANSWERS

RETRY_AFTER = {"description": "In seconds", "schema": {"type": "integer"}}


def errors(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The answers to these errors, by status, for a route's `responses`."""
    found: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        row = ANSWERS[code]
        before = found.get(row.status)
        text = f"`{code}`: {row.meaning}"
        text = f"{before['description']}; {text}" if before else text
        headers = {"Retry-After": RETRY_AFTER} if row.retry_after is not None else {}
        found[row.status] = {"description": text, "model": ErrorAnswer, "headers": headers}
    return found


OWNED = ("unauthorized", "not_found", "record_damaged", "store_unreachable")
"""The errors of every route about something that an owner has."""
BODY = ("malformed_json", "not_json", "request_too_large", "too_many_bodies", "bodies_full")
"""The errors of every route that takes a large JSON body."""
TAKEN = (
    *BODY, "unauthorized", "queue_full", "not_ready", "store_unreachable",
)  # fmt: skip
"""The errors of every route that accepts a job."""
READ = ("invalid_document", "workflow_format_ui", "invalid_inputs")
"""The errors of every route that reads a graph."""
GRAPH = (
    "invalid_workflow", "cannot_run_here", "invalid_inputs", "invalid_parameters", "idempotency_key_reuse",
    "engine_refused", "input_too_large", "unsupported_media",
)  # fmt: skip
RUN = (
    "cancelled", "node_failed", "out_of_memory", "output_missing", "engine_error", "internal_error",
    "engine_unreachable", "run_lost", "run_timed_out",
)  # fmt: skip
"""The errors with which a job may end while a request waits for it."""

JUDGED = errors(
    *BODY, "unauthorized", "invalid_parameters", "cannot_run_here", *READ,
)  # fmt: skip
"""The errors of a request that is judged and not run."""


def results() -> dict[int | str, dict[str, Any]]:
    """The successful answers to a request that runs a graph."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {
        200: {
            "description": "The output itself; JSON if the job has several outputs, or if the caller asks for JSON",
            "model": JobShape,
            "content": dict.fromkeys(("image/png", "image/webp", "image/jpeg", "*/*"), binary),
            "headers": {name: {"description": text, "schema": {"type": "string"}} for name, text in _HEADERS.items()},
        },
        202: {
            "description": "The job, if it has not ended when the caller's wait is over; `Location` has its address",
            "model": JobShape,
        },
    }


_HEADERS = {
    "X-Job-Id": "The job",
    "X-Seed": "The seed, also if the server drew it",
    "X-Queue-Ms": "Milliseconds from submission until the engine started",
    "X-Execution-Ms": "At work",
    "X-Gpu": "The hardware that the job ran on, if known",
    "X-Cost-Usd": "What the job cost in US dollars, if known",
    "Content-Location": "The address of the output",
    "Idempotency-Replayed": "`true` if the job belongs to an earlier request",
}
