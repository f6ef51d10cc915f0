"""A client that calls an app as programs on the same machine do."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi.testclient import TestClient as Plain
from httpx2 import Response
from starlette.types import Message


class TestClient(Plain):
    """Calls `localhost`: without tokens a server answers to no other name."""

    __test__ = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"base_url": "http://localhost"} | kwargs)

    def websocket_connect(self, url: str, *args: Any, **kwargs: Any) -> Any:
        return super().websocket_connect(f"ws://localhost{url}" if url.startswith("/") else url, *args, **kwargs)


def stalled(client: TestClient, path: str) -> Response:
    """The answer to a POST of which the body begins and then stops coming."""
    reported: list[Message] = []

    async def call() -> None:
        parts = iter([{"type": "http.request", "body": b"{", "more_body": True}])

        async def receive() -> Message:
            for part in parts:
                return part
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message) -> None:
            reported.append(message)

        headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b""}
        await client.app(scope, receive, send)

    assert client.portal is not None
    client.portal.call(call)
    return Response(reported[0]["status"], headers=reported[0]["headers"], content=reported[1]["body"])
