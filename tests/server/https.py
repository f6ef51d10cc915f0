"""A host on loopback that speaks https, for what the server posts and fetches."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme

from ryla_graphs.server.safety.fetch import Fetcher, FetchPolicy

HOST = "hooks.example"


@dataclass
class Received:
    """One request that came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Site:
    """What came, and what is answered."""

    port: int
    certificates: str
    received: list[Received] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """The answers to the next requests; then 200."""
    came: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def url(self, path: str = "hook") -> str:
        """An address of it."""
        return f"https://{HOST}:{self.port}/{path}"

    def fetcher(self) -> Fetcher:
        """A fetcher that takes loopback for the public address of the host."""
        policy = FetchPolicy(hosts=(f"{HOST}:{self.port}",), seconds=60, idle_seconds=60)
        return Fetcher(policy, resolve=lambda *_: ["127.0.0.1"], public=lambda _: True, certificates=self.certificates)

    def wait(self, count: int) -> list[Received]:
        """The first so many requests."""
        for _ in range(count):
            assert self.came.acquire(timeout=60)
        return self.received[:count]


@contextmanager
def https_site(folder: Path) -> Iterator[Site]:
    """A site that is there while the `with` lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            site.received.append(Received(self.path, headers, body))
            self.send_response(site.statuses.pop(0) if site.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            site.came.release()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Says nothing."""

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    certificates = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(certificates))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    site = Site(server.server_address[1], str(certificates))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
