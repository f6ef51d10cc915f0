"""What every deployment does over HTTP, whatever engine and store it has."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

from PIL import Image

from ryla_graphs import Workflow, presets
from ryla_graphs.nodes import ImageInvert, LoadImage, SaveImage
from tests.server.clients import TestClient


def flux(seed: int = 1, **more: Any) -> dict[str, Any]:
    parameters = {"prompt": "a red bicycle", "width": 64, "height": 64, "steps": 2, "seed": seed} | more
    prompt: dict[str, Any] = json.loads(presets.get("flux-dev").build(parameters).compile().json())
    return prompt


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


def test_a_bad_graph_is_reported_in_full(client: TestClient) -> None:
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
        reported = json.loads(socket.receive_text())
    assert reported["event"] == "status" and reported["seq"] == 1


def test_a_preset_by_its_name(client: TestClient) -> None:
    body = {"prompt": "a red bicycle", "negativePrompt": "", "width": 64, "height": 64, "steps": 1, "seed": 5}
    answer = client.post("/flux-dev", json=body)
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/png"
    assert answer.headers["x-seed"] == "5"
    bad = client.post("/flux-dev", json=body | {"widht": 64})
    assert bad.status_code == 422 and bad.json()["error"]["code"] == "invalid_parameters"
    assert "width" in bad.json()["error"]["problems"][0]["hint"]


def test_a_picture_among_the_parameters(client: TestClient) -> None:
    body = {"prompt": "https://example.com/" + "a" * 60, "width": 64, "height": 64, "steps": 1, "refineSteps": 1}
    url = "data:image/png;base64," + base64.b64encode(picture()).decode()
    answer = client.post("/flux-instantid", json=body | {"referenceImage": url}, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    parameters = answer.json()["parameters"]
    assert parameters["prompt"] == body["prompt"] and parameters["referenceImage"].endswith(".png")
    missing = client.post("/flux-instantid", json=body | {"referenceImage": "me.png"})
    assert missing.status_code == 422 and missing.json()["error"]["problems"][0]["code"] == "input_not_given"


def test_formats_by_accept(client: TestClient) -> None:
    for accept, kind in [("image/webp", "WEBP"), ("image/jpeg, image/png;q=0.5", "JPEG"), ("*/*", "PNG")]:
        answer = client.post("/workflow?quality=50", json=flux(), headers={"Accept": accept})
        assert Image.open(io.BytesIO(answer.content)).format == kind
    answer = client.post("/workflow?outputs=base64", json=flux())
    (output,) = answer.json()["outputs"]
    assert base64.b64decode(output["base64"]) == client.get(output["url"]).content


def test_what_there_is(client: TestClient) -> None:
    assert {preset["name"] for preset in client.get("/presets").json()["presets"]} == set(presets.NAMES)
    assert "prompt" in client.get("/presets/flux-dev").json()["parameters"]["properties"]
    assert "KSampler" in client.get("/nodes?q=ksam").json()["nodes"]
    assert client.get("/nodes/KSampler").json()["KSampler"]["output"] == ["LATENT"]
    assert client.get("/health").json()["status"] == "ok" and client.get("/ready").status_code == 200
    client.post("/workflow", json=flux())
    assert 'ryla_jobs_total{preset="workflow",state="succeeded"} 1.0' in client.get("/metrics").text
    assert client.get("/docs").status_code == 200
    for name in ("/nodes/KSampleer", "/presets/flux-def"):
        assert "did you mean" in client.get(name).json()["error"]["message"]


def test_nulls_are_as_if_left_out(client: TestClient) -> None:
    nothing = {"webhook_url": None, "gpu": None, "max_cost_usd": None}
    assert client.post("/workflow", json={"workflow": flux(), **nothing}).status_code == 200
    body = {"prompt": "x", "width": 64, "height": 64, "steps": 1, "webhookUrl": None, "gpu": None, "maxCostUsd": None}
    assert client.post("/flux-dev", json=body).status_code == 200


def test_a_picture_too_long_for_webp_comes_as_it_is(client: TestClient) -> None:
    graph = {"1": {"class_type": "EmptyImage", "inputs": {"width": 16384, "height": 1, "batch_size": 1, "color": 0}}}
    graph["2"] = {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}
    answer = client.post("/workflow", json=graph, headers={"Accept": "image/webp"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert "Accept" in answer.headers["vary"] and answer.headers["x-simulated"] == "true"


def test_an_empty_key_and_a_number_beyond_all_are_reported(client: TestClient) -> None:
    empty = client.post("/workflow", json=flux(), headers={"Idempotency-Key": ""})
    assert (empty.status_code, empty.json()["error"]["code"]) == (422, "invalid_parameters")
    job = client.post("/workflow", json=flux()).headers["x-job-id"]
    for after in (2**63, 10**30):
        assert client.get(f"/jobs/{job}/events?after={after}").status_code == 422
        assert client.get(f"/jobs/{job}/events", headers={"Last-Event-ID": str(after)}).status_code == 422


def test_head_is_get_without_a_body(client: TestClient) -> None:
    job = client.post("/workflow", json=flux()).headers["x-job-id"]
    for path in ("/health", "/jobs", f"/jobs/{job}", f"/jobs/{job}/outputs/0", "/presets", "/openapi.json"):
        plain, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(plain.content))


def test_what_the_caller_has_is_not_sent_again(client: TestClient) -> None:
    where = f"/jobs/{client.post('/workflow', json=flux()).headers['x-job-id']}/outputs/0"
    tag = client.get(where).headers["etag"]
    for known in (tag, f"W/{tag}", "*", f'"other", {tag}'):
        assert client.get(where, headers={"If-None-Match": known}).status_code == 304
    assert client.get(where, headers={"If-None-Match": '"other"'}).status_code == 200
