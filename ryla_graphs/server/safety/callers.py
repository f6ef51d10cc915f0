"""Records for worker threads which caller they work for, and whether that caller is still connected."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ryla_graphs.server.safety.tokens import Tokens
from ryla_graphs.server.threads import CALLER, Caller, CallerGone

NO_OWNER = ""
"""The name of the thread share for public pages, which need no token."""


class Callers:
    """ASGI middleware that sets the current caller; the innermost, so it sees only bodies that the others accepted."""

    def __init__(self, app: ASGIApp, *, tokens: Tokens) -> None:
        self._app = app
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. A caller who hangs up before or during the work gets no answer."""
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
    """The messages of a connection. A message that was read ahead to detect a hang-up still reaches the app."""

    def __init__(self, receive: Receive) -> None:
        self.gone = threading.Event()
        self._receive = receive
        self._ahead: asyncio.Task[Message] | None = None

    def watch(self) -> None:
        """Read one message ahead; after a complete body, that is the end of the connection."""
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
        """Stop reading ahead: the answer is sent."""
        if self._ahead is not None and not self._ahead.cancel() and not self._ahead.cancelled():
            self._ahead.exception()  # mark it as retrieved, or asyncio logs it
