"""The answer to a submission: the picture itself, JSON, or 202 with the address of the job."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from fastapi import Request, Response

from ryla_graphs.answers.words import JobState
from ryla_graphs.server.deployment import Deployment
from ryla_graphs.server.http.failures import respond
from ryla_graphs.server.http.pictures import FORMATS, may_become, picture
from ryla_graphs.server.job_options import JobOptions
from ryla_graphs.server.jobs.service import Accepted
from ryla_graphs.server.jobs.views import as_json, job_path, job_shape, output_path, output_shape
from ryla_graphs.server.records import Ended, Job, JobError
from ryla_graphs.server.submit.options import best_of
from ryla_graphs.server.threads import in_thread, in_thread_anyway

JSON = "application/json"
_NOT_PLAIN = re.compile(r"[^\x20-\x7e]")
"""What no header may hold; the name of a GPU comes from an engine or an operator."""


async def answer(request: Request, take: Callable[[], Accepted], here: Deployment, options: JobOptions) -> Response:
    """Accept a job in a thread, wait for it as long as the caller wants, and answer."""
    seconds = min(here.settings.wait_seconds, options.wait if options.wait is not None else float("inf"))
    end: Ended | None = None
    if options.asynchronous:
        accepted = await in_thread(take)
    elif options.cancel_on_disconnect:
        accepted = await in_thread(take)
        end = await _ended(request, accepted.job, here, seconds)
    else:
        accepted, end = await here.jobs.taken(take, seconds)
    headers = {"Idempotency-Replayed": "true"} if accepted.replayed else {}
    if end is not None:
        return await _result(end, here, options, headers)
    return await _accepted(accepted.job, here, options, headers)


async def _accepted(job: Job, here: Deployment, options: JobOptions, headers: dict[str, str]) -> Response:
    job = await here.job_of(job.owner, job.id)
    shape = job_shape(job, map(output_shape, await here.jobs.outputs(job.id)), here.jobs)
    headers |= {"Location": job_path(job.id), "X-Job-Id": job.id}
    if applied := ", ".join(_applied(options)):
        headers["Preference-Applied"] = applied
    return Response(as_json(shape), 202, headers, JSON)


def _applied(options: JobOptions) -> Iterator[str]:
    """The preferences of the ``Prefer`` header that were applied."""
    if options.asynchronous:
        yield "respond-async"
    if options.wait is not None:
        yield f"wait={options.wait:g}"
    if options.previews:
        yield "previews"


async def _ended(request: Request, job: Job, here: Deployment, seconds: float) -> Ended | None:
    """Wait for a job, and cancel it if the caller hangs up."""
    end = asyncio.ensure_future(here.jobs.ended(job.id, seconds))
    gone = asyncio.ensure_future(_hung_up(request))
    await asyncio.wait((end, gone), return_when=asyncio.FIRST_COMPLETED)
    if not end.done():
        await in_thread_anyway(here.jobs.cancel, job.id)
    gone.cancel()
    return await end


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _result(end: Ended, here: Deployment, options: JobOptions, headers: dict[str, str]) -> Response:
    job, made = end
    headers |= job_headers(job) | {"Location": job_path(job.id), "Vary": "Accept, Authorization"}
    if job.state is not JobState.SUCCEEDED:
        return respond(job.error or _unfinished(job), headers=headers)
    shown = [output for output in made if output.folder == "output"] or made
    offers = may_become(shown[0]) if len(shown) == 1 else []
    wanted = best_of(options.accept, [*offers, JSON])
    if not offers or wanted == JSON or options.inline:
        read = here.blobs.read if options.inline else None
        outputs = await in_thread(lambda: [output_shape(output, read) for output in made])
        return Response(as_json(job_shape(job, outputs, here.jobs)), 200, headers, JSON)
    headers |= {"Content-Location": output_path(shown[0])}
    if shown[0].simulated:
        headers["X-Simulated"] = "true"
    asked = options.picture
    if asked.media_type is None and wanted in FORMATS:
        asked = replace(asked, media_type=wanted)
    return await picture(shown[0], here, asked, said=headers)


def _unfinished(job: Job) -> JobError:
    """Why a job that did not fail has no result."""
    if job.state is JobState.CANCELLED:
        return JobError(code="cancelled", message="the job was cancelled")
    return JobError(
        code="not_ready", message="the server is stopping; the job continues after the restart, see `Location`"
    )


def job_headers(job: Job) -> dict[str, str]:
    """Response headers with the facts about a job that a bare picture cannot carry."""
    facts: dict[str, Any] = {
        "X-Job-Id": job.id,
        "X-Seed": job.request.seed,
        "X-Queue-Ms": job.metrics.get("queue_ms"),
        "X-Cold-Ms": job.metrics.get("cold_ms"),
        "X-Execution-Ms": job.metrics.get("execution_ms"),
        "X-Gpu": job.metrics.get("gpu"),
        "X-Cost-Usd": job.metrics.get("cost_usd"),
    }
    return {name: _NOT_PLAIN.sub("?", str(value)) for name, value in facts.items() if value is not None}
