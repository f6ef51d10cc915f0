"""A real browser shows a page of somebody else, which tries to use a server on the same machine."""

from __future__ import annotations

import http.server
import json
import shutil
import subprocess
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.server import SqliteStore, create_app
from tests.server.live import listening
from tests.server.test_contract import flux

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")

PAGE = """<!doctype html><body><img src="/hold"><iframe name="away"></iframe>
<form id="form" method="post" enctype="text/plain" target="away" action="%(server)s/workflow">
<input name='{"workflow": %(graph)s, "x": "' value='"}'></form>
<script>
const body = JSON.stringify({workflow: %(graph)s});
const tries = {
  plain: () => fetch("%(server)s/workflow", {method: "POST", mode: "no-cors", body}),
  blob: () => fetch("%(server)s/workflow", {method: "POST", mode: "no-cors", body: new Blob([body])}),
  json: () => fetch("%(server)s/workflow", {method: "POST", headers: {"Content-Type": "application/json"}, body}),
  read: () => fetch("%(server)s/jobs").then(answer => answer.text()),
  socket: () => new Promise((open, closed) => {
    const socket = new WebSocket("%(socket)s/jobs/%(job)s/events");
    socket.onopen = open; socket.onerror = closed;
  }),
};
(async () => {
  document.getElementById("form").submit();
  const results = [];
  for (const [name, attempt] of Object.entries(tries)) {
    let got = "failed";
    try { const answer = await attempt(); got = typeof answer == "string" ? "read" : answer?.type ?? "open"; } catch {}
    results.push(`${name}=${got}`);
  }
  await fetch("/done?" + results.join("&"));
})();
</script>"""


class Somebody(http.server.ThreadingHTTPServer):
    """Serves a page, and hears from it how its attempts ended; until then the page is not loaded."""

    def __init__(self, text: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.text = text
        self.done = threading.Event()
        self.results: dict[str, str] = {}

    @property
    def address(self) -> str:
        return f"http://somebody.example:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Somebody)
        path, _, query = self.path.partition("?")
        if path == "/hold":
            self.server.done.wait(200)
        elif path == "/done":
            self.server.results = dict(urllib.parse.parse_qsl(query))
            self.server.done.set()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.server.text.encode() if path == "/" else b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class names it
        pass


@contextmanager
def somebody(text: str) -> Iterator[Somebody]:
    server = Somebody(text)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def shown(url: str, profile: Path) -> str:
    """What the browser shows of a page when it is loaded; every `.example` leads to this machine."""
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--no-proxy-server"]
    command = [str(CHROMIUM), *options, "--host-resolver-rules=MAP *.example 127.0.0.1", "--dump-dom", url]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False).stdout


def test_a_page_can_neither_run_nor_read_nor_listen(tmp_path: Path) -> None:
    with listening(create_app(Simulator(), SqliteStore(tmp_path / "data"))) as server:
        job = requests.post(f"{server}/workflow", json=flux(), timeout=60).headers["x-job-id"]
        facts = {"server": server, "socket": server.replace("http", "ws"), "graph": json.dumps(flux()), "job": job}
        with somebody(PAGE % facts) as page:
            shown(page.address, tmp_path / "profile")
        jobs = requests.get(f"{server}/jobs", timeout=60).json()["jobs"]
    # What is sent in the mode `no-cors` tells the page nothing, however it ends.
    unseen = {"plain": "opaque", "blob": "opaque"}
    assert page.results == {**unseen, "json": "failed", "read": "failed", "socket": "failed"}
    assert [each["id"] for each in jobs] == [job]


def test_a_name_that_was_rebound_shows_nothing(tmp_path: Path) -> None:
    with listening(create_app(Simulator(), SqliteStore(tmp_path / "data"))) as server:
        port = server.rpartition(":")[2]
        dom = shown(f"http://rebound.example:{port}/jobs", tmp_path / "profile")
        assert "host_refused" in dom
        assert "jobs" in shown(f"http://localhost:{port}/jobs", tmp_path / "profile")
