"""Fronts: one preset at an address of its own, everything else as the app behind it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.modal_deploy.front import PROXY_TOKEN, front, proxy_headers
from ryla_graphs.modal_deploy.settings import (
    COLD_SECONDS,
    EDGE_SECONDS,
    WAIT_SECONDS,
    ModalSettings,
    container_environment,
)
from ryla_graphs.server import Settings, SqliteStore, create_app
from ryla_graphs.server.safety.tokens import Tokens
from tests.engines.held import HeldSimulator
from tests.modal_app.loopback.edge import PROXY_KEYS, Edge
from tests.server.live import listening

TOKEN = "a-token-that-is-long-enough"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(tokens=Tokens.parse(f"me:{TOKEN}"))
    with (
        listening(create_app(Simulator(), SqliteStore(tmp_path), settings)) as address,
        TestClient(front("/flux-dev", lambda: address), headers=BEARER) as client,
    ):
        yield client


def small(**more: Any) -> dict[str, Any]:
    return {"prompt": "a red bicycle", "width": 64, "height": 64, "steps": 2, "seed": 7, **more}


def test_its_root_is_the_preset(client: TestClient) -> None:
    answer = client.post("/", json=small())
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(answer.content)).size == (64, 64)
    assert answer.headers["x-seed"] == "7"


def test_so_is_the_route_itself(client: TestClient) -> None:
    assert client.post("/flux-dev?quality=50", json=small(), headers={"Accept": "image/webp"}).headers[
        "content-type"
    ] == ("image/webp")


def test_links_of_an_answer_lead_on(client: TestClient) -> None:
    where = client.post("/", json=small(), headers={"Prefer": "respond-async"}).headers["location"]
    assert '"state":"succeeded"' in client.get(f"{where}/events").text
    output = client.get(where).json()["outputs"][0]
    assert client.get(output["url"], headers={"Range": "bytes=0-3"}).content == b"\x89PNG"


def test_errors_are_those_of_the_app(client: TestClient) -> None:
    answer = client.post("/", json={"prompt": "", "steps": 0})
    assert answer.status_code == 422 and answer.json()["error"]["code"] == "invalid_parameters"
    assert client.post("/", json=small(), headers={"Authorization": "Bearer no"}).status_code == 401


@pytest.mark.parametrize(
    ("strips", "token", "status"),
    [(False, "", 200), (True, "wk-1:ws-1", 200), (True, "", 401)],
    ids=["passed on", "a token of its own", "none"],
)
def test_behind_modals_proxy(tmp_path: Path, strips: bool, token: str, status: int) -> None:
    """Whether Modal passes a caller's proxy token on to a container is not documented."""
    app: Any = Edge(create_app(Simulator(), SqliteStore(tmp_path)), asks=True, strips=strips)
    own = proxy_headers({PROXY_TOKEN: token} if token else {})
    with (
        listening(app) as address,
        TestClient(Edge(front("/flux-dev", lambda: address, own), asks=True, strips=strips)) as client,
    ):
        assert client.post("/", json=small()).status_code == 401
        assert client.post("/", json=small(), headers=PROXY_KEYS).status_code == status


@pytest.fixture
def slow() -> HeldSimulator:
    engine = HeldSimulator()
    engine.go.clear()
    return engine


def test_a_request_that_the_edge_redirects_is_answered_to_who_follows(tmp_path: Path, slow: HeldSimulator) -> None:
    app: Any = Edge(create_app(slow, SqliteStore(tmp_path)), seconds=0.05)
    with (
        listening(app) as address,
        TestClient(front("/flux-dev", lambda: address), follow_redirects=False) as client,
    ):
        answer = client.post("/", json=small())
        assert answer.status_code == 303 and "__modal_function_call_id=fc-" in answer.headers["location"]
        slow.go.set()
        while answer.status_code == 303:  # as browsers do, and as urllib and curl -L do
            answer = client.get(answer.headers["location"])
    assert answer.status_code == 200 and answer.content.startswith(b"\x89PNG")


def test_ours_are_answered_before_the_edge_redirects(tmp_path: Path, slow: HeldSimulator) -> None:
    app: Any = Edge(create_app(slow, SqliteStore(tmp_path), Settings(wait_seconds=0.05)), seconds=60.0)
    with listening(app) as address, TestClient(front("/flux-dev", lambda: address)) as client:
        answer = client.post("/", json=small())
        assert answer.status_code == 202 and client.get(answer.headers["location"]).json()["state"] != "succeeded"
        slow.go.set()


def test_two_cold_starts_in_line_are_answered_before_modal_redirects() -> None:
    assert WAIT_SECONDS + COLD_SECONDS <= EDGE_SECONDS == 150
    assert container_environment({}, ModalSettings())["RYLA_WAIT_SECONDS"] == str(WAIT_SECONDS)


def test_an_app_that_is_not_there(tmp_path: Path) -> None:
    with TestClient(front("/flux-dev", lambda: "http://127.0.0.1:9")) as client:
        answer = client.post("/", json=small())
    assert answer.status_code == 503 and answer.headers["retry-after"]
    assert json.loads(answer.content)["error"]["code"] == "not_ready"
