"""Requests to URLs that a caller chose: https only, public addresses only, limited in bytes and time.

The operator may also name whole origins, such as ``http://10.0.0.5:3000``: those are requested as they are.

A host name is resolved once, and the connection goes to exactly that address, so that a second DNS answer cannot
point into the internal network. Redirects pass the same checks.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import NamedTuple
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import BaseHTTPResponse

from ryla_graphs.problems import InvalidInputs, shorten
from ryla_graphs.server.safety.refusals import refusal
from ryla_graphs.server.threads import checkpoint

_CHUNK = 64 * 1024
_LONGEST = 8_000
"""The most characters of a URL."""
_REDIRECTS = (301, 302, 303, 307, 308)
_KEPT = "!#$%&'()*+,/:;=?@[]~"
"""The characters of a path and query, besides letters and digits, that are sent as they are."""
_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")
_ISATAP = (0x5EFE, 0x0200_5EFE)
"""The bytes before the IPv4 address in the lower half of an ISATAP address."""
_NEVER = tuple(
    map(
        ipaddress.ip_network,
        ("64:ff9b:1::/48", "fec0::/10", "3fff::/20", "2001::/23", "100.64.0.0/10", "192.0.0.0/24", "168.63.129.16/32"),
    )
)
"""Networks that are not public, whatever this Python version says. The last is Azure's, for its machines."""


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """Which hosts may be requested, and the limits of a request."""

    hosts: tuple[str, ...] = ()
    """Host names, ``*.example.com`` for all subdomains, ``*`` for any public host; empty allows none.

    An origin, such as ``http://127.0.0.1:3000``, is allowed without https and with a private address.
    """
    size: int = 64 * 2**20
    """In bytes."""
    seconds: float = 30.0
    """Seconds from the first packet to the last, including redirects."""
    idle_seconds: float = 10.0
    redirects: int = 3
    setting: str = "RYLA_FETCH_HOSTS"
    """The variable in which an operator names the hosts."""

    def __post_init__(self) -> None:
        for name in self.hosts:
            if "://" in name and name.rstrip("/") != _written(name):
                raise ValueError(f"'{name}' is not an origin; write http://HOST:PORT or https://HOST:PORT")

    def trusts(self, url: SplitResult) -> bool:
        """Whether the operator named the origin of this URL."""
        return any("://" in name and _origin(urlsplit(name)) == _origin(url) for name in self.hosts)


def _origin(url: SplitResult) -> tuple[str, str | None, int]:
    return url.scheme, url.hostname, url.port or _PORTS.get(url.scheme, 0)


def _written(name: str) -> str | None:
    """The origin as its URL begins; None if no URL can begin so."""
    try:
        url = urlsplit(name)
        fits = url.scheme in _PORTS and url.hostname and "*" not in name and url.port != 0
    except ValueError:
        return None
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}" if fits else None


