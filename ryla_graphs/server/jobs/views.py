"""Jobs as JSON, for our own routes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from ryla_graphs.server.errors import body_of
from ryla_graphs.server.jobs.service import JobService
from ryla_graphs.server.jobs.states import output_facts
from ryla_graphs.server.records import Asset, Job


def moment(seconds: float | None) -> str | None:
    """A time as ISO 8601 in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def job_path(job_id: str) -> str:
    """Where a job is."""
    return f"/jobs/{job_id}"


def output_path(output: Asset) -> str:
    """Where the content of an output is."""
    return f"{job_path(output.job_id or '')}/outputs/{output.number}"


def output_view(output: Asset, content: Callable[[str], bytes] | None = None) -> dict[str, Any]:
    """An output, with its content in base64 where a reader is given."""
    view = output_facts(output) | {"url": output_path(output)}
    if content is not None:
        view["base64"] = base64.b64encode(content(output.hash)).decode()
    return view


def job_view(job: Job, outputs: Sequence[dict[str, Any]], jobs: JobService) -> dict[str, Any]:
    """All that the owner of a job may know of it."""
    path = job_path(job.id)
    return {
        "id": job.id,
        "state": job.state,
        "preset": job.request.preset,
        "parameters": job.request.parameters,
        "seed": job.request.seed,
        "position": jobs.position(job.id),
        "progress": jobs.progress(job.id),
        "attempt": job.attempt,
        "cancel_requested": job.cancel_requested,
        "created_at": moment(job.created_at),
        "started_at": moment(job.started_at),
        "ended_at": moment(job.ended_at),
        "metrics": job.metrics,
        "warnings": job.request.warnings,
        "outputs": list(outputs),
        "error": None if job.error is None else body_of(job.error)["error"],
        "urls": {"self": path, "events": f"{path}/events"},
    }
