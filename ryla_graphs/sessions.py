"""`requests` sessions for engines, the synchronous client and the fetching of weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, cached_property
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

CONNECTIONS = 32
"""The number of threads that can talk to one server at once without opening a connection for each request."""


def session_for(headers: Mapping[str, str] | None = None, *, connections: int = CONNECTIONS) -> requests.Session:
    """A session with keep-alive, these headers on each request, and the environment's proxies for other machines.

    Only the headers identify us: a `.netrc` never replaces them, and no cookie is kept.
    """
    session = _Session()
    session.headers.update(headers or {})
    session.auth = _as_it_is
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_maxsize=connections)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


class _Session(requests.Session):
    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """The environment's settings, except that a server on this machine is never reached through a proxy.

        Over plain HTTP the environment has nothing else to offer, and looking it up takes as long as all the rest.
        """
        if is_loopback(str(url)) and urlsplit(str(url)).scheme == "http":
            return {
                "proxies": {},
                "stream": bool(stream),
                "verify": self.verify if verify is None else verify,
                "cert": cert,
            }
        settings = super().merge_environment_settings(url, proxies, stream, verify, cert)
        return {**settings, "proxies": {}} if is_loopback(str(url)) else settings


class Origin:
    """One server at an address. Usable from any thread.

    A session merges headers, cookies, hooks and the environment's proxies for each request and parses its address,
    which takes as long as sending it. For one server the result is always the same, so it is done once.
    """

    def __init__(self, address: str, headers: Mapping[str, str] | None = None) -> None:
        self.address = address
        self._session = session_for(headers)
        self._like = cache(self._prepared)

    def request(
        self, method: str, path: str, *, timeout: tuple[float, float], content: Any = None, files: Any = None
    ) -> requests.Response:
        """Send one request and read its whole answer; raises as `requests` does. No redirect is followed.

        `content` is sent as JSON, otherwise `files` as a form.
        """
        url = f"{self.address}{path}"
        if files is not None:
            return self._session.request(method, url, files=files, timeout=timeout, allow_redirects=False)
        request = self._like(method).copy()
        request.url = url
        if content is not None:
            request.body = body = json.dumps(content, allow_nan=False).encode()
            request.headers["Content-Type"], request.headers["Content-Length"] = "application/json", str(len(body))
        answer = self._session.get_adapter(url).send(request, timeout=timeout, **self._environment)
        answer.content  # noqa: B018 - reads it, which frees the connection
        return answer

    def _prepared(self, method: str) -> requests.PreparedRequest:
        return self._session.prepare_request(requests.Request(method, self.address))

    @cached_property
    def _environment(self) -> Mapping[str, Any]:
        """Proxies and certificates."""
        return self._session.merge_environment_settings(self.address, {}, True, None, None)

    def close(self) -> None:
        """Close the idle connections; the next request opens new ones."""
        self._session.close()


def is_loopback(address: str) -> bool:
    """Whether an address belongs to this machine.

    >>> is_loopback("http://127.0.0.1:8188"), is_loopback("https://[::1]/comfy"), is_loopback("http://gpu:8188")
    (True, True, False)
    """
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def reason_of(error: BaseException) -> str:
    """The innermost reason of a `requests` error, without its layers and object addresses."""
    inner = getattr(error, "reason", None) or next((part for part in error.args if isinstance(part, Exception)), None)
    if isinstance(inner, BaseException):
        return reason_of(inner)
    return str(error).rsplit(": ", 1)[-1] or type(error).__name__


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
