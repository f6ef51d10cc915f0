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


KEYS = {"Modal-Key": "wk-1", "Modal-Secret": "ws-1"}


def behind_modals_proxy(app: Any, *, strips: bool) -> Any:
    """An app as Modal serves it with proxy authentication: 401 without a token, which may not reach the app."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if headers.get(b"modal-key") != b"wk-1" or headers.get(b"modal-secret") != b"ws-1":
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body", "body": b"missing credentials"})
            return
        kept = [row for row in scope["headers"] if not (strips and row[0].startswith(b"modal-"))]
        await app({**scope, "headers": kept}, receive, send)

    return serve


@pytest.mark.parametrize(
    ("strips", "token", "status"),
    [(False, "", 200), (True, "wk-1:ws-1", 200), (True, "", 401)],
    ids=["passed on", "a token of its own", "none"],
)
def test_behind_modals_proxy(tmp_path: Path, strips: bool, token: str, status: int) -> None:
    """Whether Modal passes a caller's proxy token on to a container is not documented."""
    app = behind_modals_proxy(create_app(Simulator(), SqliteStore(tmp_path)), strips=strips)
    own = proxy_headers({PROXY_TOKEN: token} if token else {})
    with (
        listening(app) as address,
        TestClient(behind_modals_proxy(front("/flux-dev", lambda: address, own), strips=strips)) as client,
    ):
        assert client.post("/", json=small()).status_code == 401
        assert client.post("/", json=small(), headers=KEYS).status_code == status


def test_two_cold_starts_in_line_are_answered_before_modal_redirects() -> None:
    assert WAIT_SECONDS + COLD_SECONDS <= EDGE_SECONDS == 150
    assert container_environment({}, ModalSettings())["RYLA_WAIT_SECONDS"] == str(WAIT_SECONDS)


def test_an_app_that_is_not_there(tmp_path: Path) -> None:
    with TestClient(front("/flux-dev", lambda: "http://127.0.0.1:9")) as client:
        answer = client.post("/", json=small())
    assert answer.status_code == 503 and answer.headers["retry-after"]
    assert json.loads(answer.content)["error"]["code"] == "not_ready"
