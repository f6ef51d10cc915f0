"""Bodies are counted as they arrive."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ryla_graphs.server.http.failures import refusal
from ryla_graphs.server.safety.bodies import SMALL, BodyLimit
from ryla_graphs.server.safety.room import BodyMemory
from ryla_graphs.server.safety.tokens import Tokens


async def size(request: Request) -> PlainTextResponse:
    try:
        return PlainTextResponse(str(len(await request.body())))
    except Exception:  # noqa: BLE001
        # An app that swallows everything still does not get to answer.
        return PlainTextResponse("swallowed", status_code=400)


async def unread(_: Request) -> PlainTextResponse:
    return PlainTextResponse("not read")


ROUTES = [Route("/", size, methods=["POST"]), Route("/unread", unread), Route("/else", size, methods=["POST"])]
APP = Starlette(routes=ROUTES)


def ask(*chunks: bytes, path: str = "/", declared: int | None = None, stalls: bool = False) -> tuple[int, bytes, int]:
    """Status, body, and how many chunks the server took."""
    taken, sent = 0, []

    async def receive() -> Any:
        nonlocal taken
        if stalls and taken == len(chunks):
            await asyncio.Event().wait()
        taken += 1
        more = taken < len(chunks) or stalls
        return {"type": "http.request", "body": chunks[taken - 1] if chunks else b"", "more_body": more}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-length", str(declared).encode())] if declared is not None else []
    method = "GET" if path == "/unread" else "POST"
    scope = {"type": "http", "method": method, "path": path, "headers": headers, "query_string": b"", "root_path": ""}
    limit = BodyLimit(
        APP,
        limits={"/": 100},
        refuse=refusal,
        idle_seconds=0.2 if stalls else 60,
        memory=BodyMemory(2**30, 100),
        held=["/"],
        tokens=Tokens(),
    )
    asyncio.run(limit(scope, receive, send))
    return sent[0]["status"], b"".join(m.get("body", b"") for m in sent), taken


def test_what_fits_passes() -> None:
    assert ask(b"x" * 60, b"x" * 40)[:2] == (200, b"100")


def test_a_body_without_a_declared_size_is_cut_where_it_is_too_large() -> None:
    status, body, taken = ask(*[b"x" * 60] * 1000)
    assert (status, taken) == (413, 2)
    assert b"request_too_large" in body and b"100 bytes" in body


@pytest.mark.parametrize("declared", [101, 10**12])
def test_a_declared_size_is_refused_before_anything_is_read(declared: int) -> None:
    assert ask(b"x", declared=declared)[::2] == (413, 0)


def test_a_lie_about_the_size_does_not_help() -> None:
    assert ask(*[b"x" * 60] * 3, declared=5)[0] == 413


def test_an_unread_body_does_no_harm() -> None:
    assert ask(path="/unread")[:2] == (200, b"not read")


def test_a_path_that_takes_no_graph_takes_little() -> None:
    assert ask(b"x" * SMALL, path="/else")[0] == 200
    assert ask(b"x" * (SMALL + 1), path="/else")[0] == 413


@pytest.mark.parametrize("chunks", [(), (b"x" * 10,)])
def test_a_body_that_stops_coming_is_given_up(chunks: tuple[bytes, ...]) -> None:
    status, body, taken = ask(*chunks, stalls=True)
    assert (status, taken) == (408, len(chunks))
    assert b"request_timeout" in body
