"""``/jobs/{id}/events``: what happens, as it happens, for browsers and programs."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from ryla_graphs.answers.shapes import EVENTS
from ryla_graphs.problems import RylaError
from ryla_graphs.server.http.access import Here, Owner, Stream, deployment_of, owner_of
from ryla_graphs.server.http.routes.documented import OWNED, errors
from ryla_graphs.server.records import JobEvent

router = APIRouter(tags=["jobs"])

NO_STORE = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Headers of streams: nothing on the way keeps or gathers them."""

LAST = 2**53 - 1
"""The last number that an event may have: the largest whole number that JavaScript has."""
After = Annotated[int, Query(ge=0, le=LAST, description="As `Last-Event-ID`")]

EVENT_STREAM = {"description": "Server-sent events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}


def documented(events: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """What OpenAPI has no words for: what each event of a stream says."""
    schemas = {kind: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}} for kind, model in events.items()}
    return {"x-sse-events": schemas}


PING_SECONDS = 15.0
"""A stream that says nothing for so long says that it is there."""


@router.get(
    "/jobs/{job_id}/events",
    response_class=StreamingResponse,
    responses={200: EVENT_STREAM, **errors(*OWNED, "invalid_parameters", "too_many_streams")},
    openapi_extra=documented(EVENTS),
)
async def stream_events(
    job_id: str,
    here: Here,
    owner: Owner,
    _: Stream,
    last_event_id: Annotated[int | None, Header(alias="Last-Event-ID", le=LAST)] = None,
    after: After = 0,
) -> StreamingResponse:
    """`status`, `progress`, `preview` and `output` events until the job ends; all but previews can be had again."""
    job = await here.job_of(owner, job_id)
    events = here.jobs.events(job.id, last_event_id if last_event_id is not None else after)
    frames_of = ("".join(map(framed, fresh)) async for fresh in events)
    frames = with_pings(frames_of, here.settings.stream_seconds)
    return StreamingResponse(frames, media_type="text/event-stream", headers=NO_STORE)


async def with_pings(frames: AsyncIterator[str], seconds: float | None = None) -> AsyncIterator[str]:
    """The frames of a stream, and between them a sign of life where they are rare; ends after so many seconds."""
    clock = asyncio.get_running_loop().time
    ending = math.inf if seconds is None else clock() + seconds
    following = asyncio.ensure_future(anext(frames, None))
    try:
        while True:
            left = ending - clock()
            if left <= 0:
                return
            done, _ = await asyncio.wait((following,), timeout=min(PING_SECONDS, left))
            if not done:
                if left > PING_SECONDS:
                    yield ": ping\n\n"
                continue
            fresh = following.result()
            if fresh is None:
                return
            yield fresh
            following = asyncio.ensure_future(anext(frames, None))
    finally:
        following.cancel()


def framed(event: JobEvent) -> str:
    """An event as a frame of a stream; one that is not kept has no id."""
    number = f"id: {event.seq}\n" if event.seq else ""
    return f"{number}event: {event.kind}\ndata: {json.dumps(event.data, separators=(',', ':'))}\n\n"


@router.websocket("/jobs/{job_id}/events")
async def send_events(socket: WebSocket, job_id: str, after: After = 0) -> None:
    """The same over a WebSocket, as JSON: `{"seq", "at", "event", "data"}`; closed with 1000 at the end."""
    here = deployment_of(socket)
    try:
        owner = await owner_of(socket)
        with here.stream_of(owner):
            job = await here.job_of(owner, job_id)
            await socket.accept()
            await _until_gone(socket, _send_all(socket, here.jobs.events(job.id, after)))
    except RylaError as error:
        await socket.close(1008, str(error)[:100])


async def _send_all(socket: WebSocket, batches: AsyncIterator[list[JobEvent]]) -> None:
    async for events in batches:
        for event in events:
            facts = {"seq": event.seq, "at": event.at, "event": event.kind, "data": event.data}
            await socket.send_text(json.dumps(facts, separators=(",", ":")))
    await socket.close()


async def _until_gone(socket: WebSocket, work: Coroutine[Any, Any, None]) -> None:
    """Do the work unless the peer hangs up; a job may say nothing for so long that no send would notice."""
    sending = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(socket))
    try:
        await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            with suppress(WebSocketDisconnect, RuntimeError):  # it hung up while something was sent
                sending.result()
    finally:
        for task in (sending, leaving):
            task.cancel()


async def _left(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
