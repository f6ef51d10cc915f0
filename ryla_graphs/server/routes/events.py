"""``/jobs/{id}/events``: what happens, as it happens, for browsers and programs."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse

from ryla_graphs.problems import RylaError
from ryla_graphs.server.access import Here, Owner, Stream, deployment_of, owner_of
from ryla_graphs.server.records import JobEvent
from ryla_graphs.server.routes.documented import OWNED, errors

router = APIRouter(tags=["jobs"])

NO_STORE = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Headers of streams: nothing on the way keeps or gathers them."""

PING_SECONDS = 15.0
"""A stream that says nothing for so long says that it is there."""


@router.get(
    "/jobs/{job_id}/events",
    response_class=StreamingResponse,
    responses={
        200: {"description": "Server-sent events", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
        **errors(*OWNED, "invalid_parameters", "too_many_streams"),
    },
)
async def stream_events(
    job_id: str,
    here: Here,
    owner: Owner,
    _: Stream,
    last_event_id: Annotated[int | None, Header(alias="Last-Event-ID")] = None,
    after: Annotated[int, Query(ge=0, description="As `Last-Event-ID`")] = 0,
) -> StreamingResponse:
    """`status`, `progress`, `preview` and `output` events until the job ends; all but previews can be had again."""
    job = await here.job_of(owner, job_id)
    events = here.jobs.events(job.id, last_event_id if last_event_id is not None else after)
    told = ("".join(map(framed, fresh)) async for fresh in events)
    frames = with_pings(told, here.settings.stream_seconds)
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
async def send_events(socket: WebSocket, job_id: str, after: Annotated[int, Query(ge=0)] = 0) -> None:
    """The same over a WebSocket, as JSON: `{"seq", "at", "event", "data"}`; closed with 1000 at the end."""
    here = deployment_of(socket)
    try:
        job = await here.job_of(await owner_of(socket), job_id)
    except RylaError as error:
        await socket.close(1008, str(error)[:100])
        return
    await socket.accept()
    try:
        async for events in here.jobs.events(job.id, after):
            for event in events:
                facts = {"seq": event.seq, "at": event.at, "event": event.kind, "data": event.data}
                await socket.send_text(json.dumps(facts, separators=(",", ":")))
        await socket.close()
    except (WebSocketDisconnect, RuntimeError):
        pass
