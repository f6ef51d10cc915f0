"""Connections as an attacker opens them, on a real port."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.server import SqliteStore, create_app
from ryla_graphs.server.http.listening import HEAD_BYTES, Patient
from tests.server.live import listening


@pytest.fixture
def address(tmp_path: Path) -> Iterator[tuple[str, int]]:
    with listening(create_app(Simulator(), SqliteStore(tmp_path))) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        yield host, int(port)


@contextmanager
def connected(address: tuple[str, int]) -> Iterator[socket.socket]:
    with socket.create_connection(address, timeout=60) as connection:
        yield connection


def answer_of(connection: socket.socket) -> bytes:
    """All that comes until the server hangs up."""
    reported = b""
    while piece := connection.recv(65536):
        reported += piece
    return reported


@pytest.mark.parametrize("begun", [b"", b"GET", b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: "])
def test_a_request_that_never_comes_is_given_up(
    begun: bytes, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Patient, "head_seconds", 0.05)
    with connected(address) as connection:
        connection.sendall(begun)
        assert answer_of(connection).startswith(b"HTTP/1.1 408")


def test_headers_without_end_are_refused(address: tuple[str, int]) -> None:
    with connected(address) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n")
        try:
            for _ in range(100):
                connection.sendall(b"X-Many: " + b"x" * (HEAD_BYTES // 16) + b"\r\n")
            reported = answer_of(connection)
        except ConnectionError:  # it hung up while we were talking
            return
        assert reported.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))


def test_a_second_request_on_the_connection_may_come_late(address: tuple[str, int]) -> None:
    with connected(address) as connection:
        for _ in range(3):
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"200 OK" in connection.recv(65536)
