"""Tells the threads whose work they do, and whether anybody still waits for it."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ryla_graphs.server.safety.tokens import Tokens
from ryla_graphs.server.threads import CALLER, Caller, CallerGone

NO_OWNER = ""
"""The share of public pages, which anybody may ask for."""


class Callers:
    """ASGI middleware; innermost, so that the body has been let through by the others."""

    def __init__(self, app: ASGIApp, *, tokens: Tokens) -> None:
        self._app = app
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Who hangs up before the work has begun, or in its midst, gets no answer."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        owner = self._tokens.owner(Headers(scope=scope).get("authorization"))
        mail = _Mail(receive)
        CALLER.set(Caller(NO_OWNER if owner is None else owner, mail.gone, mail.watch))
        with suppress(CallerGone):
            try:
                await self._app(scope, mail.receive, send)
            finally:
                mail.close()


class _Mail:
    """The messages of a connection. One that was read to see whether the caller is there reaches the app too."""

    def __init__(self, receive: Receive) -> None:
        self.gone = threading.Event()
        self._receive = receive
        self._ahead: asyncio.Task[Message] | None = None

    def watch(self) -> None:
        """Read one message ahead; after a body that is complete, the next one is the end of the connection."""
        self._ahead = self._ahead or asyncio.ensure_future(self._next())

    async def _next(self) -> Message:
        message = await self._receive()
        if message["type"] in ("http.disconnect", "websocket.disconnect"):
            self.gone.set()
        return message

    async def receive(self) -> Message:
        """The next message."""
        if self._ahead is None:
            return await self._receive()
        message = await asyncio.shield(self._ahead)
        self._ahead = None
        return message

    def close(self) -> None:
        """The answer is sent."""
        if self._ahead is not None and not self._ahead.cancel() and not self._ahead.cancelled():
            self._ahead.exception()  # without a reader
