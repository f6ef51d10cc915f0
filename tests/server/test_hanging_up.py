"""A caller that hangs up cancels nothing, unless it said so."""

from __future__ import annotations

import http.client
import json
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import websocket

from ryla_graphs.server import Settings, create_app, threads
from ryla_graphs.server.jobs.worker import Cancellation
from tests.server.kept import kept
from tests.server.live import listening, until
from tests.server.scripted import Held, ScriptedEngine
from tests.server.test_contract import flux

pytestmark = pytest.mark.usefixtures("stores")


@pytest.mark.parametrize(("cancels", "watched_after"), [(False, 60.0), (True, 60.0), (True, 0.0)])
def test_hanging_up(tmp_path: Path, cancels: bool, watched_after: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it took long to take the job, so that the caller is watched already."""
    monkeypatch.setattr(threads, "_WATCHED_AFTER", watched_after)
    asked, want = threading.Event(), Cancellation.request

    def wanted(cancellation: Cancellation) -> None:
        want(cancellation)
        asked.set()

    monkeypatch.setattr(Cancellation, "request", wanted)
    held = Held()
    app = create_app(ScriptedEngine(held), kept(tmp_path), Settings())
    with listening(app) as address:
        host = urlsplit(address).netloc
        caller = http.client.HTTPConnection(host)
        headers = {"X-Cancel-On-Disconnect": "true"} if cancels else {}
        caller.request("POST", "/workflow", json.dumps(flux()), headers)
        assert held.reached.wait(60)
        caller.close()
        other = http.client.HTTPConnection(host)

        def job() -> dict[str, Any]:
            other.request("GET", "/jobs")
            (found,) = json.loads(other.getresponse().read())["jobs"]
            return dict(found)

        until(lambda: not cancels or job()["cancel_requested"] is True)
        assert not cancels or asked.wait(60)  # the engine is asked after the wish is kept
        held.go.set()
        until(lambda: job()["state"] != "running")
        assert job()["state"] == ("cancelled" if cancels else "succeeded")
        other.close()


def test_a_websocket_holds_a_stream_until_its_peer_is_gone(tmp_path: Path) -> None:
    """A job that says nothing for long does not hold what has no listener."""
    held = Held()
    app = create_app(ScriptedEngine(held), kept(tmp_path), Settings(streams=1))
    streams = app.state.deployment.streams
    with listening(app) as address, requests.Session() as session:
        answer = session.post(f"{address}/workflow", json=flux(), headers={"Prefer": "respond-async"}, timeout=60)
        events = f"{address}{answer.headers['location']}/events"
        assert held.reached.wait(60)
        for _ in range(3):
            socket = websocket.create_connection(events.replace("http", "ws"), timeout=60)
            socket.recv()
            assert streams["anonymous"] == 1
            assert session.get(events, timeout=60).json()["error"]["code"] == "too_many_streams"
            with pytest.raises(websocket.WebSocketBadStatusException):
                websocket.create_connection(events.replace("http", "ws"), timeout=60)
            socket.close()
            until(lambda: streams["anonymous"] == 0)
        held.go.set()
