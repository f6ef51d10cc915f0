"""Sessions of `requests`, as the engines and the synchronous client use them."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

CONNECTIONS = 32
"""As many threads may talk to one server at once without opening a connection for each request."""


def session_for(address: str, headers: Mapping[str, str]) -> requests.Session:
    """A session for one server: keep-alive, these headers with each request, proxies of the environment.

    A proxy is for other machines, so none is asked for a server on this one. The headers are all that identifies us:
    a `.netrc` never replaces them.
    """
    session = requests.Session()
    session.headers.update(headers)
    session.auth = _as_it_is
    session.trust_env = not is_loopback(address)
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=CONNECTIONS)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def is_loopback(address: str) -> bool:
    """Whether an address is of this machine.

    >>> is_loopback("http://127.0.0.1:8188"), is_loopback("https://[::1]/comfy"), is_loopback("http://gpu:8188")
    (True, True, False)
    """
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def reason_of(error: BaseException) -> str:
    """The innermost reason of an error of `requests`, without its layers and object addresses."""
    inner = getattr(error, "reason", None) or next((part for part in error.args if isinstance(part, Exception)), None)
    if isinstance(inner, BaseException):
        return reason_of(inner)
    return str(error).rsplit(": ", 1)[-1] or type(error).__name__


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
