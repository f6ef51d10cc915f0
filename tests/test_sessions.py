"""HTTP of the engines: proxies, redirects, and who gets our name."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ryla_graphs.engines import run
from ryla_graphs.engines.comfyui import ComfyUI
from ryla_graphs.problems import EngineUnreachable
from ryla_graphs.sessions import Origin, is_loopback, session_for
from tests.engines.following import WORKFLOW
from tests.engines.stub import serving

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A proxy that notes what it is asked for, and answers as a ComfyUI with an empty queue."""
    asked: list[str] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.path} {self.headers.get('Authorization')}")
            content = json.dumps({"queue_running": [], "queue_pending": []}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base calls it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
    yield asked
    server.shutdown()
    server.server_close()


def test_another_machine_is_asked_through_the_proxy(proxy: list[str]) -> None:
    assert ComfyUI("http://comfy.example:8188").health().ready
    assert proxy == ["http://comfy.example:8188/queue None"]


def test_this_machine_is_not(proxy: list[str]) -> None:
    with serving() as (engine, _):
        assert len(run(engine, WORKFLOW).outputs) == 2
    assert proxy == []


@pytest.mark.parametrize(
    ("address", "is_ours"),
    [
        ("http://127.0.0.1:8188", True),
        ("https://127.8.9.1/x", True),
        ("http://localhost:1", True),
        ("http://comfy.localhost", True),
        ("http://[::1]:8188", True),
        ("http://10.0.0.1:8188", False),
        ("http://localhost.example", False),
    ],
)
def test_which_addresses_are_of_this_machine(address: str, is_ours: bool) -> None:
    assert is_loopback(address) == is_ours


def test_a_netrc_replaces_nothing(proxy: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine comfy.example login other password thing")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    ComfyUI("http://comfy.example", headers={"Authorization": "Bearer mine"}).health()
    ComfyUI("http://comfy.example").health()
    assert [line.partition(" ")[2] for line in proxy] == ["Bearer mine", "None"]


def test_no_cookie_is_kept() -> None:
    seen: list[str | None] = []

    class Baker(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Cookie"))
            self.send_response(200)
            self.send_header("Set-Cookie", "somebody=else")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base calls it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Baker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with session_for() as session:
            for _ in range(2):
                session.get(f"http://127.0.0.1:{server.server_port}", timeout=60)
    finally:
        server.shutdown()
        server.server_close()
    assert seen == [None, None]


def test_a_redirect_is_reported_and_not_followed() -> None:
    followed: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            followed.append(self.path)
            self.send_response(302)
            self.send_header("Location", "https://login.example/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base calls it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with pytest.raises(EngineUnreachable, match=r"redirects to https://login\.example/; use the final address"):
            ComfyUI(f"http://127.0.0.1:{server.server_port}").catalog()
    finally:
        server.shutdown()
        server.server_close()
    assert followed == ["/object_info"]


def test_a_server_that_is_not_there_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("ryla_graphs.engines.comfyui.client.time.sleep", pauses.append)
    with pytest.raises(EngineUnreachable, match=r"Connection refused$"):
        ComfyUI(NOWHERE).catalog()
    assert pauses == []


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("GET", "/view?filename=a%20b.png&subfolder=&type=output", None),
        ("POST", "/api/jobs/1/cancel", None),
        ("POST", "/prompt", {"prompt": {"1": {"class_type": "Ö", "inputs": {"x": 0.5}}}}),
    ],
)
def test_an_origin_sends_what_a_session_sends(method: str, path: str, content: object) -> None:
    seen: list[tuple[str, dict[str, str], bytes]] = []

    class Noting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length", "0"))
            seen.append((self.requestline, dict(self.headers), self.rfile.read(size)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - as the base looks for it

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base calls it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Noting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address, headers = f"http://127.0.0.1:{server.server_port}", {"Authorization": "Bearer mine"}
    origin = Origin(address, headers)
    for _ in range(2):
        assert origin.request(method, path, timeout=(10, 10), content=content).status_code == 200
    with session_for(headers) as session:
        session.request(method, address + path, json=content, timeout=60)
    origin.close()
    server.shutdown()
    server.server_close()
    assert seen[0] == seen[1] == seen[2]
