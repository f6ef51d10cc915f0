"""No owner fills the threads, and nothing is done for callers who are gone."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ryla_graphs.server import Settings, SqliteStore, create_app, threads
from ryla_graphs.server.threads import CALLER, SHARE, Caller, CallerGone, checkpoint, in_thread
from tests.server.clients import TestClient
from tests.server.live import listening, until
from tests.server.scripted import ScriptedEngine
from tests.server.test_contract import flux


async def as_owner(owner: str, work: Callable[[], Any], gone: threading.Event | None = None) -> Any:
    CALLER.set(Caller(owner, gone or threading.Event(), lambda: None))
    return await in_thread(work)


def test_no_owner_has_more_threads_than_a_share() -> None:
    go, lock, busy, most = threading.Event(), threading.Lock(), 0, 0

    def work() -> None:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        assert go.wait(60)
        with lock:
            busy -= 1

    async def story() -> None:
        greedy = [asyncio.ensure_future(as_owner("greedy", work)) for _ in range(100)]
        while busy < SHARE:
            await asyncio.sleep(0.001)
        # Before the first hundred are done, everybody else is served.
        assert await asyncio.gather(*(as_owner(f"owner {n}", lambda: "served") for n in range(20))) == ["served"] * 20
        go.set()
        await asyncio.gather(*greedy)

    asyncio.run(story())
    assert (most, busy) == (SHARE, 0)


def test_what_waits_for_a_caller_who_is_gone_is_not_begun() -> None:
    go, gone, begun = threading.Event(), threading.Event(), []

    async def story() -> None:
        first = [asyncio.ensure_future(as_owner("me", lambda: go.wait(60))) for _ in range(SHARE)]
        await asyncio.sleep(0)
        late = asyncio.ensure_future(as_owner("me", lambda: begun.append(1), gone))
        await asyncio.sleep(0)
        gone.set()
        go.set()
        await asyncio.gather(*first)
        with pytest.raises(CallerGone):
            await late

    asyncio.run(story())
    assert not begun


@pytest.mark.parametrize("path", ["/workflow", "/flux-dev", "/api/v2/jobs", "/validate"])
def test_work_ends_at_its_next_step_when_the_caller_hangs_up(path: str, tmp_path: Path) -> None:
    app = create_app(ScriptedEngine(), SqliteStore(tmp_path), Settings())
    deployment = app.state.deployment
    reached, left = threading.Event(), threading.Event()

    def work(*_: Any) -> None:
        reached.set()
        try:
            while True:
                checkpoint()
                threading.Event().wait(0.005)
        except CallerGone:
            left.set()
            raise

    for name in ("workflow", "preset", "judge"):
        setattr(deployment.submissions, name, work)
    body = {"/flux-dev": {"prompt": "x"}, "/api/v2/jobs": {"workflow": flux()}}.get(path, flux())
    with listening(app) as address:
        caller = http.client.HTTPConnection(urlsplit(address).netloc)
        caller.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        assert reached.wait(60)
        caller.close()
        assert left.wait(60)
        other = http.client.HTTPConnection(urlsplit(address).netloc)
        other.request("GET", "/jobs")
        assert other.getresponse().status == 200
        other.close()


def test_the_work_of_a_request_ends_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "WORK_SECONDS", -1.0)
    with TestClient(create_app(ScriptedEngine(), SqliteStore(tmp_path), Settings())) as client:
        for path in ("/workflow", "/api/v2/jobs", "/validate"):
            answer = client.post(path, json={"workflow": flux()})
            assert (answer.status_code, answer.json()["error"]["code"]) == (408, "request_timeout"), path
        monkeypatch.undo()
        assert client.post("/workflow", json=flux()).status_code == 200
        assert len(client.get("/jobs").json()["jobs"]) == 1


def test_a_caller_who_waits_for_a_job_is_not_missed(tmp_path: Path) -> None:
    """What was read ahead to see whether the caller is there is not lost to the one who listens for the end."""
    from tests.server.scripted import Held

    held = Held()
    with listening(create_app(ScriptedEngine(held), SqliteStore(tmp_path), Settings())) as address:
        caller = http.client.HTTPConnection(urlsplit(address).netloc)
        headers = {"Content-Type": "application/json", "X-Cancel-On-Disconnect": "true"}
        caller.request("POST", "/workflow", json.dumps(flux()), headers)
        assert held.reached.wait(60)
        caller.close()
        other = http.client.HTTPConnection(urlsplit(address).netloc)

        def wanted() -> bool:
            other.request("GET", "/jobs")
            return bool(json.loads(other.getresponse().read())["jobs"][0]["cancel_requested"])

        until(wanted)
        held.go.set()
        other.close()
