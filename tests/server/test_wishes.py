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
