"""Jobs end in the truth, whatever the engine, the caller or a restart does in between."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs.engines import Artifact
from ryla_graphs.engines.events import Cached, Event, Finished, NodeStarted, OutputReady, Progress
from ryla_graphs.problems import EngineError, EngineUnreachable, ExecutionFailed, OutOfMemory, OutputMissing, RunLost
from ryla_graphs.server import Settings, create_app
from ryla_graphs.server.jobs import worker
from ryla_graphs.server.records import Job, JobEvent
from tests.server.clients import TestClient
from tests.server.kept import kept
from tests.server.scripted import Act, Held, ScriptedEngine, ending
from tests.server.test_contract import flux, inverted, picture

ASYNC = {"Prefer": "respond-async"}

pytestmark = pytest.mark.usefixtures("stores")


@contextmanager
def served(folder: Path, engine: ScriptedEngine, sinks: tuple[Any, ...] = (), **settings: Any) -> Iterator[TestClient]:
    with TestClient(create_app(engine, kept(folder), Settings(**settings), sinks=sinks)) as client:
        yield client


def ended(client: TestClient, where: str) -> dict[str, Any]:
    """The job, as soon as it has ended: its events end then."""
    client.get(f"{where}/events")
    found: dict[str, Any] = client.get(where).json()
    return found


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PAUSE_SECONDS", (0.01, 0.05))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (
            ExecutionFailed("KSampler 'sampler' failed: no [/srv/x/flux.py:3]", node="sampler", class_type="KSampler"),
            500,
        ),
        (OutOfMemory("CUDA out of memory", node="sampler", class_type="KSampler"), 500),
        (OutputMissing("SaveImage 'save' promised 1 image", node="save", class_type="SaveImage"), 500),
        (EngineError("odd"), 500),
    ],
    ids=lambda value: value.code if isinstance(value, EngineError) else value,
)
def test_a_run_that_fails(tmp_path: Path, error: EngineError, status: int) -> None:
    with served(tmp_path, ScriptedEngine(ending(error))) as client:
        answer = client.post("/workflow", json=flux())
        assert answer.status_code == status
        reported = answer.json()["error"]
        assert (reported["code"], reported.get("node")) == (error.code, error.node)
        assert "/srv" not in answer.text
        job = client.get(f"/jobs/{answer.headers['x-job-id']}").json()
        assert job["state"] == "failed" and job["error"] == reported


def without_outputs(events: Iterator[Event]) -> Iterator[Event]:
    for event in events:
        if isinstance(event, Finished):
            yield Finished(event.run, event.seconds, ())
        elif not isinstance(event, OutputReady):
            yield event


def test_success_is_never_reported_with_an_output_missing(tmp_path: Path) -> None:
    with served(tmp_path, ScriptedEngine(without_outputs)) as client:
        answer = client.post("/workflow", json=flux())
        assert (answer.status_code, answer.json()["error"]["code"]) == (500, "output_missing")


def no_end(events: Iterator[Event]) -> Iterator[Event]:
    yield next(events)


def test_an_engine_that_tells_no_end(tmp_path: Path) -> None:
    with served(tmp_path, ScriptedEngine(no_end)) as client:
        assert client.post("/workflow", json=flux()).json()["error"]["code"] == "engine_error"


def broken(events: Iterator[Event]) -> Iterator[Event]:
    yield next(events)
    raise ZeroDivisionError("/secret/path")


def test_a_fault_of_ours_fails_the_job_and_not_the_worker(tmp_path: Path) -> None:
    with served(tmp_path, ScriptedEngine(broken)) as client:
        answer = client.post("/workflow", json=flux())
        assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
        assert "secret" not in answer.text and "Zero" not in answer.text
        assert client.post("/workflow", json=flux()).status_code == 200


class HeldWithOutput(Held):
    """The act that waits after an output and one more event."""

    def __call__(self, events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            yield event
            if isinstance(event, OutputReady):
                yield Progress(event.run, event.artifact.node, 1, 2)
                self.reached.set()
                assert self.go.wait(60)


def test_an_output_is_there_while_its_run_goes_on(tmp_path: Path) -> None:
    held = HeldWithOutput()
    with served(tmp_path, ScriptedEngine(held)) as client:
        where = client.post("/workflow", json=flux(), headers=ASYNC).headers["location"]
        assert held.reached.wait(60)
        job = client.get(where).json()
        held.go.set()
        assert job["state"] == "running" and len(job["outputs"]) == 1
        assert client.get(job["outputs"][0]["url"]).status_code == 200
        assert ended(client, where)["outputs"] == job["outputs"]


def partly_cached(events: Iterator[Event]) -> Iterator[Event]:
    """What an engine tells that has the first two nodes already."""
    known: list[str] = []
    for event in events:
        if isinstance(event, NodeStarted) and len(known) < 2:
            known.append(event.node)
            if len(known) == 2:
                yield Cached(event.run, tuple(known))
        else:
            yield event


def test_progress_names_the_nodes_that_are_done_and_those_that_are_cached(tmp_path: Path) -> None:
    held = Held()
    with served(tmp_path, ScriptedEngine(lambda events: held(partly_cached(events)))) as client:
        where = client.post("/workflow", json=flux(), headers=ASYNC).headers["location"]
        assert held.reached.wait(60)
        now = client.get(where).json()["progress"]
        assert now["done"] == [] and len(now["cached"]) == now["nodes_done"] == 2
        assert now["node"] in flux() and now["node"] not in now["cached"]
        held.go.set()
        ended(client, where)
        reported = client.get(f"{where}/events").text.splitlines()
        last = [json.loads(line[6:]) for line in reported if '"done"' in line][-1]
        assert last["value"] == 1 and last["node"] is None
        assert {*last["done"], *last["cached"]} == flux().keys()


def oddly_named(events: Iterator[Event]) -> Iterator[Event]:
    def renamed(artifact: Artifact) -> Artifact:
        return replace(artifact, filename="sub\\half \ud83d.png")

    for event in events:
        if isinstance(event, OutputReady):
            yield replace(event, artifact=renamed(event.artifact))
        elif isinstance(event, Finished):
            yield replace(event, outputs=tuple(map(renamed, event.outputs)))
        else:
            yield event


def test_a_file_name_with_half_a_character_is_kept_without_it(tmp_path: Path) -> None:
    with served(tmp_path, ScriptedEngine(oddly_named)) as client:
        job = client.post("/workflow", json=flux(), headers={"Accept": "application/json"}).json()
        assert job["outputs"][0]["name"] == "half ?.png"
        assert client.get(job["outputs"][0]["url"]).status_code == 200


def broken_after_output(events: Iterator[Event]) -> Iterator[Event]:
    for event in events:
        yield event
        if isinstance(event, OutputReady):
            raise ZeroDivisionError


def test_an_output_of_a_run_that_breaks_right_after_it_is_kept(tmp_path: Path) -> None:
    with served(tmp_path, ScriptedEngine(broken_after_output)) as client:
        job = ended(client, client.post("/workflow", json=flux(), headers=ASYNC).headers["location"])
        assert job["state"] == "failed" and len(job["outputs"]) == 1


def test_the_first_steps_are_one_transaction_and_the_last_output_and_the_end_another(tmp_path: Path) -> None:
    store = kept(tmp_path)
    seen: list[tuple[str, Job | None]] = []

    class Look:
        def on_event(self, job: Job, event: JobEvent) -> None:
            if event.kind in ("output", "status"):
                seen.append((event.kind, store.job(job.id)))

    with TestClient(create_app(ScriptedEngine(), store, Settings(), sinks=[Look()])) as client:
        assert client.post("/workflow", json=flux()).status_code == 200
    reported = [(kind, job and job.state) for kind, job in seen]
    # Of a run as short as this, the start is stored with the end.
    assert reported == [("status", "queued"), ("status", "queued"), ("output", "succeeded"), ("status", "succeeded")]


def test_a_run_that_is_lost_is_run_once_more(tmp_path: Path) -> None:
    engine = ScriptedEngine(ending(RunLost("gone"), after=12))
    with served(tmp_path, engine) as client:
        answer = client.post("/workflow", json=flux(), headers={"Accept": "application/json"})
        assert answer.json()["state"] == "succeeded" and answer.json()["attempt"] == 2
        assert len(answer.json()["outputs"]) == 1
        assert [call for call, _ in engine.calls] == ["start", "start"] and len({run for _, run in engine.calls}) == 2


def test_a_run_that_is_lost_again_fails(tmp_path: Path) -> None:
    with served(tmp_path, ScriptedEngine(*[ending(RunLost("gone"))] * 2)) as client:
        answer = client.post("/workflow", json=flux())
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "run_lost")
        assert answer.headers["retry-after"]


def test_an_engine_that_is_away_for_a_while(tmp_path: Path) -> None:
    away = EngineUnreachable("nothing answers")
    engine = ScriptedEngine(away, away, ending(away, after=5), away)
    with served(tmp_path, engine) as client:
        assert client.post("/workflow", json=flux()).status_code == 200
    assert [call for call, _ in engine.calls] == ["start"] * 3 + ["resume"] * 2
    assert len({run for _, run in engine.calls}) == 1, "it is one run, whose id was written before the engine heard it"


def test_an_engine_that_stays_away(tmp_path: Path) -> None:
    with served(tmp_path, ScriptedEngine(*[EngineUnreachable("nothing answers")] * 50), patience_seconds=0.1) as client:
        answer = client.post("/workflow", json=flux())
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "engine_unreachable")


def test_ready_tells_of_the_engine(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    with served(tmp_path, engine) as client:
        assert client.get("/ready").status_code == 200
        engine.well = False
        answer = client.get("/ready")
        assert answer.status_code == 503 and answer.json()["reason"] == "the GPU is on fire"


def test_the_queue_is_bounded_and_cancelling_makes_room(tmp_path: Path) -> None:
    held = Held()
    with served(tmp_path, ScriptedEngine(held), queue_limit=2) as client:
        first = client.post("/workflow", json=flux(), headers=ASYNC).headers["location"]
        assert held.reached.wait(60)
        waiting = [client.post("/workflow", json=flux(), headers=ASYNC).headers["location"] for _ in range(2)]
        assert [client.get(where).json()["position"] for where in (first, *waiting)] == [None, 0, 1]
        full = client.post("/workflow", json=flux())
        assert (full.status_code, full.json()["error"]["code"]) == (429, "queue_full")
        assert int(full.headers["retry-after"]) >= 1 and client.get("/ready").status_code == 503
        cancelled = client.delete(waiting[0])
        assert cancelled.status_code == 200 and cancelled.json()["state"] == "cancelled"
        assert client.get(waiting[1]).json()["position"] == 0
        assert client.post("/workflow", json=flux(), headers=ASYNC).status_code == 202
        held.go.set()
        assert ended(client, first)["state"] == "succeeded"


def test_cancelling_a_run(tmp_path: Path) -> None:
    held = Held()
    with served(tmp_path, ScriptedEngine(held)) as client:
        where = client.post("/workflow", json=flux(), headers=ASYNC).headers["location"]
        assert held.reached.wait(60)
        answer = client.delete(where)
        assert answer.status_code == 202 and answer.json()["cancel_requested"]
        held.go.set()
        assert ended(client, where)["state"] == "cancelled"
        again = client.delete(where)
        assert again.status_code == 200 and again.json()["state"] == "cancelled"
        replayed = client.post("/workflow", json=flux(), headers={"Idempotency-Key": "k", **ASYNC})
        assert replayed.status_code == 202


def test_a_run_that_was_faster_than_its_cancelling_has_succeeded(tmp_path: Path) -> None:
    held = Held()

    def deaf(events: Iterator[Event]) -> Iterator[Event]:
        yield from list(held(events))

    engine = ScriptedEngine(deaf)
    with served(tmp_path, engine) as client:
        where = client.post("/workflow", json=flux(), headers=ASYNC).headers["location"]
        assert held.reached.wait(60)
        held.go.set()
        client.delete(where)
        assert ended(client, where)["state"] in ("succeeded", "cancelled")


def test_many_requests_with_one_key_are_one_job(tmp_path: Path) -> None:
    with served(tmp_path, ScriptedEngine(slots=4)) as client, ThreadPoolExecutor(8) as pool:
        posts = [
            pool.submit(client.post, "/workflow", json=flux(), headers={"Idempotency-Key": "k"}) for _ in range(16)
        ]
        answers = [post.result() for post in posts]
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.headers["x-job-id"] for answer in answers}) == 1
        assert len({answer.content for answer in answers}) == 1
        assert len(client.get("/jobs").json()["jobs"]) == 1


def test_waiting_for_a_while(tmp_path: Path) -> None:
    held = Held()
    with served(tmp_path, ScriptedEngine(held), wait_seconds=0.2) as client:
        first = client.post("/workflow", json=flux(), headers={"Idempotency-Key": "k"})
        assert first.status_code == 202 and held.reached.wait(60)
        late = client.post("/workflow", json=flux(), headers={"Idempotency-Key": "k"})
        assert (late.status_code, late.json()["state"]) == (202, "running")
        assert late.headers["location"] == first.headers["location"]
        assert "preference-applied" not in late.headers
        soon = client.post("/workflow", json=flux(), headers={"Idempotency-Key": "k", "Prefer": "wait=0"})
        assert soon.status_code == 202 and soon.headers["location"] == late.headers["location"]
        held.go.set()
        assert ended(client, late.headers["location"])["state"] == "succeeded"


class Broken:
    """A sink that always fails."""

    def on_event(self, job: Job, event: JobEvent) -> None:
        raise RuntimeError("the webhook is down")


def test_a_sink_that_fails_never_touches_the_job(tmp_path: Path) -> None:
    with served(tmp_path, ScriptedEngine(), (Broken(),)) as client:
        assert client.post("/workflow", json=flux()).status_code == 200


def restarts(tmp_path: Path, engine: ScriptedEngine, held: Held) -> tuple[str, str, str]:
    """A server that stops while one job runs and another waits; gives where they are, and the run's id."""
    body = {
        "workflow": inverted(),
        "inputs": {"me.png": "data:image/png;base64," + base64.b64encode(picture()).decode()},
    }
    with served(tmp_path, engine) as client:
        running = client.post("/workflow", json=body, headers=ASYNC | {"Idempotency-Key": "k"}).headers["location"]
        assert held.reached.wait(60)
        waiting = client.post("/flux-dev", json={"prompt": "x", "width": 64, "height": 64}, headers=ASYNC)
        threading.Timer(0.1, held.go.set).start()
    return running, waiting.headers["location"], engine.calls[0][1]


