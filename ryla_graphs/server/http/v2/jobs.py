"""``/api/v2/jobs``: submit, poll, follow and cancel jobs."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, SecretStr, ValidationError, model_validator

from ryla_graphs.problems import AtField
from ryla_graphs.server.deployment import Deployment
from ryla_graphs.server.errors import MOST_REPORTED
from ryla_graphs.server.http.access import Here, Owner, Stream
from ryla_graphs.server.http.received import Body, received
from ryla_graphs.server.http.routes.events import NO_STORE, documented, event_stream, with_pings
from ryla_graphs.server.http.v2.documented import errors
from ryla_graphs.server.http.v2.envelope import PREFIX, V2Error
from ryla_graphs.server.http.v2.models import EVENTS, V2Job, V2Jobs, V2Workflow
from ryla_graphs.server.http.v2.shapes import job_view, output_view, progress_view, status_of, summary_view
from ryla_graphs.server.job_options import JobOptions, Labels
from ryla_graphs.server.jobs.partners import key_of
from ryla_graphs.server.jobs.service import Accepted
from ryla_graphs.server.records import IdempotencyKey, Job, JobEvent
from ryla_graphs.server.submit.options import user_in
from ryla_graphs.server.submit.reading import parsed
from ryla_graphs.server.submit.submissions import fingerprint
from ryla_graphs.server.threads import in_thread

router = APIRouter(prefix=f"{PREFIX}/jobs", tags=["jobs"])

_LABEL = re.compile(r"metadata\[(.+)\]")

Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)]


class ExtraData(BaseModel, extra="forbid"):
    """ComfyUI's extra data of a prompt."""

    api_key_comfy_org: SecretStr | None = None
    """Pays for the partners' services that the graph calls; not stored."""


class Submission(BaseModel, extra="forbid"):
    """A graph to run."""

    workflow: dict[str, Any]
    extra_data: ExtraData | None = None
    metadata: Labels = {}
    """Labels of the job, by which `GET /api/v2/jobs` can filter."""

    @model_validator(mode="before")
    @classmethod
    def _few(cls, given: Any) -> Any:
        """Keep few of the unknown fields, of which there may be millions: each of them is reported."""
        if not isinstance(given, Mapping) or len(given) <= MOST_REPORTED:
            return given
        unknown = (name for name in given if name not in cls.model_fields)
        kept = {*cls.model_fields, *islice(unknown, MOST_REPORTED)}
        return {name: value for name, value in given.items() if name in kept}


@router.post("", status_code=201, response_model=V2Job, responses=errors("submit"))
async def post_jobs(request: Request, here: Here, owner: Owner, key: Key = None) -> JSONResponse:
    """Check a graph and queue it; 201 means that the job is stored. An idempotency key is valid for one job."""
    accepted = await in_thread(_submit, here, owner, await received(request), key, user_in(request.headers))
    if accepted.replayed:
        raise V2Error("idempotency_key_reuse", "this Idempotency-Key was used already; list your jobs to find its job")
    return JSONResponse(await _view(accepted.job, request, here), 201)


def _submit(here: Deployment, owner: str, body: Body, key: str | None, user: Mapping[str, str]) -> Accepted:
    with body.opened() as read:
        wanted = _submission(read, body.media_type)
        # The fingerprint covers the key alone, so a second request with this key is refused whatever its body is.
        chosen = None if key is None else IdempotencyKey(owner, f"v2:{key}", fingerprint("v2", key))
        secret = None if wanted.extra_data is None else wanted.extra_data.api_key_comfy_org
        key_field = AtField("request", "extra_data.api_key_comfy_org")
        paying = key_of(secret.get_secret_value(), key_field) if secret else None
        options = JobOptions(previews=True, labels=wanted.metadata, extra=user, partner_key=paying)
        return here.submissions.workflow(wanted.workflow, owner, options, chosen)


def _submission(body: bytes, kind: str | None) -> Submission:
    """Parse the body in a worker thread; FastAPI would parse it on the event loop."""
    try:
        return Submission.model_validate(parsed(body, kind))
    except ValidationError as error:
        rows = [{**row, "loc": ("body", *row["loc"])} for row in error.errors(include_url=False)]
        raise RequestValidationError(rows) from None


