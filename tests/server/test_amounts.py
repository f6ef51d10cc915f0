"""Requests with a great many fields, values and long texts: the answer stays short, and so does the work."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response

from ryla_graphs.engines import connect
from ryla_graphs.server import SqliteStore, create_app
from tests.server.clients import TestClient

GRAPH = {
    "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
}
MANY: dict[str, Any] = {f"k{number}": 1 for number in range(100_000)}
LONG = "flux-dev" * 5_000
SHORT = 64 * 1024
"""The most bytes of an answer to nonsense."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("amounts")
    with TestClient(create_app(connect("simulator"), SqliteStore(folder))) as client:
        yield client


def spent(client: TestClient, path: str, body: bytes) -> tuple[Response, float]:
    """The answer, and the processor time of this process, which other processes do not lengthen."""
    begun = time.process_time()
    answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
    return answer, time.process_time() - begun


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v2/jobs", {"workflow": GRAPH, **MANY}),
        ("/api/v2/jobs", {"workflow": GRAPH, "metadata": MANY}),
        ("/workflow", {"workflow": GRAPH, "labels": MANY}),
        ("/workflow", {"workflow": GRAPH, "outputs": [*MANY]}),
        ("/workflow", {"workflow": GRAPH, "inputs": dict.fromkeys(MANY, "aGk=")}),
        ("/workflow", {"workflow": GRAPH, **MANY}),
        ("/flux-dev", {"prompt": "x", **MANY}),
        ("/flux-dev", {"prompt": "x", "loras": [*MANY]}),
        ("/presets/flux-dev/graph", {"prompt": "x", **MANY}),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(list(value)[:2]),
)
def test_many_wrong_fields_cost_little_more_than_parsing_them(path: str, body: Any, client: TestClient) -> None:
    client.post(path, json={"workflow": GRAPH, "prompt": "x"})  # the first request imports what all need
    sent = json.dumps(body).encode()
    _, parsing = spent(client, "/workflow", b"[" + sent + b"]")  # parsed, and refused at once
    answer, seconds = spent(client, path, sent)
    assert answer.status_code == 422
    assert len(answer.content) < SHORT
    assert seconds < 3 * parsing + 0.5


def test_the_number_of_wrong_parameters_is_reported(client: TestClient) -> None:
    answer = client.post("/flux-dev", json={"prompt": "x", **MANY})
    assert answer.json()["error"]["problems"][-1]["message"] == "99,900 more are wrong"
    labels = client.post("/workflow", json={"workflow": GRAPH, "labels": MANY}).json()
    assert "there are 100,000 labels" in labels["error"]["problems"][0]["message"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/jobs?" + "&".join(["state=x"] * 3_000), None),
        ("GET", f"/presets/{LONG}", None),
        ("GET", f"/nodes/{LONG}", None),
        ("GET", f"/loras/{LONG}", None),
        ("GET", f"/{LONG}", None),
        ("POST", "/flux-dev", {"prompt": "x", LONG * 10: 1}),
        ("POST", "/flux-dev", {"prompt": LONG * 10}),
        ("POST", "/flux-dev", {"prompt": "x", "width": [LONG] * 10}),
        ("POST", "/workflow", {"1": {"class_type": LONG * 10, "inputs": {}}}),
        ("POST", "/workflow", {"workflow": {**GRAPH, "1": {**GRAPH["1"], "inputs": {"width": LONG * 10}}}}),
        ("POST", "/workflow", {"workflow": GRAPH, "gpu": LONG * 10}),
        ("POST", "/workflow", {"workflow": GRAPH, "webhookUrl": f"https://{LONG}"}),
        ("POST", "/workflow", {"workflow": GRAPH, "inputs": {LONG * 10: "aGk="}}),
        ("POST", "/api/v2/jobs", {"workflow": GRAPH, LONG: 1}),
        ("POST", "/api/v2/assets/from-hash", {"hash": LONG, "tags": [1] * 3_000}),
    ],
)
def test_answers_repeat_only_the_start_of_what_was_sent(method: str, path: str, body: Any, client: TestClient) -> None:
    answer = client.request(method, path, json=body)
    assert answer.status_code in (404, 422)
    assert len(answer.content) < SHORT


HALF = "\\ud800"


@pytest.mark.parametrize("path", ["/flux-dev", "/presets/flux-dev/graph"])
@pytest.mark.parametrize("value", ["NaN", "1e999", "-Infinity", "1" + "0" * 400, f'"{HALF}"', f'{{"{HALF}": NaN}}'])
@pytest.mark.parametrize("name", ["prompt", "seed", "width", "guidance", "loras", "loraId", "maxCostUsd", HALF])
def test_values_that_json_cannot_hold_are_refused_in_json(name: str, value: str, path: str, client: TestClient) -> None:
    body = f'{{"prompt": "x", "{name}": {value}}}'
    answer = client.post(path, content=body.encode(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert json.loads(answer.content, parse_constant=pytest.fail)["error"]["problems"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("maxCostUsd", "NaN"),
        ("maxCostUsd", "Infinity"),
        ("max_cost_usd", "-0.01"),
        ("maxCostUsd", "1" + "0" * 400),
        ("userKey", f'"{HALF}"'),
        ("webhookUrl", f'"https://a.com/{HALF}"'),
        ("gpu", f'"{HALF}"'),
        ("outputs", f'["{HALF}"]'),
        ("labels", f'{{"a": "{HALF}"}}'),
        ("inputs", f'{{"{HALF}": "aGk="}}'),
        (HALF, "1"),
    ],
)
def test_options_that_cannot_be_kept_are_refused(field: str, value: str, client: TestClient) -> None:
    body = f'{{"workflow": {json.dumps(GRAPH)}, "{field}": {value}}}'
    answer = client.post("/workflow", content=body.encode(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
    json.loads(answer.content, parse_constant=pytest.fail)
