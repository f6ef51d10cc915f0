"""Reads a job's server-sent events in a thread, so that a reader can wait for one with a timeout."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from typing import Any

import requests
import urllib3

from ryla_graphs.engines.http import NoAnswer, Service, Stream

PING_SECONDS = 60.0
"""Seconds without any byte, pings included, after which a stream counts as broken."""
_CHUNK = 64 * 1024
_MOST = 32 * 2**20
"""The largest event in bytes, which may hold a picture in base64."""

Received = tuple[str, dict[str, Any]]


class Feed:
    """The events of a stream; its thread ends with the stream."""

    def __init__(self, service: Service, url: str) -> None:
        self._service, self._url = service, url
        self._queue: queue.SimpleQueue[Received | None] = queue.SimpleQueue()
        self._stream: Stream | None = None
        self._closed = False
        self.ended = False
        self.offered = True
        """Whether the server has such a stream."""
        threading.Thread(target=self._read, daemon=True, name="ryla-events").start()

    def next(self, seconds: float) -> Received | None:
        """The next event; None after `seconds`, at the end of the stream, and after `wake`."""
        try:
            return self._queue.get(timeout=seconds)
        except queue.Empty:
            return None

    def wake(self) -> None:
        """Make `next` return."""
        self._queue.put(None)

    def close(self) -> None:
        """End the stream."""
        self._closed = True
        if (stream := self._stream) is not None:
            stream.hang_up()

    def _read(self) -> None:
        try:
            with self._service.stream(self._url, silence=PING_SECONDS) as stream:
                self._stream = stream
                self._hear(stream.response)
        except (NoAnswer, requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError, AttributeError):
            pass  # a response that is closed during a read raises all kinds of errors; the job is polled anyway
        finally:
            self.ended = True
            self.wake()

    def _hear(self, response: requests.Response) -> None:
        kind = response.headers.get("Content-Type", "")
        if response.status_code == 200 and kind.startswith("text/event-stream"):
            events = events_in(response)
            while not self._closed and (received := next(events, None)) is not None:
                self._queue.put(received)
        else:
            self.offered = response.status_code in (429, 502, 503, 504)


def events_in(response: requests.Response) -> Iterator[Received]:
    """The events of a stream; raises `ValueError` for one that is far too long."""
    kind, data, rest = "message", [], b""
    while chunk := response.raw.read1(_CHUNK):
        rest += chunk
        *lines, rest = rest.split(b"\n")
        for line in lines:
            name, _, value = line.rstrip(b"\r").decode("utf-8", "replace").partition(":")
            if name == "event":
                kind = value.strip()
            elif name == "data":
                data.append(value.removeprefix(" "))
            elif not name and not value:
                if data and (received := _object("\n".join(data))) is not None:
                    yield kind, received
                kind, data = "message", []
        if len(rest) + sum(map(len, data)) > _MOST:
            raise ValueError("an event is too long")


def _object(text: str) -> dict[str, Any] | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