@router.get("", response_model=V2Jobs, responses=errors("list"))
async def list_jobs(
    request: Request,
    here: Here,
    owner: Owner,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[str | None, Query(description="The `next_cursor` of the previous page")] = None,
) -> JSONResponse:
    """The caller's jobs, newest first; `metadata[key]=value` selects those with this label."""
    asked = ((_LABEL.fullmatch(name), value) for name, value in request.query_params.items())
    marked = {f"label:{match[1]}": value for match, value in asked if match is not None}
    found = await in_thread(here.store.jobs, owner=owner, marked=marked, before=cursor, limit=limit + 1)
    page = [here.jobs.live(job.id) or job for job in found[:limit]]
    following = {"next_cursor": page[-1].id} if len(found) > limit else {}
    return JSONResponse({"jobs": [summary_view(job) for job in page], **following})


@router.get("/{job_id}", response_model=V2Job, responses=errors("job"))
async def get_job(job_id: str, request: Request, here: Here, owner: Owner) -> JSONResponse:
    """A job as it is now, with every output committed so far."""
    return JSONResponse(await _view(await here.job_of(owner, job_id), request, here))


@router.get("/{job_id}/workflow", response_model=V2Workflow, responses=errors("job"))
async def get_job_workflow(job_id: str, here: Here, owner: Owner) -> JSONResponse:
    """The graph that ran."""
    job = await here.job_of(owner, job_id)
    return JSONResponse({"workflow": job.request.prompt, "format": "api"})


@router.post("/{job_id}/cancel", response_model=V2Job, responses=errors("job"))
async def cancel_job(job_id: str, request: Request, here: Here, owner: Owner) -> JSONResponse:
    """Cancel a job; one that has ended does not change."""
    job = await here.job_of(owner, job_id)
    await in_thread(here.jobs.cancel, job.id)
    return JSONResponse(await _view(await here.job_of(owner, job_id), request, here))


async def _view(job: Job, request: Request, here: Deployment) -> dict[str, Any]:
    # The job was read before its outputs, so a succeeded job always shows all of them.
    return job_view(job, await in_thread(here.store.outputs, job.id), here, request)


@router.get(
    "/{job_id}/events",
    response_class=StreamingResponse,
    responses={200: event_stream(EVENTS), **errors("events")},
    openapi_extra=documented(EVENTS),
)
async def get_job_events(job_id: str, request: Request, here: Here, owner: Owner, _: Stream) -> StreamingResponse:
    """The current state of a job, then its changes until it ends. A dropped stream cannot be resumed: poll instead."""
    job = await here.job_of(owner, job_id)
    frames = with_pings(_frames(job, request, here), here.settings.stream_seconds)
    return StreamingResponse(frames, media_type="text/event-stream", headers=NO_STORE)


async def _frames(job: Job, request: Request, here: Deployment) -> AsyncIterator[str]:
    first = True
    async for events in here.jobs.events(job.id):
        for event in _newest(events) if first else events:
            frame = await _frame(event, job.id, request, here)
            if frame is not None:
                yield frame
        first = False
        await asyncio.sleep(0)


def _newest(events: list[JobEvent]) -> list[JobEvent]:
    """The latest event of each kind from the past: state, progress and preview."""
    last = {event.kind: event for event in events}
    return [last[kind] for kind in ("progress", "preview", "status") if kind in last]


async def _frame(event: JobEvent, job_id: str, request: Request, here: Deployment) -> str | None:
    data: Any
    if event.kind == "status":
        requested = bool(event.data.get("cancel_requested"))
        data = {
            "status": status_of(event.data["state"], cancel_requested=requested),
            "queue_position": here.jobs.position(job_id),
        }
    elif event.kind == "progress":
        data = progress_view(event.data)
    elif event.kind == "preview":
        picture = event.data
        data = {
            "node_id": picture["node"] or "",
            "content_type": picture["media_type"],
            "data_base64": picture["data"],
        }
    elif event.kind != "output":
        return None  # v2 has no such event
    else:
        outputs = await in_thread(here.store.outputs, job_id)
        output = next((output for output in outputs if output.id == event.data["id"]), None)
        data = None if output is None else output_view(output, request)
    if data is None:
        return None
    return f"event: {event.kind}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"
