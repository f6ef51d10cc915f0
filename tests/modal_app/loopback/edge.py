"""Modal's edge before a web function: it asks for proxy tokens, and redirects a request that takes too long."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PROXY_KEYS = {"Modal-Key": "wk-1", "Modal-Secret": "ws-1"}
"""The proxy token of the workspace."""
CALL_ID = "__modal_function_call_id"
"""The parameter of a redirection by which the caller gets the answer after all."""


class Edge:
    """An app as Modal serves it; what it sends after a redirection waits for whoever follows that."""

    def __init__(self, app: ASGIApp, *, asks: bool = False, strips: bool = False, seconds: float = 150.0) -> None:
        """`asks` for a proxy token, which a container gets too unless it `strips` it; redirects after `seconds`."""
        self._app = app
        self._asks = asks
        self._strips = strips
        self._seconds = seconds
        self._calls: dict[str, _Call] = {}
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if self._asks and any(headers.get(name.lower().encode()) != key.encode() for name, key in PROXY_KEYS.items()):
            await _answer(send, 401, body=b"missing credentials")
            return
        asked = parse_qs(scope["query_string"].decode()).get(CALL_ID, [""])[0]
        call_id = asked or f"fc-{next(self._numbers)}"
        if not asked:
            kept = [row for row in scope["headers"] if not (self._strips and row[0].startswith(b"modal-"))]
            self._calls[call_id] = _Call(self._app, {**scope, "headers": kept}, await _body(receive))
        if (call := self._calls.get(call_id)) is None:
            await _answer(send, 404)
        elif await call.begun(self._seconds):
            del self._calls[call_id]
            await call.pass_on(send)
        else:
            await _answer(send, 303, location=f"{scope['path']}?{CALL_ID}={call_id}")


class _Call:
    """A request that goes on, whether its caller still waits for it or not."""

    def __init__(self, app: ASGIApp, scope: MutableMapping[str, Any], body: bytes) -> None:
        self._sent: asyncio.Queue[Message] = asyncio.Queue()
        self._first: Message | None = None
        self._body = [{"type": "http.request", "body": body, "more_body": False}]
        self._work = asyncio.ensure_future(app(scope, self._receive, self._sent.put))

    async def _receive(self) -> Message:
        if self._body:
            return self._body.pop()
        await asyncio.Event().wait()  # the edge does not hang up
        raise AssertionError

    async def begun(self, seconds: float) -> bool:
        """Whether the answer begins within that time."""
        try:
            self._first = await asyncio.wait_for(self._sent.get(), seconds)
        except TimeoutError:
            return False
        return True

    async def pass_on(self, send: Send) -> None:
        """Give the caller the answer, as it comes."""
        message = self._first
        while message is not None:
            await send(message)
            last = message["type"] == "http.response.body" and not message.get("more_body")
            message = None if last else await self._sent.get()
        await self._work


async def _body(receive: Receive) -> bytes:
    pieces, more = [], True
    while more:
        message = await receive()
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces)


async def _answer(send: Send, status: int, *, location: str = "", body: bytes = b"") -> None:
    headers = [(b"location", location.encode())] if location else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
