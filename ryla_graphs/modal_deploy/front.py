"""Fronts: web functions with their own URL for one preset, which forward every request to the one app.

RYLA's clients call ``https://<workspace>--ryla-comfyui-comfyui-flux-dev.modal.run``. Only one web container may own
the records of jobs, so fronts have no state: they stream the answer through.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType

import requests
from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ryla_graphs.sessions import session_for

PROXY_TOKEN = "RYLA_PROXY_TOKEN"
"""The header for a proxy token of the workspace: Modal may strip the caller's before a front gets the request."""
CONNECT_SECONDS, SECONDS = 30.0, 600.0
"""Seconds that an answer may take. The app answers before Modal's own limit of 150 s, but streams take longer."""
_HOP_BY_HOP = frozenset(
    ("connection", "host", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade")
)


def label(app: str, name: str) -> str:
    """The label in a front's URL: ``ryla-comfyui-comfyui-flux-dev``."""
    return f"{app}-comfyui-{name}"


def proxy_headers(environment: Mapping[str, str]) -> dict[str, str]:
    """The headers that Modal's proxy requires, from ``RYLA_PROXY_TOKEN`` (``wk-…:ws-…``); empty without one."""
    key, _, secret = environment.get(PROXY_TOKEN, "").strip().partition(":")
    return {"modal-key": key, "modal-secret": secret} if key and secret else {}


def front(path: str, target: Callable[[], str], own: Mapping[str, str] = MappingProxyType({})) -> Starlette:
    """An app that forwards `POST /` to `path` of the app at `target()`, and every other request unchanged.

    `own` are headers that are added to requests without them.
    """
    session = session_for(connections=100)
    session.headers.clear()  # forward the caller's headers, and no others

    async def passed_on(request: Request) -> Response:
        inner = request.url.path if request.url.path != "/" or request.method != "POST" else path
        query = f"?{request.url.query}" if request.url.query else ""
        body = await request.body()
        headers = {**own, **{name: value for name, value in request.headers.items() if name not in _HOP_BY_HOP}}

        def send() -> requests.Response:
            url = f"{target().rstrip('/')}{inner}{query}"
            timeout = (CONNECT_SECONDS, SECONDS)
            return session.request(
                request.method, url, data=body, headers=headers, timeout=timeout, stream=True, allow_redirects=False
            )

        try:
            answer = await run_in_threadpool(send)
        except requests.RequestException:
            error = {"error": {"code": "not_ready", "message": "the app behind this URL does not answer"}}
            return Response(json.dumps(error), 503, {"Retry-After": "10"}, "application/json")
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP}
        return StreamingResponse(iterate_in_threadpool(_pieces(answer)), answer.status_code, kept)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        session.close()

    methods = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]
    return Starlette(routes=[Route("/{path:path}", passed_on, methods=methods)], lifespan=lifespan)


def _pieces(answer: requests.Response) -> Iterator[bytes]:
    """The body as it is on the wire, compressed or not."""
    try:
        yield from answer.raw.stream(64 * 1024, decode_content=False)
    finally:
        answer.close()
