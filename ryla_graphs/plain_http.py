"""HTTP/1.1 to one server without TLS and proxies, over connections that stay open.

`requests` and `urllib3` look at each request and each answer from many sides, which takes longer than the server of a
small picture does. Here only the plainest answer is read, a head with a length and then the body; the standard library
reads all others.
"""

from __future__ import annotations

import io
import socket
import weakref
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from urllib3 import HTTPResponse as Decoding
from urllib3.exceptions import HTTPError
from urllib3.util.wait import wait_for_read

_AT_ONCE = 64 * 1024
_LONGEST_HEAD = 64 * 1024
_PORT = 80
_FIRST_FINAL = 200
"""Lower statuses announce another answer."""
_NO_BODY = (204, 304)
_ODD = (b"transfer-encoding", b"content-encoding", b"location")
"""Headers that ask for more than to read so many bytes."""
_REDIRECTS = (301, 302, 303, 307, 308)


class NotConnected(requests.ConnectionError):
    """The server was not reached, so it has heard nothing."""


class Reply(NamedTuple):
    """An answer in full."""

    status_code: int
    content: bytes
    location: str | None = None

    @property
    def is_redirect(self) -> bool:
        """Whether it only says where else to ask."""
        return self.location is not None and self.status_code in _REDIRECTS


class PlainServer:
    """A server at ``http://host:port``, with headers that go with each request. May be used from any thread."""

    def __init__(self, address: str, headers: Mapping[str, str], *, connections: int) -> None:
        parts = urlsplit(address)
        host = parts.hostname or ""
        self._place = (host, parts.port or _PORT)
        self._path = parts.path
        self._idle: deque[socket.socket] = deque()
        weakref.finalize(self, _close_all, self._idle)
        self._most = connections
        named = f"[{host}]" if ":" in host else host
        lines = {"Host": named if self._place[1] == _PORT else f"{named}:{parts.port}", **headers}
        self._head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())

    def request(
        self, method: str, path: str, *, timeout: tuple[float, float], body: bytes | None, media_type: str
    ) -> Reply:
        """One request and all of its answer, GET or POST; raises as `requests` does."""
        length = "Content-Length: 0\r\n" if method == "POST" else ""
        if body is not None:
            length = f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n"
        head = f"{method} {self._path}{path} HTTP/1.1\r\n{self._head}{length}\r\n".encode("latin-1")
        connection = self._kept() or self._opened(timeout[0])
        try:
            connection.settimeout(timeout[1])
            connection.sendall(head + body if body is not None else head)
            reply, stays = _read(connection, method)
        except TimeoutError as error:
            connection.close()
            raise requests.ReadTimeout("the answer does not come") from error
        except (OSError, HTTPException, HTTPError, ValueError) as error:
            connection.close()
            raise requests.ConnectionError(error) from error
        except BaseException:
            connection.close()
            raise
        if stays and len(self._idle) < self._most:
            self._idle.append(connection)
        else:
            connection.close()
        return reply

    def close(self) -> None:
        """Close the idle connections; the next request opens new ones."""
        _close_all(self._idle)

    def _kept(self) -> socket.socket | None:
        """An idle connection that the server has not closed, the last that was used."""
        while self._idle:
            with suppress(IndexError):
                connection = self._idle.pop()
                if not wait_for_read(connection, timeout=0):
                    return connection
                connection.close()
        return None

    def _opened(self, seconds: float) -> socket.socket:
        try:
            connection = socket.create_connection(self._place, seconds)
        except TimeoutError as error:
            raise NotConnected(f"no connection within {seconds:g} seconds") from error
        except OSError as error:
            raise NotConnected(error) from error
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


def _close_all(connections: deque[socket.socket]) -> None:
    while connections:
        with suppress(IndexError):  # another thread took it
            connections.pop().close()


def _read(connection: socket.socket, method: str) -> tuple[Reply, bool]:
    """The answer, and whether the connection can be used again."""
    seen = connection.recv(_AT_ONCE)
    while (end := seen.find(b"\r\n\r\n")) < 0:
        if b"\n\n" in seen or b"\n\r\n" in seen:
            return _read_by_library(connection, seen, method)
        if len(seen) > _LONGEST_HEAD or not (more := connection.recv(_AT_ONCE)):
            raise ConnectionError("the head of the answer has no end" if seen else "the server hung up")
        seen += more
    status = _status_of(seen)
    length = _length_of(seen[:end].lower()) if status is not None else None
    if status is None or length is None:
        return _read_by_library(connection, seen, method)
    pieces, left = [seen[end + 4 :]], length - (len(seen) - end - 4)
    while left > 0:
        piece = connection.recv(min(left, 16 * _AT_ONCE))
        if not piece:
            raise ConnectionError(f"the answer ends {left:,} bytes before its end")
        pieces.append(piece)
        left -= len(piece)
    return Reply(status, b"".join(pieces) if len(pieces) > 1 else pieces[0]), left == 0


def _status_of(head: bytes) -> int | None:
    """The status of an answer in HTTP/1.1 that has a body; None of any other."""
    digits = head[9:12]
    status = int(digits) if head.startswith(b"HTTP/1.1 ") and digits.isdigit() else 0
    return status if status >= _FIRST_FINAL and status not in _NO_BODY else None


def _length_of(head: bytes) -> int | None:
    """The length that a head in lower case says; None where there is more to look at."""
    length: bytes | None = None
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name in _ODD or (name == b"connection" and value.strip() != b"keep-alive"):
            return None
        if name == b"content-length":
            if length is not None:
                return None
            length = value.strip()
    return int(length) if length is not None and length.isdigit() else None


class _Replayed(io.RawIOBase):
    """What a connection gives, with what was read of it before."""

    def __init__(self, connection: socket.socket, seen: bytes) -> None:
        self._connection = connection
        self._seen = seen

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._seen:
            return self._connection.recv_into(buffer)
        size = min(len(buffer), len(self._seen))
        buffer[:size], self._seen = self._seen[:size], self._seen[size:]
        return size

    def makefile(self, _mode: str) -> io.BufferedReader:
        """As the library wants it of a socket."""
        return io.BufferedReader(self)


def _read_by_library(connection: socket.socket, seen: bytes, method: str) -> tuple[Reply, bool]:
    replayed: Any = _Replayed(connection, seen)
    with HTTPResponse(replayed, method=method) as response:
        response.begin()
        body, headers = response.read(), dict(response.getheaders())
        stays = not response.will_close
    if response.headers.get("Content-Encoding") is not None:
        body = Decoding(io.BytesIO(body), headers, decode_content=True).data
    return Reply(response.status, body, response.headers.get("Location")), stays
