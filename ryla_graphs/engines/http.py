"""HTTP requests to a service that always report whether an unanswered request may have reached it.

For services with a price per run, this decides between a safe retry and paying twice.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from ryla_graphs.problems import EngineBusy, EngineDenied, EngineError, EngineUnreachable
from ryla_graphs.sessions import is_loopback, reason_of, session_for

CONNECT_SECONDS = 10.0
ASK_SECONDS = 30.0
"""Seconds within which the whole head of an answer must arrive; a slower one counts as no answer."""
FILE_SECONDS = 300.0
ANSWER_BYTES = 64 * 2**20
FILE_BYTES = 2 * 2**30
MOST_SECONDS = 600.0
"""The longest ``Retry-After`` that is respected, in seconds."""
_CHUNK = 64 * 1024
_REDIRECTS = 3
_MOVED = (301, 302, 303, 307, 308)
_SHOWN = 200


class NoAnswer(Exception):
    """No complete answer arrived; `sent` says whether the service may have received the request."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a service."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status means success."""
        return 200 <= self.status < 300

    def object(self) -> dict[str, Any] | None:
        """The JSON object in the body; None for any other content, such as a web page."""
        try:
            content = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return content if isinstance(content, dict) else None

    @property
    def retry_after(self) -> float | None:
        """The seconds in ``Retry-After``, if it is a plausible number."""
        try:
            seconds = float(self.headers.get("Retry-After", ""))
        except ValueError:
            return None
        return min(max(seconds, 0.0), MOST_SECONDS) if seconds == seconds else None

    def odd(self) -> str:
        """What is wrong with the answer, in our own words: a page may contain anything."""
        if self.status in _MOVED:
            return "it redirects; use the final address instead"
        if not self.ok:
            return f"status {self.status}"
        return "a web page" if self.body.lstrip()[:1] == b"<" else "not a JSON object"


class Stream(NamedTuple):
    """An answer whose body is still coming."""

    response: requests.Response
    connection: socket.socket

    def hang_up(self) -> None:
        """End it while another thread reads it. To close the response would wait for the next byte."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


