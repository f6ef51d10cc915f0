"""Asking a service over HTTP, so that it is always known whether a request that got no answer may have been heard.

For services that are paid by the run this is the difference between trying again and paying twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from ryla_graphs.problems import EngineBusy, EngineDenied, EngineError, EngineUnreachable
from ryla_graphs.sessions import is_loopback, reason_of, session_for

CONNECT_SECONDS = 10.0
ASK_SECONDS = 30.0
"""From the first byte of the answer's head to its last: what comes slower is as good as no answer."""
FILE_SECONDS = 300.0
ANSWER_BYTES = 64 * 2**20
FILE_BYTES = 2 * 2**30
MOST_SECONDS = 600.0
"""The longest pause that a service may ask for."""
_CHUNK = 64 * 1024
_REDIRECTS = 3
_MOVED = (301, 302, 303, 307, 308)
_SHOWN = 200


class NoAnswer(Exception):
    """Nothing came back, or nothing whole; `sent` says whether the other side may have heard the request."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status is of success."""
        return 200 <= self.status < 300

    def object(self) -> dict[str, Any] | None:
        """The JSON object in it; None if it holds none, as a web page does."""
        try:
            content = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return content if isinstance(content, dict) else None

    @property
    def retry_after(self) -> float | None:
        """After how many seconds to come back, where it says so in a number that can be believed."""
        try:
            seconds = float(self.headers.get("Retry-After", ""))
        except ValueError:
            return None
        return min(max(seconds, 0.0), MOST_SECONDS) if seconds == seconds else None

    def odd(self) -> str:
        """What is wrong with it, in few words and none of its own: a page may say anything."""
        if self.status in _MOVED:
            return "it redirects; give the address that it ends at"
        if not self.ok:
            return f"status {self.status}"
        return "a web page" if self.body.lstrip()[:1] == b"<" else "no JSON object"


class Service:
    """A service at an address, with the bearer token that it knows us by. Safe for threads.

    A redirect is an answer like any other: the token goes nowhere but to the address that was given.
    """

    def __init__(
        self, address: str, token: str | None = None, *, what: str = "nothing", seconds: float = ASK_SECONDS
    ) -> None:
        """`what` is how messages call it: ``Comfy API v2``. An answer may take so many `seconds`."""
        self.seconds = seconds
        self.address = address.rstrip("/")
        self.what = what
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._session = session_for(self._headers)
        self._elsewhere = session_for()

    def __repr__(self) -> str:
        return f"<Service {self.address}>"

    def url(self, path: str) -> str:
        """The address of something; a link from the service's own answers counts from its origin."""
        return path if urlsplit(path).scheme else self.address + path

    def linked(self, link: str) -> str:
        """The address of a link: absolute, or relative to the origin with any mount prefix in it."""
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
        """One request and all of its answer; raises `NoAnswer`.

        `once` is for what must not be heard twice: it takes a connection of its own, since one that idled may be
        closed already on the other side, which looks the same as a request that was heard and not answered.
        """
        url = self.url(path)
        session = session_for(self._headers) if once else self._session_to(url)
        try:
            return self._exchange(session, method, url, self.seconds if seconds is None else seconds, limit, options)
        finally:
            if once:
                session.close()

    def is_ours(self, url: str) -> bool:
        """Whether an address is of the service itself, which alone gets the token."""
        return urlsplit(url)[:2] == urlsplit(self.address)[:2]

    def _session_to(self, url: str) -> requests.Session:
        return self._session if self.is_ours(url) else self._elsewhere

    def download(self, link: str, *, seconds: float = FILE_SECONDS, limit: int = FILE_BYTES) -> Answer:
        """A file, through redirects to wherever it is kept; raises `NoAnswer`.

        Where it redirects to is a signed address, which gets no token, be it on the same host.
        """
        url = self.linked(link)
        session = self._session_to(url)
        for _ in range(_REDIRECTS + 1):
            if not self.is_ours(url) and not (url.startswith("https://") or is_loopback(url)):
                raise NoAnswer("it leads to an address that is not https", sent=True)
            answer = self._exchange(session, "GET", url, seconds, limit, {})
            if answer.status not in _MOVED:
                return answer
            url, session = urljoin(url, answer.headers.get("Location", "")), self._elsewhere
        raise NoAnswer(f"more than {_REDIRECTS} redirects", sent=True)

    def stream(self, url: str, *, silence: float) -> requests.Response:
        """An answer whose body is read as it comes; raises `NoAnswer`. The caller closes it."""
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
        try:
            return self._session_to(url).get(
                url, headers=headers, stream=True, timeout=(CONNECT_SECONDS, silence), allow_redirects=False
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise NoAnswer(reason_of(error), sent=_was_sent(error)) from None

    def close(self) -> None:
        """Close the idle connections."""
        self._session.close()
        self._elsewhere.close()

    def unreachable(self, why: object) -> EngineUnreachable:
        """The error where it does not answer."""
        return EngineUnreachable(f"{self.what} does not answer at {self.address}: {why}")

    def trouble(self, answer: Answer) -> EngineError | None:
        """The error that an answer means whatever was asked; None if it depends on that.

        Neither a refusal nor the state of what was asked for: a wrong key, no money, too much at once, a redirect.
        """
        if answer.status in (401, 403):
            return EngineDenied(f"{self.what} at {self.address} turns us away: a wrong key? ({answer.status})")
        if answer.status == 402:
            return EngineDenied(f"the account at {self.address} has no money left (402)")
        if answer.status == 429 or (answer.status == 503 and answer.retry_after is not None):
            return EngineBusy(
                f"{self.what} at {self.address} takes no more at the moment ({answer.status})",
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
    """All of a body; raises `NoAnswer` if it is too long, or comes too slowly to wait for its end."""
    content = bytearray()
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        content += chunk
        if len(content) > limit:
            raise NoAnswer(f"an answer of more than {limit:,} bytes", sent=True)
        if time.monotonic() > deadline:
            raise NoAnswer("the answer does not come to its end", sent=True)
    declared = response.headers.get("Content-Length", "")
    whole = response.headers.get("Content-Encoding") is None and response.request.method != "HEAD"
    if whole and declared.isdigit() and len(content) < int(declared):
        raise NoAnswer(f"the answer ends after {len(content):,} of {declared} bytes", sent=True)
    return bytes(content)


def _was_sent(error: BaseException) -> bool:
    """Whether the request may have got to the other side: not where there never was a connection."""
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.ProxyError)):
        return False
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        return False
    inner = next((part for part in error.args if isinstance(part, BaseException)), None)
    reason = getattr(inner, "reason", None)
    return not isinstance(reason, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError))
