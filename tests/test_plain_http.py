"""What `PlainServer` reads of a server is what `requests` reads, however that frames its answers."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from ryla_graphs.plain_http import NotConnected, PlainServer, Reply
from ryla_graphs.sessions import session_for

PATIENCE = (10.0, 10.0)


class Scripted:
    """A server that answers each request with the next bytes it is given, in pieces; an empty piece hangs up."""

    def __init__(self) -> None:
        self.answers: list[list[bytes]] = []
        self.connections = 0
        self.heard: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, suppress(OSError):
            while request := connection.recv(65536):
                self.heard.append(request)
                for piece in self.answers.pop(0):
                    if not piece:
                        return
                    connection.sendall(piece)


@contextmanager
def scripted() -> Iterator[tuple[Scripted, PlainServer]]:
    with closing(Scripted()) as server, closing(PlainServer(server.address, {}, connections=4)) as plain:
        yield server, plain


def get(plain: PlainServer, patience: tuple[float, float] = PATIENCE) -> Reply:
    return plain.request("GET", "/x", timeout=patience, body=None, media_type="")


def with_length(body: bytes, *lines: bytes, status: bytes = b"200 OK") -> bytes:
    head = [b"HTTP/1.1 " + status, *lines, b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*head, b"", body])


def chunked(body: bytes) -> bytes:
    parts = [body[start : start + 7] for start in range(0, len(body), 7)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


framed = st.one_of(
    st.builds(with_length, st.binary(max_size=200)),
    st.builds(lambda body: with_length(body, b"Connection: keep-alive"), st.binary(max_size=20)),
    st.builds(lambda body: with_length(body, b"connection: close"), st.binary(max_size=20)),
    st.builds(lambda body: with_length(gzip.compress(body), b"Content-Encoding: gzip"), st.binary(max_size=200)),
    st.builds(lambda body: b"HTTP/1.1 100 Continue\r\n\r\n" + with_length(body), st.binary(max_size=20)),
    st.builds(lambda body: with_length(body).replace(b"\r\n", b"\n"), st.sampled_from([b"", b"plain"])),
    st.builds(lambda body: with_length(body).replace(b"HTTP/1.1", b"HTTP/1.0"), st.binary(max_size=20)),
    st.builds(chunked, st.binary(max_size=60)),
    st.sampled_from([502, 404, 302, 500]).map(
        lambda code: with_length(b"no", b"Location: http://elsewhere/", status=b"%d Odd" % code)
    ),
    st.just(b"HTTP/1.1 204 No Content\r\n\r\n"),
    st.just(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
)


@given(answers=st.lists(framed, min_size=1, max_size=3), cut=st.integers(1, 400))
@settings(max_examples=60)
def test_it_reads_what_requests_reads(answers: list[bytes], cut: int) -> None:
    with scripted() as (server, plain), session_for() as session:
        for answer in answers:
            server.answers = [[answer[:cut], *([answer[cut:]] if answer[cut:] else [])]] * 2
            reply = get(plain)
            other = session.get(f"{server.address}/x", timeout=PATIENCE, allow_redirects=False)
            assert reply == (other.status_code, other.content, other.headers.get("Location"))
            assert reply.is_redirect == other.is_redirect


def test_a_connection_is_used_again_until_the_server_closes_it() -> None:
    with scripted() as (server, plain):
        server.answers = [[with_length(b"1")], [with_length(b"2"), b""], [with_length(b"3")]]
        assert [get(plain).content for _ in range(2)] == [b"1", b"2"]
        assert server.connections == 1
        while server.answers:  # until it has seen that the connection is closed
            with suppress(requests.ConnectionError):
                assert get(plain).content == b"3"
        assert server.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param([b""], id="nothing"),
        pytest.param([b"HTTP/1.1 200 OK\r\nContent-Le", b""], id="half a head"),
        pytest.param([with_length(b"whole")[:-2], b""], id="half a body"),
        pytest.param([chunked(b"0123456789")[:-9], b""], id="half the chunks"),
        pytest.param([b"SSH-2.0-OpenSSH_9.9\r\n\r\n", b""], id="another protocol"),
        pytest.param([b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, b""], id="a head without end"),
    ],
)
def test_what_is_no_answer_is_an_error_and_closes_the_connection(answer: list[bytes]) -> None:
    with scripted() as (server, plain):
        server.answers = [answer, [with_length(b"next")]]
        with pytest.raises(requests.ConnectionError) as caught:
            get(plain)
        assert not isinstance(caught.value, NotConnected)
        assert get(plain).content == b"next"
        assert server.connections == 2


def test_a_server_that_says_nothing_is_waited_for_as_long_as_it_may_take() -> None:
    with scripted() as (server, plain):
        server.answers = [[], [with_length(b"next")]]
        with pytest.raises(requests.ReadTimeout):
            get(plain, (10.0, 0.05))
        assert get(plain).content == b"next"
        assert server.connections == 2


def test_a_server_that_is_not_there_was_not_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(NotConnected, match="refused"):
        get(PlainServer(address, {}, connections=1))