def addresses_of(host: str, port: int) -> list[str]:
    """All IP addresses of a host name; raises `OSError` if it has none."""
    return [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(address: str) -> bool:
    """Whether an address is on the public internet: not private, local, shared, reserved, nor an encoding of such."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and (ip in _NAT64 or ip in _COMPATIBLE or (int(ip) >> 32) & 0xFFFF_FFFF in _ISATAP):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NEVER)


class Answer(NamedTuple):
    """The response of a host."""

    status: int
    body: bytes


class Fetcher:
    """Sends requests that a policy allows. `resolve`, `public`, `certificates` are for tests and special networks."""

    def __init__(
        self,
        policy: FetchPolicy,
        *,
        resolve: Callable[[str, int], Sequence[str]] = addresses_of,
        public: Callable[[str], bool] = is_public,
        certificates: str | None = None,
    ) -> None:
        self.policy = policy
        self._resolve = resolve
        self._public = public
        self._certificates = certificates or certifi.where()

    def get(self, url: str, *, name: str = "url") -> bytes:
        """The content at a URL; raises `InvalidInputs` (`url_refused`, `url_failed`, `input_too_large`)."""
        deadline = time.monotonic() + self.policy.seconds
        for _ in range(self.policy.redirects + 1):
            target = self.check(url, name=name)
            with self._open("GET", target, None, {}, name, deadline) as response:
                location = response.headers.get("Location")
                moved = location is not None and response.status in _REDIRECTS
                if not moved and response.status != 200:
                    raise refusal("url_failed", f"the host answered {response.status}", name=name)
                if not moved:
                    return self._read(response, name)
                url = urljoin(url, location or "")
        raise refusal("url_failed", f"more than {self.policy.redirects} redirects", name=name)

    def post(self, url: str, body: bytes, headers: Mapping[str, str], *, name: str = "url") -> Answer:
        """Send a body; redirects are not followed. Raises `InvalidInputs` (`url_refused`, `url_failed`)."""
        deadline = time.monotonic() + self.policy.seconds
        with self._open("POST", self.check(url, name=name), body, headers, name, deadline) as response:
            return Answer(response.status, self._read(response, name))

    def check(self, url: str, *, name: str = "url") -> SplitResult:
        """The parts of a URL that the policy allows; raises `InvalidInputs` (`url_refused`). Sends no request."""
        try:
            url.encode()  # a lone surrogate can be sent nowhere
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise refusal("url_refused", "this is not a URL", name=name) from None
        if len(url) > _LONGEST:
            raise refusal("url_refused", f"the URL is longer than {_LONGEST:,} characters", name=name)
        trusted = self.policy.trusts(parts)
        if (parts.scheme != "https" and not trusted) or not host:
            hint = self._way_out(parts) if parts.scheme == "http" and host else None
            raise refusal("url_refused", "only https:// URLs are allowed", name=name, hint=hint)
        if parts.username is not None or parts.password is not None:
            raise refusal("url_refused", "the URL holds a user name, which is not allowed", name=name)
        if trusted:
            return parts
        if port not in (None, 443) and f"{host}:{port}" not in self.policy.hosts:
            raise refusal("url_refused", f"port {port} is not allowed", name=name)
        if not self._allowed(host, port):
            hint = "send the file itself, as a data URL" if not self.policy.hosts else None
            raise refusal("url_refused", f"'{host}' is not a host that this server fetches from", name=name, hint=hint)
        return parts

    def _way_out(self, url: SplitResult) -> str:
        origin = f"http://{url.netloc.rpartition('@')[2]}"
        return f"for a host of your own, the server's operator can add {shorten(origin)} to {self.policy.setting}"

    def _allowed(self, host: str, port: int | None) -> bool:
        for allowed in self.policy.hosts:
            if allowed in ("*", host, f"{host}:{port}") or (allowed.startswith("*.") and host.endswith(allowed[1:])):
                return True
        return False

    def _address(self, host: str, port: int, name: str, *, trusted: bool) -> str:
        """The one address to connect to; refuses the host if any of its addresses is not public, unless `trusted`."""
        try:
            found = list(self._resolve(host, port))
        except (OSError, UnicodeError):
            found = []
        if not found or not (trusted or all(map(self._public, found))):
            raise refusal("url_refused", f"'{host}' has no {'' if trusted else 'public '}address", name=name)
        return found[0]

    def _connection(self, target: SplitResult, name: str) -> HTTPConnection:
        _, host, port = _origin(target)
        address = self._address(host or "", port, name, trusted=self.policy.trusts(target))
        if target.scheme == "http":
            return HTTPConnection(address, port, timeout=self.policy.idle_seconds)
        return HTTPSConnection(
            address,
            port,
            timeout=self.policy.idle_seconds,
            server_hostname=host,
            assert_hostname=host,
            ca_certs=self._certificates,
            cert_reqs="CERT_REQUIRED",
        )

    @contextmanager
    def _open(
        self,
        method: str,
        target: SplitResult,
        body: bytes | None,
        headers: Mapping[str, str],
        name: str,
        deadline: float,
    ) -> Iterator[BaseHTTPResponse]:
        host = target.hostname or ""
        connection = self._connection(target, name)
        watch, response = None, None
        path = quote((target.path or "/") + (f"?{target.query}" if target.query else ""), safe=_KEPT)
        plain = {"Host": target.netloc, "Accept-Encoding": "identity", "User-Agent": "ryla-graphs"}
        try:
            connection.connect()
            # A host that sends one byte now and then never times out as idle, so the whole request has a deadline.
            watch = threading.Timer(max(0.0, deadline - time.monotonic()), _hang_up, [connection.sock])
            watch.start()
            connection.request(method, path, body, {**plain, **headers}, preload_content=False, decode_content=False)
            response = connection.getresponse()
            yield response
            if time.monotonic() >= deadline:  # we hung up, which the reader may take for the end of the body
                raise TimeoutError
        except InvalidInputs:
            raise
        except (urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as error:
            if time.monotonic() >= deadline or isinstance(error, TimeoutError):
                how = "does not answer in time"
            else:
                how = f"does not answer as {target.scheme}" if response is None else "breaks off its answer"
            raise refusal("url_failed", f"'{host}' {how}", name=name) from None
        finally:
            if watch is not None:
                watch.cancel()
            if response is not None:
                response.close()
            connection.close()

    def _read(self, response: BaseHTTPResponse, name: str) -> bytes:
        content = bytearray()
        while chunk := response.read1(_CHUNK):
            checkpoint()
            content += chunk
            if len(content) > self.policy.size:
                raise refusal("input_too_large", f"the content has more than {self.policy.size:,} bytes", name=name)
        return bytes(content)


def _hang_up(connected: socket.socket) -> None:
    with suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)
