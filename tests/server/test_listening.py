"""Connections as an attacker opens them, on a real port."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.server import SqliteStore, create_app
from ryla_graphs.server.http.listening import HEAD_BYTES, STALL_BYTES, Patient
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


def test_headers_are_counted_for_each_request_by_itself(address: tuple[str, int]) -> None:
    with connected(address) as connection:
        for _ in range(3):
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n")
            for number in range(40):  # in pieces, as a slow network brings them
                connection.sendall(f"X-Many-{number}: ".encode() + b"x" * (HEAD_BYTES // 60) + b"\r\n")
            connection.sendall(b"\r\n")
            reported = b""
            while b'"ok"' not in reported:
                reported += (piece := connection.recv(65536))
                assert piece and reported.startswith(b"HTTP/1.1 200"), reported


@pytest.fixture
def large(address: tuple[str, int]) -> str:
    """The path of content that no buffer of the system holds."""
    url = f"http://{address[0]}:{address[1]}"
    sent = {"content_type": "video/mp4", "file_path": "a.mp4"}
    asset = httpx2.post(f"{url}/api/v2/assets", files={"file": bytes(LARGE)}, data=sent, timeout=60).json()
    return f"/api/v2/assets/{asset['id']}/content"


LARGE = 24 * 2**20


def ask_for(path: str, connection: socket.socket) -> None:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())


def test_a_caller_who_stops_reading_is_hung_up_on(
    address: tuple[str, int], large: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Patient, "stall_seconds", 0.05)
    gone = threading.Event()
    lost = Patient.connection_lost

    def dropped(patient: Patient, error: Exception | None) -> None:
        lost(patient, error)
        gone.set()

    monkeypatch.setattr(Patient, "connection_lost", dropped)
    with connected(address) as connection:
        ask_for(large, connection)
        assert gone.wait(60)  # and nothing is read


def test_a_caller_who_reads_slowly_gets_everything(
    address: tuple[str, int], large: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = threading.Event()
    check = Patient._check_reading

    def checked(patient: Patient, before: int) -> None:
        """As if the caller had taken enough meanwhile, for no test can tell how fast this machine is."""
        check(patient, before + STALL_BYTES + patient.transport.get_write_buffer_size())
        judged.set()

    monkeypatch.setattr(Patient, "stall_seconds", 0.01)
    monkeypatch.setattr(Patient, "_check_reading", checked)
    with connected(address) as connection:
        ask_for(large, connection)
        assert judged.wait(60)
        _, _, content = answer_of(connection).partition(b"\r\n\r\n")
        assert len(content) == LARGE


def test_a_second_request_on_the_connection_may_come_late(address: tuple[str, int]) -> None:
    with connected(address) as connection:
        for _ in range(3):
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            reported = b""
            while not reported.endswith(b"}"):
                piece = connection.recv(65536)
                assert piece
                reported += piece
            assert b"200 OK" in reported
