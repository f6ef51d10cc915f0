"""Routes under a server: attempts in the job, the routes' own pages and numbers, and what survives a crash."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs.engines.router import Route, Router
from ryla_graphs.engines.runpod import RunPod
from ryla_graphs.problems import EngineUnreachable, RunLost, RunUncertain
from ryla_graphs.server import Settings, SqliteStore, create_app
from tests.engines.stand_ins import FakeRunPod, Faults, hosted
from tests.engines.stand_ins.runpod import KEY
from tests.engines.test_runpod import HASTY
from tests.routing.places import Place
from tests.server.clients import TestClient

PROMPT = {
    "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
}
JSON = {"Accept": "application/json"}


def serving(folder: Path, *routes: Route, **options: Any) -> TestClient:
    router = Router(routes, spread_seconds=0, **options)
    return TestClient(create_app(router, SqliteStore(folder), Settings(patience_seconds=1)))


def ran(client: TestClient, **headers: str) -> Any:
    return client.post("/workflow", json=PROMPT, headers={**JSON, **headers}).json()


def test_attempts_stand_in_the_job_and_the_fall_back_in_its_events(tmp_path: Path) -> None:
    pod, modal = Place("pod", lambda: RunLost("restarted")), Place("modal")
    routes = (Route("pod", pod, 1, usd_per_second=0.001), Route("modal", modal, 2, usd_per_second=0.01))
    with serving(tmp_path, *routes) as client:
        job = ran(client)
        assert [(row["route"], row["outcome"], row["maybe_charged"]) for row in job["attempts"]] == [
            ("pod", "lost", False),
            ("modal", "succeeded", False),
        ]
        assert job["metrics"]["route"] == "modal" and job["metrics"]["cost_usd"] == pytest.approx(0.005, abs=1e-3)
        assert job["attempt"] == 1, "for the server it is one run"
        events = client.get(f"/jobs/{job['id']}/events", headers=JSON).text
        assert '"route":"pod"' in events and "fall-back" in events
        assert client.get(f"/api/v2/jobs/{job['id']}").json()["status"] == "succeeded"
        assert "event: routed" not in client.get(f"/api/v2/jobs/{job['id']}/events").text
        routes_now = client.get("/routes").json()["routes"]
        assert [(row["name"], row["state"]) for row in routes_now] == [("pod", "closed"), ("modal", "closed")]
        numbers = client.get("/metrics").text
        assert 'ryla_route_runs_total{outcome="lost",route="pod"} 1.0' in numbers
        assert 'ryla_route_state{route="modal"} 0.0' in numbers


def test_draining_over_http(tmp_path: Path) -> None:
    pod, modal = Place("pod"), Place("modal")
    with serving(tmp_path, Route("pod", pod, 1), Route("modal", modal, 2)) as client:
        assert client.post("/routes/pod/drain").json()["draining"]
        assert ran(client)["attempts"][0]["route"] == "modal"
        assert not client.post("/routes/pod/drain", params={"on": "false"}).json()["draining"]
        assert ran(client)["attempts"][0]["route"] == "pod"
        assert client.post("/routes/none/drain").status_code == 404
        assert client.post("/routes/pod/hint", params={"run": "unknown"}).status_code == 204
    with TestClient(create_app(Place("only"), SqliteStore(tmp_path / "other"))) as client:
        assert client.get("/routes").json() == {"routes": [], "trouble": ""}
        assert client.post("/routes/only/drain").status_code == 404


def test_a_users_key_decides_the_arm(tmp_path: Path) -> None:
    routes = (Route("pod", Place("pod"), 1), Route("modal", Place("modal"), 2, share=5000))
    with serving(tmp_path, *routes) as client:
        arms = {}
        for user in ("ada", "bob", "eve", "joe", "kim", "lea"):
            first = ran(client, **{"X-Ryla-User": user})["attempts"][0]
            body = {"workflow": PROMPT, "userKey": user}
            again = client.post("/workflow", json=body, headers=JSON).json()["attempts"][0]
            assert first["arm"] == again["arm"] and first["experiment"] == "routes"
            assert first["route"] == (first["arm"] or "pod")
            arms[user] = first["arm"]
    assert set(arms.values()) == {None, "modal"}


def test_a_graph_that_no_route_can_run_is_refused_at_once_with_every_reason(tmp_path: Path) -> None:
    shown = {**PROMPT, "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}}
    with serving(tmp_path, Route("runpod", RunPod("abc", "k"))) as client:
        answer = client.post("/workflow", json=shown)
    assert answer.status_code == 422 and answer.json()["error"]["code"] == "cannot_run_here"
    assert "saved pictures" in answer.json()["error"]["problems"][0]["message"]


def test_a_price_bounds_all_attempts(tmp_path: Path) -> None:
    with serving(tmp_path, Route("dear", Place("dear"), usd_per_second=1), Route("cheap", Place("cheap"), 2)) as client:
        job = client.post("/workflow", json={"workflow": PROMPT, "maxCostUsd": 0.01}, headers=JSON).json()
        assert [row["route"] for row in job["attempts"]] == ["cheap"]


def test_no_route_takes_it_for_a_while(tmp_path: Path) -> None:
    pod = Place("pod", *[EngineUnreachable("refused")] * 2)
    with serving(tmp_path, Route("pod", pod)) as client:
        job = ran(client)
        assert job["state"] == "succeeded"
        assert [row["outcome"] for row in job["attempts"]] == ["unreachable", "unreachable", "succeeded"]


@pytest.mark.parametrize("written", ["nothing", "the hand-over", "the answer"])
def test_a_crash_between_acceptance_and_the_next_line(tmp_path: Path, written: str) -> None:
    """As after ``kill -9``: only what is in the store is left. Every second run is on record."""
    fake = FakeRunPod()
    with hosted(fake) as address:
        engine = RunPod("abc", KEY, base_url=f"{address}/v2", patience=HASTY)
        store = SqliteStore(tmp_path)
        with serving(tmp_path / "first", Route("runpod", engine)) as client:
            job_id = client.post("/workflow", json=PROMPT, headers={"Prefer": "respond-async"}).json()["id"]
            client.get(f"/jobs/{job_id}/events")
            done = next(iter(client.app.state.deployment.store.jobs()))  # type: ignore[attr-defined]
        from dataclasses import replace

        from ryla_graphs.answers.words import JobState

        (attempt,) = done.attempts
        open_ = {**attempt, "ended": None, "outcome": ""}
        rows = {"nothing": (), "the hand-over": ({**open_, "remote_id": None},), "the answer": (open_,)}[written]
        left = replace(done, state=JobState.RUNNING, ended_at=None, attempts=rows, error=None)
        store.add_job(left, [])
        store.close()
        before = sum(fake.executed.values())
        again = RunPod("abc", KEY, base_url=f"{address}/v2", patience=HASTY)
        with serving(tmp_path, Route("runpod", again)) as client:
            client.get(f"/jobs/{job_id}/events")
            job = client.get(f"/jobs/{job_id}").json()
    assert job["state"] == "succeeded"
    outcomes = [(row["outcome"], row["ran"]) for row in job["attempts"]]
    expected = {
        "nothing": (1, [("succeeded", True)]),
        "the hand-over": (1, [("uncertain", True), ("succeeded", True)]),
        "the answer": (0, [("succeeded", True)]),
    }
    assert (sum(fake.executed.values()) - before, outcomes) == expected[written]


def test_a_policy_of_once_leaves_an_unknown_outcome_as_it_is(tmp_path: Path) -> None:
    fake = FakeRunPod(faults=Faults(planned={"run": ["lost"]}))
    with hosted(fake) as address:
        engine = RunPod("abc", KEY, base_url=f"{address}/v2", patience=HASTY)
        modal = Place("modal")
        with serving(tmp_path, Route("runpod", engine, 1, policy="at-most-once"), Route("modal", modal, 2)) as client:
            answer = client.post("/workflow", json=PROMPT, headers=JSON)
            (job,) = client.get("/jobs").json()["jobs"]
    assert answer.status_code == 502 and answer.json()["error"]["code"] == "run_uncertain"
    assert [(row["outcome"], row["maybe_charged"]) for row in job["attempts"]] == [("uncertain", True)]
    assert not modal.started and RunUncertain.code == "run_uncertain"


def test_no_key_of_a_route_is_in_any_answer_log_or_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    key = "rpa_SECRETSECRETSECRET"
    answers: list[str] = []
    with hosted(FakeRunPod()) as address:
        engine = RunPod("abc", key, base_url=f"{address}/v2", patience=HASTY)
        with serving(tmp_path, Route("runpod", engine), Route("modal", Place("modal"), 2)) as client:
            answers.append(client.post("/workflow", json=PROMPT, headers=JSON).text)
            paths = ("/routes", "/ready", "/metrics", "/jobs", "/openapi.json")
            answers += [client.get(path).text for path in paths]
        answers += [repr(engine.service), repr(engine), caplog.text]
    assert "denies access" in answers[0]
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert all(key not in text for text in answers) and key.encode() not in files
