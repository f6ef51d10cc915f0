"""``/jobs/{id}/events``: the live events of a job, as server-sent events or over a WebSocket."""

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
"""Headers of streams: no proxy may cache or buffer them."""

LAST = 2**53 - 1
"""The largest number of an event: JavaScript's largest safe integer."""
After = Annotated[int, Query(ge=0, le=LAST, description="The number of the last event received, like `Last-Event-ID`")]


def event_stream(events: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """The answer with a stream. OpenAPI 3.1 has no keyword for events; generators read this as one event."""
    data = {"anyOf": [schema["schema"] for schema in _schemas(events).values()]}
    text = "Server-sent events; `event` says which of these the JSON in `data` is"
    return {"description": text, "content": {"text/event-stream": {"schema": data}}}


def documented(events: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """The data of each event of a stream by its name, in an extension of OpenAPI."""
    return {"x-sse-events": _schemas(events)}


def _schemas(events: Mapping[str, type[BaseModel]]) -> dict[str, dict[str, Any]]:
    return {kind: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}} for kind, model in events.items()}


PING_SECONDS = 15.0
"""Seconds of silence after which a stream sends a ping."""


@router.get(
    "/jobs/{job_id}/events",
    response_class=StreamingResponse,
    responses={200: event_stream(EVENTS), **errors(*OWNED, "invalid_parameters", "too_many_streams")},
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
    """`status`, `progress`, `preview` and `output` events until the job ends; all but previews can be replayed."""
    job = await here.job_of(owner, job_id)
    events = here.jobs.events(job.id, last_event_id if last_event_id is not None else after)
    frames_of = ("".join(map(framed, fresh)) async for fresh in events)
    frames = with_pings(frames_of, here.settings.stream_seconds)
    return StreamingResponse(frames, media_type="text/event-stream", headers=NO_STORE)


async def with_pings(frames: AsyncIterator[str], seconds: float | None = None) -> AsyncIterator[str]:
    """The frames of a stream, with pings during silence; ends after `seconds`."""
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
    """An event as a frame of a stream; events that the store does not keep have no id."""
    number = f"id: {event.seq}\n" if event.seq else ""
    return f"{number}event: {event.kind}\ndata: {json.dumps(event.data, separators=(',', ':'))}\n\n"


@router.websocket("/jobs/{job_id}/events")
async def send_events(socket: WebSocket, job_id: str, after: After = 0) -> None:
    """The same events over a WebSocket, as JSON: `{"seq", "at", "event", "data"}`; closes with 1000 at the end."""
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
    """Do the work until the peer hangs up. A quiet job sends nothing, so a failed send would notice too late."""
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
