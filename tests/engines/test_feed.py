"""The stream of a job's events shares no connection with other requests, and ends when it is closed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import urllib3.connection

from ryla_graphs.engines.events import Finished
from ryla_graphs.engines.http import Service
from ryla_graphs.engines.remote import feed
from ryla_graphs.engines.remote.feed import Feed
from tests.engines.following import story
from tests.engines.stand_ins import Faults, V2StandIn
from tests.engines.test_remote import standing

EVENT = b'event: status\ndata: {"status": "running"}\n\n'


@pytest.mark.parametrize("kind", [None, "garbage", "500"])
def test_a_streams_connection_is_its_own(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its reader and whoever ends the run may both close it, at any time."""
    asked: list[tuple[Any, str]] = []
    plain = urllib3.connection.HTTPConnection.request

    def request(self: Any, method: str, url: str, *args: Any, **options: Any) -> None:
        asked.append((self, url))
        plain(self, method, url, *args, **options)

    monkeypatch.setattr(urllib3.connection.HTTPConnection, "request", request)
    stand_in = V2StandIn("serverless", Faults({"GET jobs events": [kind]}))
    with standing(stand_in) as engine:
        last = story(engine)[-1]
        assert isinstance(last, Finished) and all(output.read() for output in last.outputs)
    streams = [connection for connection, url in asked if url.endswith("/events")]
    others = [connection for connection, url in asked if not url.endswith("/events")]
    assert streams and not any(stream is other for stream in streams for other in others)


@contextmanager
def answering(answer: bytes) -> Iterator[tuple[str, threading.Event]]:
    """A server that sends this and then nothing; its address, and whether the client has hung up."""
    left = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(answer)
                while connection.recv(65536):
                    pass
                left.set()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", left
        thread.join(60)


@pytest.mark.parametrize("head", [b"Content-Length: 1000\r\n", b"Connection: close\r\n"], ids=["kept", "closing"])
def test_closing_does_not_wait_for_the_next_byte(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "PING_SECONDS", 3600.0)
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + head + b"\r\n" + EVENT
    with answering(answer) as (address, left):
        opened = Feed(Service(address), f"{address}/jobs/1/events")
        assert opened.next(60) == ("status", {"status": "running"})
        closing = threading.Thread(target=opened.close, daemon=True)
        closing.start()
        closing.join(60)
        assert not closing.is_alive() and left.wait(60)
        assert opened.next(60) is None and opened.ended


@pytest.mark.parametrize(
    ("status", "offered"), [(b"404 Not Found", False), (b"204 No Content", False), (b"503 -", True)]
)
def test_an_answer_without_a_body_is_no_stream(status: bytes, offered: bool) -> None:
    with answering(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n") as (address, left):
        opened = Feed(Service(address), f"{address}/jobs/1/events")
        assert opened.next(60) is None and opened.ended and opened.offered is offered
        assert left.wait(60)
