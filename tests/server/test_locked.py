"""A server whose engine has the classes of a lock: what is outside it is refused at submit, by the pack's name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ryla_graphs import Workflow, presets
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.lockfile import Asked, Lock, catalog_of, lock_of
from ryla_graphs.nodes import EmptyImage, SaveImage
from ryla_graphs.server import Settings, SqliteStore, create_app
from tests.server.clients import TestClient

NAME = "sdxl-instantid"


def locked() -> Lock:
    return lock_of(Asked(targets=(NAME,)), {NAME: presets.get(NAME).build(presets.get(NAME).example).compile()})


class LockedSimulator(Simulator):
    """The simulator with the classes of a lock."""

    def catalog(self) -> Catalog:
        return catalog_of(locked())


@pytest.fixture
def engine() -> LockedSimulator:
    return LockedSimulator()


@pytest.fixture
def client(engine: LockedSimulator, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(engine, SqliteStore(tmp_path), Settings())) as client:
        yield client


def test_a_class_outside_the_lock_is_a_422_that_names_the_pack(
    client: TestClient, engine: LockedSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "start", pytest.fail)  # nothing of it may reach the engine
    preset = presets.get("flux-pulid")
    graph = preset.build(preset.example).compile().prompt
    answer = client.post("/workflow", json=graph)
    assert answer.status_code == 422
    problems = {row["class_type"]: row for row in answer.json()["error"]["problems"]}
    assert problems["PulidFluxModelLoader"]["code"] == "missing_node_type"
    assert problems["PulidFluxModelLoader"]["hint"] == (
        "`PulidFluxModelLoader` is in the pack lldacing/ComfyUI_PuLID_Flux_ll, which the lock of this deployment "
        "lacks: `ryla-graphs lock --pack lldacing/ComfyUI_PuLID_Flux_ll`, then deploy again"
    )


def test_so_is_a_preset_that_is_not_in_the_lock(client: TestClient) -> None:
    answer = client.post("/flux-pulid", json=dict(presets.get("flux-pulid").example))
    assert answer.status_code == 422, answer.text
    assert "--pack lldacing/ComfyUI_PuLID_Flux_ll" in answer.text


def test_what_is_unknown_gets_the_nearest_name(client: TestClient) -> None:
    answer = client.post("/workflow", json={"1": {"class_type": "SaveImagee", "inputs": {}}})
    assert answer.status_code == 422 and "SaveImage" in answer.json()["error"]["problems"][0]["hint"]


def test_what_is_in_the_lock_runs(client: TestClient) -> None:
    graph = Workflow(SaveImage(images=EmptyImage(width=64, height=64))).compile().prompt
    assert client.post("/workflow", json=graph).status_code in (200, 202)