def broken_off(held: Held) -> Act:
    def act(events: Iterator[Event]) -> Iterator[Event]:
        for event in held(events):
            if held.go.is_set():
                raise EngineUnreachable("the server stops, and so do its connections")
            yield event

    return act


def test_after_a_restart_a_run_that_the_engine_has_is_resumed(tmp_path: Path) -> None:
    held = Held()
    engine = ScriptedEngine(broken_off(held))
    running, waiting, run_id = restarts(tmp_path, engine, held)
    with served(tmp_path, engine) as client:
        assert ended(client, running)["state"] == ended(client, waiting)["state"] == "succeeded"
        assert engine.calls[1] == ("resume", run_id)
        assert client.get(running).json()["attempt"] == 1


def test_after_a_restart_a_run_that_the_engine_lost_is_run_again(tmp_path: Path) -> None:
    held = Held()
    running, waiting, run_id = restarts(tmp_path, ScriptedEngine(broken_off(held)), held)
    engine = ScriptedEngine()
    with served(tmp_path, engine) as client:
        assert ended(client, running)["state"] == ended(client, waiting)["state"] == "succeeded"
        assert engine.calls[0] == ("resume", run_id) and engine.calls[1][0] == "start"
        job = client.get(running).json()
        assert job["attempt"] == 2 and len(job["outputs"]) == 1
        (output,) = job["outputs"]
        assert client.get(output["url"]).content.startswith(b"\x89PNG")
