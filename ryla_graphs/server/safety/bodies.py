"""Limits the size of requests by counting what arrives, whatever ``Content-Length`` says."""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class TooLarge(Exception):
    """More came than may."""


class BodyLimit:
    """ASGI middleware: answers 413 as soon as a body is over `limit` bytes, and reads no further.

    `others` has the limits of paths that have one of their own.
    """

    def __init__(self, app: ASGIApp, *, limit: int, others: Mapping[str, int] | None = None) -> None:
        self._app = app
        self._limit = limit
        self._others = others or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._others.get(scope["path"], self._limit)
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and int(declared) > limit:
            await _refuse(send, limit)
            return
        await self._counted(scope, receive, send, limit)

    async def _counted(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        arrived, answered = 0, False

        async def counting() -> Message:
            nonlocal arrived
            message = await receive()
            if message["type"] == "http.request":
                arrived += len(message.get("body", b""))
                if arrived > limit:
                    raise TooLarge
            return message

        async def watching(message: Message) -> None:
            nonlocal answered
            if arrived > limit and not answered:
                raise TooLarge  # whatever the app makes of the broken body, the answer is 413
            answered = True
            await send(message)

        try:
            await self._app(scope, counting, watching)
        except TooLarge:
            if not answered:
                await _refuse(send, limit)


async def _refuse(send: Send, limit: int) -> None:
    text = f"the request is larger than the {limit:,} bytes that are taken here"
    body = json.dumps({"error": {"code": "request_too_large", "message": text, "problems": []}}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
