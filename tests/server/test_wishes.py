"""What a caller may ask for beside a graph: previews, a drawing, some of the outputs, another format, a drawn seed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines import Engine, Inputs
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.server import Settings, SqliteStore, create_app
from tests.server.clients import TestClient
from tests.server.scripted import Held, ScriptedEngine, ScriptedRun
from tests.server.test_contract import flux

ASYNC = {"Prefer": "respond-async"}
SMALL = {"prompt": "a red bicycle", "width": 64, "height": 64, "steps": 2}


@contextmanager
def serving(folder: Path, engine: Engine, **settings: Any) -> Iterator[TestClient]:
    with TestClient(create_app(engine, SqliteStore(folder), Settings(**settings))) as client:
        yield client


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A client of an app over the simulator."""
    with serving(tmp_path, Simulator()) as client:
        yield client


class Watching(ScriptedEngine):
    """Remembers which runs were to have previews."""

    def __init__(self, *acts: Any) -> None:
        super().__init__(*acts)
        self.previews: list[bool] = []

    def start(  # type: ignore[override]
        self, workflow: CompiledWorkflow, inputs: Inputs | None = None, *, run_id: str | None = None, **more: Any
    ) -> ScriptedRun:
        self.previews.append(more["previews"])
        return super().start(workflow, inputs, run_id=run_id, **more)


def test_previews_are_there_for_whoever_prefers_them(tmp_path: Path) -> None:
    engine = Watching()
    with serving(tmp_path, engine) as client:
        answer = client.post("/workflow", json=flux(), headers={"Prefer": "respond-async, previews"})
        assert answer.headers["preference-applied"] == "respond-async, previews"
        assert client.post("/flux-dev", json=SMALL, headers={"Prefer": "previews"}).status_code == 200
        assert client.post("/flux-dev", json=SMALL).status_code == 200
    assert engine.previews == [True, True, False]


def test_previews_are_there_for_whoever_reads_along_before_the_run(tmp_path: Path) -> None:
    held = Held()
    engine = Watching(held)
    with serving(tmp_path, engine) as client:
        client.post("/workflow", json=flux(1), headers=ASYNC)
        assert held.reached.wait(20)
        where = client.post("/workflow", json=flux(2), headers=ASYNC).headers["location"]
        with client.websocket_connect(f"{where}/events") as socket:
            assert socket.receive_json()["data"]["state"] == "queued"
            held.go.set()
            while socket.receive_json()["data"].get("state") != "succeeded":
                pass
    assert engine.previews == [False, True]


def test_a_graph_is_drawn_and_judged_before_it_is_run(client: TestClient) -> None:
    found = client.post("/workflow/graph", json=flux()).json()
    assert found["prompt"] == flux() and found["valid"] and found["runs_here"] and found["plan"]
    assert {node["id"] for node in found["drawing"]["nodes"]} == flux().keys()
    assert all({"x", "y", "width", "height", "inputs", "outputs"} <= node.keys() for node in found["drawing"]["nodes"])
    assert client.get("/jobs").json() == {"jobs": []}


def test_a_graph_with_an_error_is_drawn_too(client: TestClient) -> None:
    wrong = flux()
    sampler = next(name for name, node in wrong.items() if node["class_type"] == "KSampler")
    wrong[sampler]["inputs"]["steps"] = "many"
    found = client.post("/workflow/graph", json=wrong).json()
    assert not found["valid"] and found["plan"] is None and len(found["drawing"]["nodes"]) == len(wrong)
    assert sampler in [problem.get("node") for problem in found["problems"]]


@pytest.mark.parametrize("picture", [None, "data:image/png;base64,AAAA", "mine.png"])
def test_a_preset_is_drawn_without_its_files(client: TestClient, picture: str | None) -> None:
    given = {"prompt": "a face"} | ({"referenceImage": picture} if picture else {})
    answer = client.post("/presets/flux-instantid/graph", json=given)
    found = answer.json()
    assert answer.status_code == 200 and found["valid"] and found["parameters"]["seed"] >= 0
    [load] = [node for node in found["prompt"].values() if node["class_type"] == "LoadImage"]
    assert load["inputs"]["image"] == ("mine.png" if picture == "mine.png" else "referenceImage.png")


def test_what_is_wrong_with_a_preset_is_told_where_it_is_drawn(client: TestClient) -> None:
    assert client.post("/presets/no-such/graph", json={}).status_code == 404
    assert client.post("/presets/flux-dev/graph", json={"prompt": "x", "width": 1}).status_code == 422
    large = client.post("/presets/flux-dev/graph", json={"prompt": "x", "width": 8192, "height": 8192}).json()
    assert large["valid"] and not large["runs_here"] and large["drawing"]["links"]
