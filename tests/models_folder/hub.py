"""A Hugging Face Hub on loopback: as much of its protocol as serves files, with its ways of refusing and failing."""

from __future__ import annotations

import hashlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.server.live import until

TOKEN = "hf_good"


@dataclass
class Hub:
    """What the server has, and how it misbehaves."""

    files: dict[str, bytes] = field(default_factory=dict)
    """By ``owner/name/path``."""
    gated: set[str] = field(default_factory=set)
    """Repositories that want a token."""
    accepted: bool = True
    """Whether the token's account has accepted the terms."""
    drops: list[int] = field(default_factory=list)
    """The next answers break off after so many bytes."""
    hangs: bool = False
    """Whether an answer that breaks off leaves its connection open and says nothing more."""
    sizes: dict[str, int] = field(default_factory=dict)
    """What it says of sizes where that is not the truth."""
    ranges: bool = True
    ready: Callable[[], bool] = lambda: True
    """Each answer with bytes waits for this."""
    once: bool = False
    """Whether a signed address serves one request, and is too old for the next."""
    xet: bool = False
    """Whether it says that hf_xet can fetch its files."""
    lengths: bool = True
    """Whether it says of web files how long they are."""
    used: set[str] = field(default_factory=set)
    log: list[tuple[str, str, str | None, str | None]] = field(default_factory=list)
    """Method, path, Range and Authorization of every request."""
    sent: int = 0
    """Bytes of files that went out."""
    endpoint: str = ""
    cdn: str = ""

    def get(self, path: str) -> list[str | None]:
        """The ranges in which a file was asked for."""
        return [span for method, asked, span, _ in self.log if method == "GET" and asked.endswith(path)]


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Serve a hub; its signed addresses are on another host name, as the real one's are."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = _Server(("127.0.0.1", 0), handler)
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    hub.cdn = f"http://localhost:{server.server_port}/cdn"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that a client leaves, or that are dropped on purpose, are no news."""


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def do_HEAD(self) -> None:
        self._note()
        self._resolve()

    def do_GET(self) -> None:
        self._note()
        path = urlsplit(self.path).path
        if path.startswith("/cdn/"):
            self._send(path.removeprefix("/cdn/"))
        elif path.startswith("/web/"):
            self._send(path.removeprefix("/"))
        else:
            self._resolve()

    def _note(self) -> None:
        headers = self.headers
        self.hub.log.append(
            (self.command, urlsplit(self.path).path, headers.get("Range"), headers.get("Authorization"))
        )

    def _resolve(self) -> None:
        hub, path = self.hub, urlsplit(self.path).path
        found = re.fullmatch(r"/([^/]+/[^/]+)/resolve/main/(.+)", path)
        if path.startswith("/web/"):
            content = hub.files.get(path.removeprefix("/"))
            length = str(len(content or b"")) if hub.lengths else ""
            return self._answer(200 if content is not None else 404, {"Content-Length": length})
        if found is None:
            return self._answer(404, {"X-Error-Code": "RepoNotFound"})
        repository, file = found.groups()
        authorization = self.headers.get("Authorization")
        if authorization not in (None, f"Bearer {TOKEN}"):
            return self._answer(401, {"X-Error-Message": "Invalid credentials in Authorization header"})
        if repository in hub.gated and authorization is None:
            return self._answer(401, {"X-Error-Code": "GatedRepo"})
        if repository in hub.gated and not hub.accepted:
            return self._answer(403, {"X-Error-Code": "GatedRepo"})
        key = f"{repository}/{file}"
        content = hub.files.get(key)
        if content is None:
            return self._answer(404, {"X-Error-Code": "EntryNotFound"})
        return self._answer(
            302,
            {
                "Location": f"{hub.cdn}/{key}?Signature={len(hub.log)}",
                "X-Repo-Commit": "0" * 40,
                "X-Linked-Etag": f'"{hashlib.sha256(content).hexdigest()}"',
                "X-Linked-Size": str(hub.sizes.get(key, len(content))),
                **({"X-Xet-Hash": "0" * 64, "X-Xet-Refresh-Route": "/token"} if hub.xet else {}),
            },
        )

    def _answer(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": "0", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, key: str) -> None:
        hub, content = self.hub, self.hub.files.get(key)
        until(hub.ready)
        if hub.once and self.path in hub.used:
            return self._answer(403)
        hub.used.add(self.path)
        if content is None:
            return self._answer(404)
        span = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        start = int(span[1]) if span and hub.ranges else 0
        if start >= len(content) > 0:
            return self._answer(416)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        drop = hub.drops.pop(0) if hub.drops else None
        body = content[start:] if drop is None else content[start : start + drop]
        self.wfile.write(body)
        hub.sent += len(body)
        if drop is not None:
            self.wfile.flush()
            if hub.hangs:
                threading.Event().wait(30)
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        return None