class Service:
    """A service at an address, with our bearer token for it. Thread-safe.

    Redirects are not followed, so the token only goes to the given address.
    """

    def __init__(
        self, address: str, token: str | None = None, *, what: str = "nothing", seconds: float = ASK_SECONDS
    ) -> None:
        """`what` is its name in messages: ``Comfy API v2``. `seconds` is the timeout of an answer."""
        self.seconds = seconds
        self.address = address.rstrip("/")
        self.what = what
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._session = session_for(self._headers)
        self._elsewhere = session_for()

    def __repr__(self) -> str:
        return f"<Service {self.address}>"

    def url(self, path: str) -> str:
        """The URL of a path below the service's address."""
        return path if urlsplit(path).scheme else self.address + path

    def linked(self, link: str) -> str:
        """The URL of a link in an answer: absolute, or relative to the origin, with any mount prefix in it."""
        return urljoin(self.address + "/", link)

    def ask(
        self,
        method: str,
        path: str,
        *,
        seconds: float | None = None,
        once: bool = False,
        limit: int = ANSWER_BYTES,
        **options: Any,
    ) -> Answer:
        """Send one request and read the whole answer; raises `NoAnswer`.

        `once` is for requests that must not arrive twice: it opens a new connection, because the service may have
        closed an idle one, which looks the same as a request that arrived but was not answered.
        """
        url = self.url(path)
        session = session_for(self._headers) if once else self._session_to(url)
        try:
            return self._exchange(session, method, url, self.seconds if seconds is None else seconds, limit, options)
        finally:
            if once:
                session.close()

    def is_ours(self, url: str) -> bool:
        """Whether a URL belongs to the service itself; only then is the token sent."""
        return urlsplit(url)[:2] == urlsplit(self.address)[:2]

    def _session_to(self, url: str) -> requests.Session:
        return self._session if self.is_ours(url) else self._elsewhere

    def download(self, link: str, *, seconds: float = FILE_SECONDS, limit: int = FILE_BYTES) -> Answer:
        """Download a file, following redirects to its storage; raises `NoAnswer`.

        A redirect leads to a signed URL, so it gets no token, even on the same host.
        """
        url = self.linked(link)
        session = self._session_to(url)
        for _ in range(_REDIRECTS + 1):
            if not self.is_ours(url) and not (url.startswith("https://") or is_loopback(url)):
                raise NoAnswer("it redirects to a URL that is not https", sent=True)
            answer = self._exchange(session, "GET", url, seconds, limit, {})
            if answer.status not in _MOVED:
                return answer
            url, session = urljoin(url, answer.headers.get("Location", "")), self._elsewhere
        raise NoAnswer(f"more than {_REDIRECTS} redirects", sent=True)

    @contextmanager
    def stream(self, url: str, *, silence: float) -> Iterator[Stream]:
        """An answer whose body is streamed, inside the `with` block; raises `NoAnswer`.

        It has a connection of its own: a pooled one could by then belong to another request.
        """
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
        with session_for(self._headers if self.is_ours(url) else None, connections=1) as session:
            try:
                response = session.get(
                    url, headers=headers, stream=True, timeout=(CONNECT_SECONDS, silence), allow_redirects=False
                )
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                raise NoAnswer(reason_of(error), sent=_was_sent(error)) from None
            # A socket object of our own for the same connection: the response gives its own away when it ends.
            with response, socket.fromfd(response.raw.fileno(), socket.AF_INET, socket.SOCK_STREAM) as connection:
                yield Stream(response, connection)

    def close(self) -> None:
        """Close the idle connections."""
        self._session.close()
        self._elsewhere.close()

    def unreachable(self, why: object) -> EngineUnreachable:
        """The error for a service that does not answer."""
        return EngineUnreachable(f"{self.what} does not answer at {self.address}: {why}")

    def trouble(self, answer: Answer) -> EngineError | None:
        """The error of an answer that means the same for every request; None for any other answer.

        Such as a wrong key, no credit, a rate limit, or a redirect.
        """
        if answer.status in (401, 403):
            return EngineDenied(f"{self.what} at {self.address} denies access; is the key wrong? ({answer.status})")
        if answer.status == 402:
            return EngineDenied(f"the account at {self.address} has no credit left (402)")
        if answer.status == 429 or (answer.status == 503 and answer.retry_after is not None):
            return EngineBusy(
                f"{self.what} at {self.address} accepts no more requests at the moment ({answer.status})",
                retry_after=answer.retry_after,
            )
        if answer.status in _MOVED:
            return self.unreachable(answer.odd())
        return None

    def _exchange(
        self, session: requests.Session, method: str, url: str, seconds: float, limit: int, options: Mapping[str, Any]
    ) -> Answer:
        try:
            response = session.request(
                method, url, timeout=(CONNECT_SECONDS, seconds), allow_redirects=False, stream=True, **options
            )
            with response:
                body = _body(response, limit, time.monotonic() + seconds)
                return Answer(response.status_code, response.headers, body)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise NoAnswer(reason_of(error)[:_SHOWN], sent=_was_sent(error)) from None


def _body(response: requests.Response, limit: int, deadline: float) -> bytes:
    """The whole body; raises `NoAnswer` if it is too long or too slow."""
    content = bytearray()
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        content += chunk
        if len(content) > limit:
            raise NoAnswer(f"the answer has more than {limit:,} bytes", sent=True)
        if time.monotonic() > deadline:
            raise NoAnswer("the answer did not end in time", sent=True)
    declared = response.headers.get("Content-Length", "")
    whole = response.headers.get("Content-Encoding") is None and response.request.method != "HEAD"
    if whole and declared.isdigit() and len(content) < int(declared):
        raise NoAnswer(f"the answer ended after {len(content):,} of {declared} bytes", sent=True)
    return bytes(content)


def _was_sent(error: BaseException) -> bool:
    """Whether the request may have been received; False if there was no connection."""
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.ProxyError)):
        return False
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        return False
    inner = next((part for part in error.args if isinstance(part, BaseException)), None)
    reason = getattr(inner, "reason", None)
    return not isinstance(reason, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError))
