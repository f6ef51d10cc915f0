"""The gate: checks the headers of every request and WebSocket before any byte of a body is read.

A web page can make its visitor's browser send requests to a server on the visitor's machine, or point its own host name
at that machine (DNS rebinding). So host, origin and token are checked here, from the headers alone.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.safety.tokens import Tokens

PUBLIC_PATHS = frozenset({"/", "/health", "/ready", "/docs", "/openapi.json"})
"""Paths that need no token for GET: they show nothing about jobs."""
PUBLIC_FOLDERS = ("/docs/", "/page/")

_LOOPBACK_NAMES = ("localhost", "ip6-localhost")
_HOST = re.compile(r"\[[0-9A-Fa-f:.]{2,45}\](?::\d{1,5})?|[A-Za-z0-9._-]{1,253}(?::\d{1,5})?")

_REMEMBERED = 256
"""How many hosts are cached: most requests name the same one."""

_SIGNED = re.compile(r"/api/v2/assets/[^/]{1,100}/content")

Refuse = Callable[[str, RequestError], ASGIApp]
"""Builds the refusal for a path, in the form that the path's clients expect."""


def unauthorized(given: str | None) -> RequestError:
    """The error for a request without a valid ``Authorization``; says whether the header is missing or wrong."""
    if given is None:
        return RequestError("unauthorized", "this request needs a token: send the header Authorization: Bearer TOKEN")
    if not given.lower().startswith("bearer "):
        return RequestError("unauthorized", "the Authorization header must have the form: Bearer TOKEN")
    return RequestError("unauthorized", "this server does not know the token in the Authorization header")


@dataclass(frozen=True, slots=True)
class Gate:
    """The rules for which requests are served."""

    tokens: Tokens
    hosts: tuple[str, ...] = ()
    """Host names of this server besides loopback: ``a.com``, ``*.b.com``, ``a.com:8443``; ``*`` for any."""
    origins: tuple[str, ...] = ()
    """Origins of web pages that may call from a browser, besides our own: ``https://app.example.com``."""
    open: bool = False
    """Whether callers on the network need no token. Then any IP address is a valid host: DNS cannot forge one."""

    def check(self, scope: Scope) -> None:
        """Raise `RequestError` (`host_refused`, `origin_refused`, `unauthorized`) if a request is not allowed."""
        headers = Headers(scope=scope)
        if not self.serves(headers.get("host", "")):
            raise RequestError("host_refused", _host_message(headers.get("host", "")))
        if not is_public(scope) and not is_signed(scope):
            self._check_origin(headers)
            if self.tokens.owner(given := headers.get("authorization")) is None:
                raise unauthorized(given)

    def serves(self, host: str) -> bool:
        """Whether the server answers to the name in a ``Host`` header.

        If tokens are set and no names are listed, any name is allowed: a page that rebinds its name has no token.
        """
        if _HOST.fullmatch(host) is None:
            return False
        return self.knows(host) or (len(self.tokens) > 0 and not self.hosts) or (self.open and _is_address(host))

    def knows(self, host: str) -> bool:
        """Whether a ``Host`` is loopback or a listed name, so that URLs may be built from it."""
        name = _name_of(host)
        if name in _LOOPBACK_NAMES or _is_loopback(host):
            return True
        return any(
            listed in ("*", name, host.lower()) or (listed.startswith("*.") and name.endswith(listed[1:]))
            for listed in (entry.lower() for entry in self.hosts)
        )

    def _check_origin(self, headers: Headers) -> None:
        origin = headers.get("origin")
        if origin is not None:
            if origin not in self.origins and not _is_own(origin, headers.get("host", "")):
                raise RequestError("origin_refused", "a web page of another origin may not call this server")
        elif headers.get("sec-fetch-site") == "cross-site":
            raise RequestError("origin_refused", "a web page of another site may not call this server")


class Gatekeeper:
    """ASGI middleware that applies a gate."""

    def __init__(self, app: ASGIApp, *, gate: Gate, refuse: Refuse) -> None:
        self._app = app
        self._gate = gate
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] in ("http", "websocket"):
            try:
                self._gate.check(scope)
            except RequestError as error:
                if scope["type"] == "websocket":
                    await send({"type": "websocket.close", "code": 1008, "reason": str(error)[:100]})
                else:
                    await self._refuse(scope["path"], error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def is_public(scope: Scope) -> bool:
    """Whether a request only reads public pages."""
    path = scope.get("path", "")
    known = path in PUBLIC_PATHS or path.startswith(PUBLIC_FOLDERS)
    return known and scope["type"] == "http" and scope["method"] in ("GET", "HEAD")


def is_signed(scope: Scope) -> bool:
    """Whether a request has a signature instead of a token; its route verifies the signature."""
    asks = scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and _SIGNED.fullmatch(scope["path"])
    return bool(asks) and "signature" in QueryParams(scope["query_string"])


def _name_of(host: str) -> str:
    """The name in a ``Host``, without port and without the brackets of IPv6."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name.lower().removesuffix(".")


@lru_cache(_REMEMBERED)
def _is_address(host: str) -> bool:
    return _address(host) is not None


@lru_cache(_REMEMBERED)
def _is_loopback(host: str) -> bool:
    address = _address(host)
    return address is not None and address.is_loopback


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(_name_of(host))
    except ValueError:
        return None


def _is_own(origin: str, host: str) -> bool:
    """Whether an ``Origin`` is this server itself; behind a proxy that terminates TLS, only the scheme differs."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and parts.netloc.lower() == host.lower()


def _host_message(host: str) -> str:
    return (
        f"this server does not answer to the host name '{host[:100]}'; without tokens it only answers to localhost."
        " Set RYLA_TOKENS, or add the name to RYLA_HOSTS"
    )
