"""HEAD for everything that answers GET: the same answer without its body."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_OWN = "/api/v2/assets/by-hash/"
"""Paths with their own HEAD route, and without GET."""
_ENDLESS = "/events"
"""Paths whose answers are endless streams."""


class Heads:
    """ASGI middleware: runs GET for a HEAD request, and sends only the head of the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope.get("path", "")
        if scope.get("method") != "HEAD" or path.startswith(_OWN) or path.endswith(_ENDLESS):
            await self._app(scope, receive, send)
            return

        async def head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, head)
