"""The HTTP details that both clients share, whatever library sends the requests."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from ryla_graphs.client.flows import Ask
from ryla_graphs.client.views import JobEvent
from ryla_graphs.problems import InvalidSettings, ServerUnreachable

HERE = "http://127.0.0.1:8100"
"""The default address of `ryla-graphs serve`."""
CONNECT_SECONDS, READ_SECONDS = 10.0, 120.0
STREAM_SECONDS = 45.0
"""Seconds of silence after which an event stream counts as broken: the server sends a ping every 15 seconds."""
RECONNECTS = 10


def from_environment() -> tuple[str, str | None]:
    """Address and token in ``RYLA_URL`` and ``RYLA_TOKEN``; raises `InvalidSettings` for an invalid address."""
    address = os.environ.get("RYLA_URL", "").strip() or HERE
    try:
        parts = urlsplit(address)
        known = parts.scheme in ("http", "https") and bool(parts.netloc)
    except ValueError:  # half of an IPv6 address
        known = False
    if not known:
        raise InvalidSettings(f"RYLA_URL is '{address}', expected an address such as {HERE}")
    return address, os.environ.get("RYLA_TOKEN", "").strip() or None


class Address:
    """The address of the server, and our token for it."""

    def __init__(self, base_url: str, token: str | None) -> None:
        self.base_url = base_url.rstrip("/")
        self._token = token

    def __repr__(self) -> str:
        return f"<Address {self.base_url}>"

    def url(self, path: str) -> str:
        """The URL of a path on the server; an absolute URL, such as in an object store, stays unchanged."""
        return path if urlsplit(path).scheme else f"{self.base_url}{path}"

    def headers(self, ask: Ask) -> dict[str, str]:
        """The headers of a request. The token is only sent to the server itself."""
        ours = urlsplit(self.url(ask.path))[:2] == urlsplit(self.base_url)[:2]
        token = {"Authorization": f"Bearer {self._token}"} if self._token and ours else {}
        return {**token, **ask.headers}

    def unreachable(self, reason: str) -> ServerUnreachable:
        """The error for a server that does not answer."""
        return ServerUnreachable(f"no ryla_graphs server answers at {self.base_url}: {reason}")


def ask_for_events(job_id: str, after: int) -> Ask:
    """The request for the events of a job after a known one."""
    headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
    return Ask("GET", f"/jobs/{job_id}/events", headers=headers | ({"Last-Event-ID": str(after)} if after else {}))


class EventReader:
    """Reads the events of a job from the lines of a stream."""

    def __init__(self) -> None:
        self._fields: dict[str, str] = {}

    def feed(self, line: str) -> Iterator[JobEvent]:
        """Add a line, without its line end; a blank line yields the event of the lines before it."""
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            self._fields[name] = f"{self._fields[name]}\n{value}" if name == "data" and name in self._fields else value
            return
        fields, self._fields = self._fields, {}
        if "data" in fields:
            number = fields.get("id", "")
            kind = fields.get("event", "message")
            yield JobEvent(kind, _data_in(fields["data"]), int(number) if number.isdigit() else 0)


def _data_in(text: str) -> Any:
    """The data of an event; a text if a newer server or a proxy sends something other than JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text
