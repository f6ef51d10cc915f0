"""Limits the size of requests by counting what arrives, whatever ``Content-Length`` says."""

from __future__ import annotations

import json

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class TooLarge(Exception):
    """More came than may."""


class BodyLimit:
    """ASGI middleware: answers 413 as soon as a body is over `limit` bytes, and reads no further."""

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and int(declared) > self._limit:
            await self._refuse(send)
            return
        await self._counted(scope, receive, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        arrived, answered = 0, False

        async def counting() -> Message:
            nonlocal arrived
            message = await receive()
            if message["type"] == "http.request":
                arrived += len(message.get("body", b""))
                if arrived > self._limit:
                    raise TooLarge
            return message

        async def watching(message: Message) -> None:
            nonlocal answered
            if arrived > self._limit and not answered:
                raise TooLarge  # whatever the app makes of the broken body, the answer is 413
            answered = True
            await send(message)

        try:
            await self._app(scope, counting, watching)
        except TooLarge:
            if not answered:
                await self._refuse(send)

    async def _refuse(self, send: Send) -> None:
        text = f"the request is larger than the {self._limit:,} bytes that this server takes"
        body = json.dumps({"error": {"code": "request_too_large", "message": text}}).encode()
        headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": body})
