"""Fronts: web functions with an address of their own for one preset, which pass every request on to the one app.

RYLA's clients call ``https://<workspace>--ryla-comfyui-comfyui-flux-dev.modal.run``. Only one web container may own
the records of jobs, so these hold nothing: the answer streams through as it comes.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import urllib3
from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

NAMES = ("flux-dev", "flux-instantid", "flux-lora", "workflow")
"""The routes that have a front."""
SECONDS = 600.0
"""How long an answer may take; the app answers before Modal's own limit of 150 s, but streams go on."""
_HOP_BY_HOP = frozenset(
    ("connection", "host", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade")
)


def label(app: str, name: str) -> str:
    """The label of a front's address: ``ryla-comfyui-comfyui-flux-dev``."""
    return f"{app}-comfyui-{name}"


def front(path: str, target: Callable[[], str]) -> Starlette:
    """An app that passes `POST /` on to `path` of the app at `target()`, and every other request as it is."""
    pool = urllib3.PoolManager(maxsize=100, retries=False, timeout=urllib3.Timeout(connect=30, read=SECONDS))

    async def passed_on(request: Request) -> Response:
        inner = request.url.path if request.url.path != "/" or request.method != "POST" else path
        query = f"?{request.url.query}" if request.url.query else ""
        body = await request.body()
        headers = {name: value for name, value in request.headers.items() if name not in _HOP_BY_HOP}

        def send() -> urllib3.BaseHTTPResponse:
            url = f"{target().rstrip('/')}{inner}{query}"
            return pool.request(
                request.method, url, body=body, headers=headers, preload_content=False, decode_content=False
            )

        try:
            answer = await run_in_threadpool(send)
        except urllib3.exceptions.HTTPError:
            error = {"error": {"code": "not_ready", "message": "the app behind this address does not answer"}}
            return Response(json.dumps(error), 503, {"Retry-After": "10"}, "application/json")
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP}
        return StreamingResponse(iterate_in_threadpool(_pieces(answer)), answer.status, kept)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        pool.clear()

    methods = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]
    return Starlette(routes=[Route("/{path:path}", passed_on, methods=methods)], lifespan=lifespan)


def _pieces(answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    try:
        yield from answer.stream(64 * 1024, decode_content=False)
    finally:
        answer.release_conn()
