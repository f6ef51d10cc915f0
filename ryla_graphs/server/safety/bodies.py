"""Limits the size and duration of request bodies by what arrives, whatever ``Content-Length`` says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.safety.gate import Refuse

SMALL = 64 * 1024
"""The most bytes of a body on routes that take neither graphs nor files."""


class _Refused(Exception):
    """The body was refused; `error` says why."""

    def __init__(self, error: RequestError) -> None:
        super().__init__(str(error))
        self.error = error


class BodyLimit:
    """ASGI middleware: answers 413 as soon as a body exceeds its limit, 408 if it stalls, and stops reading.

    `limits` has the most bytes by path; other paths accept `SMALL` bytes. A body stalls if nothing of it arrives for
    `idle_seconds`.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limits: Mapping[str, int],
        refuse: Refuse,
        idle_seconds: float,
    ) -> None:
        self._app = app
        self._limits = limits
        self._refuse = refuse
        self._idle_seconds = idle_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limits.get(scope["path"], SMALL)
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and (len(declared) > 18 or int(declared) > limit):
            await self._refuse(scope["path"], _too_large(limit))(scope, receive, send)
            return
        await self._watched(scope, receive, send, limit)

    async def _watched(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        arrived, complete, answered = 0, False, False
        refused: _Refused | None = None

        async def counting() -> Message:
            nonlocal arrived, complete, refused
            if complete:  # only the end of the connection can follow, and a job may wait long for it
                return await receive()
            try:
                async with asyncio.timeout(self._idle_seconds):
                    message = await receive()
            except TimeoutError:
                refused = _Refused(_too_slow(self._idle_seconds))
                raise refused from None
            if message["type"] == "http.request":
                arrived += len(message.get("body", b""))
                complete = not message.get("more_body", False)
                if arrived > limit:
                    refused = _Refused(_too_large(limit))
                    raise refused
            return message

        async def watching(message: Message) -> None:
            nonlocal answered
            if refused is not None and not answered:
                raise refused  # replaces whatever the app answers to the truncated body
            answered = True
            await send(message)

        try:
            await self._app(scope, counting, watching)
        except _Refused as refusal:
            if not answered:
                await self._refuse(scope["path"], refusal.error)(scope, receive, send)


def _too_large(limit: int) -> RequestError:
    return RequestError(
        "request_too_large", f"the body is larger than {limit:,} bytes, the most that this server accepts here"
    )


def _too_slow(seconds: float) -> RequestError:
    return RequestError("request_timeout", f"no more of the body arrived for {seconds:g} seconds")
