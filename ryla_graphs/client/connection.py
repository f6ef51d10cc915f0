"""How both clients speak HTTP."""

from __future__ import annotations

from typing import Any

import httpx2

from ryla_graphs.client.flows import Answer, Ask
from ryla_graphs.client.views import JobEvent
from ryla_graphs.problems import ServerUnreachable

CONNECT_SECONDS, READ_SECONDS = 10.0, 120.0
STREAM_SECONDS = 45.0
"""A stream of events that says nothing for so long is broken: the server gives a sign of life every 15 seconds."""
RECONNECTS = 10


class Address:
    """Where the server is, and how it knows us."""

    def __init__(self, base_url: str, token: str | None) -> None:
        self.base_url = base_url.rstrip("/")
        self._token = token

    def __repr__(self) -> str:
        return f"<Address {self.base_url}>"

    @property
    def options(self) -> dict[str, Any]:
        """What a client is made with."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        timeout = httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
        return {"base_url": self.base_url, "headers": headers, "timeout": timeout}

    def arguments(self, ask: Ask) -> dict[str, Any]:
        """What a request is made with."""
        given = {"json": ask.json, "headers": dict(ask.headers), "files": ask.files}
        return {name: value for name, value in given.items() if value}

    def following(self, after: int) -> dict[str, Any]:
        """What a stream of events is asked for with."""
        headers = {"Last-Event-ID": str(after)} if after else {}
        return {"headers": headers, "timeout": httpx2.Timeout(STREAM_SECONDS, connect=CONNECT_SECONDS)}


def answer_of(response: httpx2.Response) -> Answer:
    """The answer in a response that has been read."""
    return Answer(response.status_code, response.headers, response.content)


def event_of(event: httpx2.ServerSentEvent) -> JobEvent:
    """The event of a job in a frame of the stream."""
    data: Any = event.json()
    return JobEvent(event.event or "message", data, int(event.id) if event.id else 0)


def unreachable(address: Address, error: Exception) -> ServerUnreachable:
    """The error for a server that does not answer."""
    return ServerUnreachable(f"no ryla_graphs server answers at {address.base_url}: {error or type(error).__name__}")
