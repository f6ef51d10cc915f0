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


class Posted:
    """A POST of an owner, whose token is its letter 20 times; the body arrives when `go` is set."""

    def __init__(
        self, app: Any, owner: str, body: bytes, *, declared: bool = True, path: str = "/validate", goes: bool = False
    ) -> None:
        self._app, self._path = app, path
        self._body: bytes | None = body
        self.asked, self.go, self.sent = asyncio.Event(), asyncio.Event(), list[Any]()
        if goes:
            self.go.set()
        length = [(b"content-length", str(len(body)).encode())] if declared else []
        token = f"Bearer {owner * 20}".encode()
        self.headers = [(b"host", b"x.example"), (b"authorization", token), (b"content-type", b"application/json")]
        self.headers += length
        self.task = asyncio.ensure_future(self._call())

    async def _call(self) -> None:
        scope = {
            "type": "http",
            "method": "POST",
            "path": self._path,
            "headers": self.headers,
            "query_string": b"",
            "root_path": "",
        }
        await self._app(scope, self._receive, self._send)

    async def _receive(self) -> Any:
        self.asked.set()
        await self.go.wait()
        if self._body is None:
            await asyncio.Event().wait()  # the caller stays connected
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def _send(self, message: Any) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])
