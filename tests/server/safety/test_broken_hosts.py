"""Hosts that break HTTP, and addresses that no request line can hold: callers get a problem, never a traceback."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

from ryla_graphs.problems import InvalidInputs
from ryla_graphs.server.safety.fetch import Fetcher, FetchPolicy

HOST = "pictures.example"
OK = b"HTTP/1.1 200 OK\r\n"
BROKEN = {
    "no HTTP": b"garbage\r\n\r\n",
    "no status": b"HTTP/1.1 abc\r\n\r\n",
    "many headers": OK + b"X: y\r\n" * 200 + b"\r\n",
    "a long header": OK + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
    "no chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a long chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 70_000,
    "nothing": b"",
}


class Raw:
    """A host that answers each request with the same bytes, and remembers the request lines."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST).configure_cert(self._context)
        certificates = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(certificates))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.answers: list[bytes] = []
        self.lines: list[bytes] = []
        self.fetcher = Fetcher(
            FetchPolicy(hosts=(f"{HOST}:{self.port}",), seconds=600),
            resolve=lambda *_: ["127.0.0.1"],
            public=lambda _: True,
            certificates=str(certificates),
        )
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self, path: str) -> str:
        return f"https://{HOST}:{self.port}{path}"

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):  # it was closed
            while True:
                connection, _ = self._listening.accept()
                with suppress(OSError), self._context.wrap_socket(connection, server_side=True) as talk:
                    asked = b""
                    while b"\r\n\r\n" not in asked or (asked.startswith(b"POST") and not asked.endswith(b"{}")):
                        asked += talk.recv(65_536)  # all of it: who closes with bytes unread resets the connection
                    self.lines.append(asked.partition(b"\r\n")[0])
                    talk.sendall(self.answers.pop(0))


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Raw]:
    raw = Raw(tmp_path)
    yield raw
    raw.close()


def get(host: Raw, path: str) -> object:
    return host.fetcher.get(host.url(path))


def post(host: Raw, path: str) -> object:
    return host.fetcher.post(host.url(path), b"{}", {}).body


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("call", [get, post])
def test_an_answer_that_is_no_http_is_a_failed_url(
    call: Callable[[Raw, str], object], answer: bytes, host: Raw
) -> None:
    host.answers = [answer]
    with pytest.raises(InvalidInputs) as failed:
        call(host, "/x")
    assert [problem.code for problem in failed.value.problems] == ["url_failed"]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/a b", "/a%20b"),
        ("/ü?q=€", "/%C3%BC?q=%E2%82%AC"),
        ("/a\x7fb\x00", "/a%7Fb%00"),
        ("/a%20b?x=%2F&y=[1]", "/a%20b?x=%2F&y=[1]"),
    ],
)
@pytest.mark.parametrize("call", [get, post])
def test_an_address_is_sent_in_plain_letters(
    call: Callable[[Raw, str], object], path: str, line: str, host: Raw
) -> None:
    host.answers = [OK + b"Content-Length: 2\r\n\r\nok"]
    assert call(host, path) == b"ok"
    assert host.lines[0].split()[1].decode() == line


def test_a_redirect_may_have_spaces(host: Raw) -> None:
    host.answers = [b"HTTP/1.1 302 Found\r\nLocation: /a b\r\nContent-Length: 0\r\n\r\n", OK + b"\r\nok"]
    assert get(host, "/x") == b"ok"
    assert host.lines[1] == b"GET /a%20b HTTP/1.1"


def test_half_a_character_is_no_address(host: Raw) -> None:
    with pytest.raises(InvalidInputs) as refused:
        host.fetcher.check(host.url("/\ud800"))
    assert [problem.code for problem in refused.value.problems] == ["url_refused"]
