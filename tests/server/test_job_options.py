"""What a caller may ask for beside a graph: previews, a drawing, some of the outputs, another format, a drawn seed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ryla_graphs.engines import Engine
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.server import Settings, SqliteStore, create_app
from tests.server.clients import TestClient
from tests.server.scripted import Held, ScriptedEngine
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

    def start(self, *args: Any, **more: Any) -> Any:
        self.previews.append(more["previews"])
        return super().start(*args, **more)


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
        assert held.reached.wait(60)
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


def test_what_is_wrong_with_a_preset_is_reported_where_it_is_drawn(client: TestClient) -> None:
    assert client.post("/presets/no-such/graph", json={}).status_code == 404
    assert client.post("/presets/flux-dev/graph", json={"prompt": "x", "width": 1}).status_code == 422
    large = client.post("/presets/flux-dev/graph", json={"prompt": "x", "width": 8192, "height": 8192}).json()
    assert large["valid"] and not large["runs_here"] and large["drawing"]["links"]


def test_jobs_are_found_by_preset_label_and_time(client: TestClient) -> None:
    labelled = {"labels": {"campaign": "spring", "who": "a:b"}}
    first = client.post("/flux-dev", json=SMALL | labelled, headers=ASYNC).json()
    second = client.post("/workflow", json={"workflow": flux(), "labels": {"campaign": "spring"}}, headers=ASYNC).json()
    third = client.post("/flux-schnell", json=SMALL, headers=ASYNC).json()
    assert first["labels"] == labelled["labels"] and third["labels"] == {}

    def found(**query: Any) -> list[str]:
        return [job["id"] for job in client.get("/jobs", params=query).json()["jobs"]]

    assert found(preset="flux-dev") == [first["id"]]
    assert found(label="campaign:spring") == [second["id"], first["id"]]
    assert found(label=["campaign:spring", "who:a:b"]) == [first["id"]]
    assert found(label="campaign:autumn") == found(preset="flux-dev", label="campaign:") == []
    assert found(since=third["created_at"]) == [third["id"]]
    assert len(found(since="2020-01-01T00:00:00")) == 3 and found(since="2100-01-01T00:00:00Z") == []
    assert client.get("/jobs?label=nothing").status_code == client.get("/jobs?since=soon").status_code == 422
    theirs = client.get("/api/v2/jobs", params={"metadata[campaign]": "spring"}).json()["jobs"]
    assert [job["id"] for job in theirs] == [second["id"], first["id"]]


@pytest.mark.parametrize(
    "labels", [{"a": 1}, {"": "x"}, {"a" * 65: "x"}, {"a": "x" * 513}, dict.fromkeys("abcdefghijklmnopq", "")]
)
def test_labels_are_bounded(client: TestClient, labels: Any) -> None:
    answer = client.post("/flux-dev", json=SMALL | {"labels": labels})
    assert answer.status_code == 422 and answer.json()["error"]["problems"][0]["field"].startswith("labels")
    assert client.post("/api/v2/jobs", json={"workflow": flux(), "metadata": labels}).status_code == 422


def test_of_a_graph_only_the_outputs_that_are_asked_for_run(client: TestClient) -> None:
    graph = flux()
    [save] = [name for name, node in graph.items() if node["class_type"] == "SaveImage"]
    [decoded, slot] = graph[save]["inputs"]["images"]
    graph["small"] = {
        "class_type": "ImageScaleBy",
        "inputs": {"image": [decoded, slot], "upscale_method": "area", "scale_by": 0.5},
    }
    graph["other"] = {"class_type": "SaveImage", "inputs": {"images": ["small", 0], "filename_prefix": "small"}}
    body = {"workflow": graph, "outputs": [save]}
    job = client.post("/workflow", json=body, headers={"Accept": "application/json"}).json()
    assert [output["node"] for output in job["outputs"]] == [save]
    assert client.get(f"/api/v2/jobs/{job['id']}/workflow").json()["workflow"].keys() == graph.keys() - {
        "small",
        "other",
    }
    assert client.post("/workflow", json=body).headers["content-type"] == "image/png"
    for wrong in ([], ["small"], ["nothing", save]):
        error = client.post("/workflow", json=body | {"outputs": wrong}).json()["error"]
        assert (error["code"], error["problems"][0]["field"]) == ("invalid_parameters", "outputs")
        assert save in error["problems"][0]["hint"]


def test_pictures_come_in_the_format_and_size_that_is_asked_for(client: TestClient) -> None:
    def made(answer: Any) -> tuple[str, tuple[int, int]]:
        assert answer.status_code == 200
        with Image.open(io.BytesIO(answer.content)) as image:
            assert answer.headers["content-type"] == image.get_format_mimetype()
            return image.format or "", image.size

    answer = client.post("/flux-dev?format=webp&w=32", json=SMALL)
    assert made(answer) == ("WEBP", (32, 32))
    where = answer.headers["content-location"]
    assert made(client.get(where)) == ("PNG", (64, 64))
    assert made(client.get(f"{where}?w=16")) == ("PNG", (16, 16))
    assert made(client.get(f"{where}?w=4000&format=jpeg")) == ("JPEG", (64, 64))
    small, large = (client.get(f"{where}?format=jpeg&quality={quality}") for quality in (5, 95))
    assert len(small.content) < len(large.content) and small.headers["etag"] != large.headers["etag"]
    known = {"If-None-Match": small.headers["etag"]}
    assert client.get(f"{where}?format=jpeg&quality=5", headers=known).status_code == 304
    for wrong in ("w=0", "w=5000", "format=bmp", "quality=0"):
        assert client.get(f"{where}?{wrong}").status_code == 422


@pytest.mark.parametrize("seed", [2**64 - 1, str(2**64 - 1), "7", -1, "-1", "random"])
def test_a_seed_may_be_text_or_be_drawn(client: TestClient, seed: Any) -> None:
    answer = client.post("/flux-dev", json=SMALL | {"seed": seed}, headers=ASYNC)
    job = answer.json()
    drawn = seed in (-1, "-1", "random")
    assert answer.status_code == 202 and job["seed_text"] == str(job["seed"])
    assert 0 <= job["seed"] < 2**53 if drawn else job["seed"] == int(seed)
    assert job["parameters"]["seed"] == job["seed"]


@pytest.mark.parametrize("seed", [-2, 2**64, str(2**64), "many", "1.5", "0x1"])
def test_what_is_no_seed_is_refused(client: TestClient, seed: Any) -> None:
    error = client.post("/flux-dev", json=SMALL | {"seed": seed}).json()["error"]
    assert error["problems"][0]["parameter"] == "seed"


def test_the_seeds_of_a_graph_are_drawn_on_wish(client: TestClient) -> None:
    graph = flux(seed=7)
    [sampler] = [name for name, node in graph.items() if "seed" in node["inputs"]]
    graph["again"] = graph[sampler]
    graph["other"] = graph[sampler] | {"inputs": graph[sampler]["inputs"] | {"seed": "random"}}
    for node in ("again", "other"):
        save = {"class_type": "SaveLatent", "inputs": {"samples": [node, 0], "filename_prefix": node}}
        graph[f"save-{node}"] = save
    assert client.post("/workflow", json=graph).status_code == 422  # `random` is no seed to ComfyUI
    jobs = [client.post("/workflow?randomize=seed", json=graph, headers=ASYNC).json() for _ in range(2)]
    assert jobs[0]["seed"] != jobs[1]["seed"] and 7 not in (jobs[0]["seed"], jobs[1]["seed"])
    ran = client.get(f"/api/v2/jobs/{jobs[0]['id']}/workflow").json()["workflow"]
    seeds = [ran[node]["inputs"]["seed"] for node in (sampler, "again", "other")]
    assert seeds[0] == seeds[1] != seeds[2] and all(0 <= seed < 2**53 for seed in seeds)
    assert client.post("/workflow?randomize=all", json=graph).status_code == 422
