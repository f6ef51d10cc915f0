"""``/jobs``: list, read, cancel and delete jobs, and read their inputs and outputs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ryla_graphs.answers.shapes import JobShape
from ryla_graphs.answers.words import JobState
from ryla_graphs.problems import NotFound
from ryla_graphs.server.deployment import Deployment
from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.http.access import Here, Owner
from ryla_graphs.server.http.answers import JSON
from ryla_graphs.server.http.pictures import PictureQuery, picture
from ryla_graphs.server.http.routes.documented import OWNED, errors
from ryla_graphs.server.http.routes.shapes import JobsShape
from ryla_graphs.server.job_options import MOST_LABELS
from ryla_graphs.server.jobs.logs import LogShape, log_lines, log_shape
from ryla_graphs.server.jobs.views import as_json, job_shape, output_shape
from ryla_graphs.server.records import Asset, Job
from ryla_graphs.server.safety.media import media_type_of
from ryla_graphs.server.threads import in_thread

router = APIRouter(tags=["jobs"])


@router.get(
    "/jobs", response_model=JobsShape, responses=errors("unauthorized", "invalid_parameters", "store_unreachable")
)
async def list_jobs(
    here: Here,
    owner: Owner,
    state: Annotated[list[JobState] | None, Query(description="Only jobs in these states; default all")] = None,
    preset: Annotated[str | None, Query(max_length=100, description="Only jobs of this preset")] = None,
    label: Annotated[
        list[Annotated[str, Query(pattern=r"^[^:]+:")]] | None,
        Query(
            max_length=MOST_LABELS, description="Only jobs with this label, `name:value`; if repeated, with all of them"
        ),
    ] = None,
    since: Annotated[datetime | None, Query(description="Only jobs submitted at this time or later")] = None,
    before: Annotated[str | None, Query(description="The id of the last job on the previous page")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """The caller's jobs, the newest first."""
    marked = {} if preset is None else {"preset": preset}
    for name, _, value in (each.partition(":") for each in label or ()):
        marked[f"label:{name}"] = value
    asked = partial(here.store.jobs, owner=owner, states=state, marked=marked, before=before, limit=limit)
    return await in_thread(_page, here, partial(asked, since=_seconds(since)))


def _seconds(since: datetime | None) -> float | None:
    """Seconds since 1970; a time without a zone is UTC, as in all of our JSON."""
    if since is None:
        return None
    return (since if since.tzinfo is not None else since.replace(tzinfo=UTC)).timestamp()


def _page(here: Deployment, asked: Callable[[], list[Job]]) -> Response:
    found = asked()
    now = [(job, here.jobs.live(job.id)) for job in found]

    # Read the job before its outputs: then a succeeded job always shows all of them.
    def shape(row: tuple[Job, Job | None]) -> JobShape:
        job, live = row
        return job_shape(live or job, map(output_shape, here.store.outputs(job.id)), here.jobs)

    shapes = here.store.damage.readable(shape, now)
    return Response(as_json(JobsShape(jobs=shapes)), media_type=JSON)


@router.get("/jobs/{job_id}", response_model=JobShape, responses=errors(*OWNED))
async def show_job(job_id: str, here: Here, owner: Owner) -> Response:
    """A job: its state, progress, outputs so far, and its error if it failed."""
    job = await here.job_of(owner, job_id)
    return await _shown(job, here)


@router.get("/jobs/{job_id}/logs", response_model=LogShape, responses=errors(*OWNED))
async def show_log(job_id: str, here: Here, owner: Owner) -> Response:
    """The log of a job: lines of the server, and of the engine as long as it keeps them, without their folders."""
    job = await here.job_of(owner, job_id)
    lines = await in_thread(log_lines, job, here.store, here.engine)
    return Response(as_json(log_shape(job, lines)), media_type=JSON)


@router.delete(
    "/jobs/{job_id}",
    response_model=JobShape,
    responses={
        202: {"description": "The job, which is being cancelled", "model": JobShape},
        204: {"description": "The job is deleted"},
        **errors(*OWNED, "job_not_ended", "invalid_parameters"),
    },
)
async def cancel_job(
    job_id: str,
    here: Here,
    owner: Owner,
    forget: Annotated[bool, Query(description="Delete an ended job, with its outputs and its idempotency key")] = False,
) -> Response:
    """Cancel a job. A job that has ended does not change."""
    job = await here.job_of(owner, job_id)
    if forget:
        if not await in_thread(here.store.delete_job, job.id):
            raise RequestError("job_not_ended", f"job {job.id} is {job.state}; cancel it first")
        return Response(status_code=204)
    await in_thread(here.jobs.cancel, job.id)
    job = await here.job_of(owner, job_id)
    return await _shown(job, here, 200 if job.state.terminal else 202)


@router.get(
    "/jobs/{job_id}/outputs/{number}",
    response_class=Response,
    responses={
        200: {"description": "The content", "content": {"*/*": {}}},
        206: {"description": "A part of the content", "content": {"*/*": {}}},
        304: {"description": "The caller has it already"},
        **errors(*OWNED, "invalid_parameters", "range_not_satisfiable"),
    },
)
async def show_output(
    job_id: str, number: int, request: Request, here: Here, owner: Owner, options: PictureQuery
) -> Response:
    """The content of an output, also while the job runs; pictures also in another format or size: `?w=256`."""
    job = await here.job_of(owner, job_id)
    for output in await here.jobs.outputs(job.id):
        if output.number == number:
            return await picture(output, here, options, request.headers)
    raise NotFound(f"job '{job.id}' has no output {number}")


@router.get(
    "/jobs/{job_id}/inputs/{name}",
    response_class=Response,
    responses={
        200: {"description": "The content", "content": {"*/*": {}}},
        206: {"description": "A part of the content", "content": {"*/*": {}}},
        304: {"description": "The caller has it already"},
        **errors(*OWNED, "invalid_parameters", "range_not_satisfiable"),
    },
)
async def show_input(
    job_id: str, name: str, request: Request, here: Here, owner: Owner, options: PictureQuery
) -> Response:
    """The content of an input file of a job; pictures also in another format or size: `?w=256`."""
    job = await here.job_of(owner, job_id)
    digest = job.request.inputs.get(name, "")
    size = await in_thread(here.store.blobs.size, digest) if digest else None
    if size is None:
        raise NotFound(f"job '{job.id}' has no input '{name[:80]}'")
    kind = media_type_of(name)
    given = Asset(id="", owner=owner, hash=digest, size=size, media_type=kind, name=name, created_at=job.created_at)
    return await picture(given, here, options, request.headers)


async def _shown(job: Job, here: Deployment, status: int = 200) -> Response:
    outputs = map(output_shape, await here.jobs.outputs(job.id))
    shape = here.store.damage.raised(lambda read: job_shape(read, outputs, here.jobs), job)
    return Response(as_json(shape), status, media_type=JSON)
