"""The body of a request, in memory only until its work is done: the request may then wait long for its job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Request

from ryla_graphs.server.safety.room import free_body


class Body:
    """The body of a request, which can be opened once."""

    def __init__(self, request: Request, content: bytes) -> None:
        self._scope = request.scope
        self._content = [content]
        self.media_type = request.headers.get("content-type")
        """The media type that the request declares for it; None if it declares none."""

    @contextmanager
    def opened(self) -> Iterator[bytes]:
        """The content. At the end of the `with`, its room in the memory for bodies is free for others."""
        try:
            yield self._content.pop()
        finally:
            free_body(self._scope)


async def received(request: Request) -> Body:
    """Read the body of a request. Unlike `Request.body`, this keeps no copy in the request."""
    return Body(request, b"".join([part async for part in request.stream()]))
