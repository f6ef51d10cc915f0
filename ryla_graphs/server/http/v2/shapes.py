"""Jobs, outputs and assets in the shapes of Comfy API v2."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request

from ryla_graphs.answers.words import JobState
from ryla_graphs.server.deployment import Deployment
from ryla_graphs.server.http.access import deployment_of
from ryla_graphs.server.http.v2.envelope import PREFIX
from ryla_graphs.server.jobs.views import job_shape, moment
from ryla_graphs.server.records import Asset, Job

URL_SECONDS = 3600.0
"""Seconds that the URL of content stays valid; reading the asset again gives a new one."""
FOREVER_SECONDS = 10 * 365 * 24 * 3600.0
"""The retention of a job on a server that never deletes jobs: v2 requires a date."""

_OUTPUT_TYPES: Mapping[str, str] = {kind: kind for kind in ("image", "video", "audio", "text", "latent")}
_CODES: Mapping[str, str] = {"node_failed": "node_execution_error"}


def hash_text(digest: str) -> str:
    """A hash as v2 writes it."""
    return f"blake3:{digest}"


def asset_view(asset: Asset, request: Request, *, created_new: bool | None = None) -> dict[str, Any]:
    """An `Asset`."""
    view: dict[str, Any] = {
        "id": asset.id,
        "hash": hash_text(asset.hash),
        "size_bytes": asset.size,
        "content_type": asset.media_type,
        "file_path": asset.name,
        "created_at": moment(asset.created_at),
        **_address(asset, request),
        "expires_at": moment(asset.expires_at),
    }
    if created_new is not None:
        view["created_new"] = created_new
    return view | ({"job_id": asset.job_id} if asset.job_id is not None else {})


def output_view(output: Asset, request: Request) -> dict[str, Any]:
    """An `Output`."""
    return {
        "node_id": output.node or "",
        "name": output.name,
        "type": _OUTPUT_TYPES.get(output.kind, "file"),
        "content_type": output.media_type,
        "size_bytes": output.size,
        "id": output.id,
        "hash": hash_text(output.hash),
        **_address(output, request),
        "job_id": output.job_id,
    }


def _address(asset: Asset, request: Request) -> dict[str, Any]:
    """A signed URL of the content, which works without a token, so also in a browser, until it expires."""
    expires = int(min(time.time() + URL_SECONDS, asset.expires_at or math.inf))
    signature = deployment_of(request).settings.tokens.sign(asset.owner, _signed_text(asset, expires))
    return {
        "url": f"{_base(request)}{PREFIX}/assets/{asset.id}/content?expires={expires}&signature={signature}",
        "url_expires_at": moment(expires),
    }


def _base(request: Request) -> str:
    """The base of URLs; empty (so URLs are relative) if the ``Host`` header is not trusted."""
    here = deployment_of(request)
    if here.settings.public_url is not None:
        return here.settings.public_url.rstrip("/")
    known = here.gate.knows(request.headers.get("host", ""))
    return str(request.base_url if known else request.scope.get("root_path", "")).rstrip("/")


def is_signed(asset: Asset, expires: int, signature: str, request: Request) -> bool:
    """Whether this server signed the URL, and it has not expired."""
    tokens = deployment_of(request).settings.tokens
    return time.time() < expires and tokens.signed(asset.owner, _signed_text(asset, expires), signature)


def _signed_text(asset: Asset, expires: int) -> str:
    return f"{asset.id}.{expires}"


def status_of(state: JobState | str, *, cancel_requested: bool) -> str:
    """A `JobStatus`."""
    if state == JobState.CANCELLED:
        return "canceled"
    if cancel_requested and state in (JobState.QUEUED, JobState.RUNNING):
        return "canceling"
    return str(state)


def progress_view(snapshot: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A `Progress`."""
    if snapshot is None:
        return None
    node, class_type, step, steps = (snapshot.get(name) for name in ("node", "class_type", "step", "steps"))
    message = None if class_type is None else str(class_type) + (f" {step}/{steps}" if steps else "")
    return {
        "value": snapshot["value"],
        "nodes_done": snapshot["nodes_done"],
        "nodes_total": snapshot["nodes_total"],
        "current_node": node,
        "current_node_class": class_type,
        "step": step,
        "steps": steps,
        "message": message,
    }


def job_view(job: Job, outputs: Sequence[Asset], here: Deployment, request: Request) -> dict[str, Any]:
    """v2's `Job`, made from our own shape of a job."""
    path = f"{request.scope.get('root_path', '')}{PREFIX}/jobs/{job.id}"
    kept = here.settings.retention.seconds
    ours = job_shape(job, (), here.jobs).model_dump(mode="json")
    progress, error = ours["progress"], ours["error"]
    if job.state is JobState.SUCCEEDED:
        total = len(job.request.prompt)
        progress = {"value": 1.0, "nodes_done": total, "nodes_total": total}
    return {
        "id": ours["id"],
        "status": status_of(job.state, cancel_requested=job.cancel_requested),
        "created_at": ours["created_at"],
        "started_at": ours["started_at"],
        "completed_at": ours["ended_at"],
        "expires_at": moment((job.ended_at or job.created_at) + (FOREVER_SECONDS if kept is None else kept)),
        "queue_position": ours["position"],
        "progress": progress_view(progress),
        "outputs": [output_view(output, request) for output in outputs],
        "error": None
        if error is None
        else {
            "code": _CODES.get(error["code"], error["code"]),
            "message": error["message"],
            "node_id": error["node"],
            "class_type": error["class_type"],
            "traceback": None,
        },
        "metrics": {name: _whole(ours["metrics"].get(name)) for name in ("queue_ms", "execution_ms")},
        "metadata": dict(job.request.labels),
        "urls": {"self": path, "events": f"{path}/events", "cancel": f"{path}/cancel"},
    }


def summary_view(job: Job) -> dict[str, Any]:
    """A job in a list."""
    return {
        "id": job.id,
        "status": status_of(job.state, cancel_requested=job.cancel_requested),
        "create_time": moment(job.created_at),
        "update_time": moment(job.ended_at or job.started_at or job.created_at),
        "metadata": dict(job.request.labels),
    }


def _whole(value: Any) -> int | None:
    return None if value is None else round(value)
