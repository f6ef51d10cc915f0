"""What every deployment does over HTTP, whatever engine and store it has."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

from fastapi.testclient import TestClient
from PIL import Image

from ryla_graphs import Workflow, presets
from ryla_graphs.nodes import ImageInvert, LoadImage, SaveImage


def flux(seed: int = 1, **more: Any) -> dict[str, Any]:
    parameters = {"prompt": "a red bicycle", "width": 64, "height": 64, "steps": 2, "seed": seed} | more
    return presets.get("flux-dev").build(parameters).compile().prompt


def picture(colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), colour).save(buffer, "PNG")
    return buffer.getvalue()


def inverted() -> dict[str, Any]:
    loaded = LoadImage(image="me.png").named("load").out.image
    return Workflow(SaveImage(images=ImageInvert(image=loaded).named("invert")).named("save")).compile().prompt


def test_one_picture_comes_back_as_itself(client: TestClient) -> None:
    answer = client.post("/workflow", json=flux(seed=7))
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/png"
    assert answer.headers["x-seed"] == "7" and answer.headers["x-job-id"]
    assert Image.open(io.BytesIO(answer.content)).size == (64, 64)
    assert client.get(answer.headers["content-location"]).content == answer.content


def test_a_graph_in_a_wrapper_with_its_files(client: TestClient) -> None:
    red = base64.b64encode(picture("red")).decode()
    for file in (red, f"data:image/png;base64,{red}"):
        answer = client.post("/workflow", json={"workflow": inverted(), "inputs": {"me.png": file}})
        assert answer.status_code == 200, answer.text
        assert Image.open(io.BytesIO(answer.content)).convert("RGB").getpixel((3, 3)) == (0, 255, 255)


def test_a_job_without_waiting(client: TestClient) -> None:
    answer = client.post("/workflow", json=flux(), headers={"Prefer": "respond-async"})
    assert answer.status_code == 202
    where = answer.headers["location"]
    frames = client.get(f"{where}/events").text
    assert "event: output" in frames and '"state":"succeeded"' in frames.rpartition("event: ")[2]
    job = client.get(where).json()
    assert job["state"] == "succeeded" and len(job["outputs"]) == 1
    assert client.get(job["outputs"][0]["url"]).headers["content-type"] == "image/png"


def test_a_key_gives_the_same_job(client: TestClient) -> None:
    first = client.post("/workflow", json=flux(), headers={"Idempotency-Key": "k"})
    again = client.post("/workflow", json=flux(), headers={"Idempotency-Key": "k"})
    assert again.headers["x-job-id"] == first.headers["x-job-id"] and again.content == first.content
    assert again.headers["idempotency-replayed"] == "true" and "idempotency-replayed" not in first.headers
    other = client.post("/workflow", json=flux(seed=2), headers={"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reuse")


def test_a_bad_graph_is_told_in_full(client: TestClient) -> None:
    graph = flux()
    graph["sampler"]["inputs"] |= {"steps": 0, "sampler_name": "eular"}
    answer = client.post("/workflow", json=graph)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "invalid_workflow"
    assert {(p["node"], p["class_type"], p["input"]) for p in error["problems"]} == {
        ("sampler", "KSampler", "steps"),
        ("sampler", "KSampler", "sampler_name"),
    }


def test_events_can_be_had_again(client: TestClient) -> None:
    where = client.post("/workflow", json=flux(), headers={"Prefer": "respond-async"}).headers["location"]
    frames = [frame for frame in client.get(f"{where}/events").text.split("\n\n") if frame.startswith("id: ")]
    third = frames[2].splitlines()[0].removeprefix("id: ")
    later = client.get(f"{where}/events", headers={"Last-Event-ID": third}).text.split("\n\n")
    assert [frame for frame in later if frame][-2:] == frames[-2:]
    with client.websocket_connect(f"{where}/events") as socket:
        told = json.loads(socket.receive_text())
    assert told["event"] == "status" and told["seq"] == 1
