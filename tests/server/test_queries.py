"""Small truths of HTTP: what the query may say, what is kept where, what a page may load, what others learn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.server import Settings, SqliteStore, create_app
from ryla_graphs.server.safety.tokens import Tokens
from tests.server.clients import TestClient
from tests.server.test_contract import flux

TOKENS = Tokens.parse("ann:ann-token-ann-token-ann,bob:bob-token-bob-token-bob")
ANN = {"Authorization": "Bearer ann-token-ann-token-ann"}
BOB = {"Authorization": "Bearer bob-token-bob-token-bob"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Simulator(), SqliteStore(tmp_path), Settings(tokens=TOKENS))) as client:
        yield client


@pytest.mark.parametrize("path", ["/jobs?presets=flux-dev", "/jobs?state=failed&limits=2", "/presets?x", "/health?q=1"])
def test_a_query_that_is_unknown_is_reported(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=ANN)
    [problem] = answer.json()["error"]["problems"]
    assert answer.status_code == 422 and problem["code"] == "unknown_parameter" and problem["hint"]
    wrong = re.split("[?&]", path)[-1].partition("=")[0]
    assert problem["request"] == "query" and problem["field"] == wrong


def test_a_misspelt_query_is_reported_with_the_nearest(client: TestClient) -> None:
    answer = client.post("/workflow?qualty=3", json=flux(), headers=ANN)
    assert "quality" in answer.json()["error"]["problems"][0]["hint"]
    assert client.get("/jobs", headers=ANN).json() == {"jobs": []}  # nothing was begun


def test_a_part_that_is_not_there_is_an_error_like_all_others(client: TestClient) -> None:
    made = client.post("/workflow", json=flux(), headers=ANN)
    size = len(made.content)
    headers = ANN | {"Range": f"bytes={size}-"}
    answer = client.get(made.headers["content-location"], headers=headers)
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{size}")
    assert answer.json()["error"]["code"] == "range_not_satisfiable"
    asset = client.get(f"/jobs/{made.headers['x-job-id']}", headers=ANN).json()["outputs"][0]["id"]
    theirs = client.get(f"/api/v2/assets/{asset}/content", headers=headers)
    assert theirs.status_code == 416 and theirs.json()["error"].keys() == {"code", "message", "details"}


def test_content_is_kept_by_its_owner_alone(client: TestClient) -> None:
    made = client.post("/workflow", json=flux(), headers=ANN)
    assert {"Accept", "Authorization"} <= set(made.headers["vary"].split(", "))
    where = made.headers["content-location"]
    for path in (where, f"{where}?w=16"):
        answer = client.get(path, headers=ANN)
        assert "private" in answer.headers["cache-control"] and answer.headers["vary"] == "Authorization"
        for known in (answer.headers["etag"], "*", f'"x", W/{answer.headers["etag"]}'):
            again = client.get(path, headers=ANN | {"If-None-Match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])
        assert client.get(path, headers=BOB | {"If-None-Match": answer.headers["etag"]}).status_code == 404


def test_an_upload_does_not_tell_what_others_have(client: TestClient) -> None:
    def upload(headers: dict[str, str]) -> tuple[int, bool]:
        files, data = {"file": b"the same bytes"}, {"content_type": "image/png", "file_path": "a.png"}
        answer = client.post("/api/v2/assets", files=files, data=data, headers=headers)
        return answer.status_code, answer.json()["created_new"]

    assert upload(ANN) == upload(BOB) == (201, True)
    assert upload(ANN) == upload(BOB) == (200, False)


def test_a_simulator_says_that_it_simulates(client: TestClient) -> None:
    assert client.get("/ready").json()["simulated"] is True
    assert client.post("/workflow", json=flux(), headers=ANN).headers["x-simulated"] == "true"


def test_the_page_of_the_routes_loads_nothing(client: TestClient) -> None:
    answer = client.get("/docs")
    assert answer.status_code == 200 and "default-src 'none'" in answer.headers["content-security-policy"]
    assert re.findall(r"<script|<link|src=|https?://", answer.text.partition("<body>")[0]) == []
    assert "<script" not in answer.text and not re.search(r'(?:src|href)="(?!#|/openapi.json")', answer.text)
    links = set(re.findall(r'href="#([^"]+)"', answer.text))
    assert links <= set(re.findall(r'id="([^"]+)"', answer.text)) and {"JobShape", "V2Job"} <= links
    paths = client.get("/openapi.json").json()["paths"]
    assert all(f"<code>{path}</code>" in answer.text for path in paths)
    assert client.get("/redoc").status_code in (401, 404)


def test_a_route_that_is_not_there_says_where_to_look(client: TestClient) -> None:
    missing = client.post("/fluxdev", json={"prompt": "x"}, headers=ANN)
    assert missing.status_code == 404
    assert missing.json()["error"]["message"].startswith(
        "there is no '/fluxdev'; GET /presets lists the pipelines, and GET /docs the routes; did you mean '/flux-dev'"
    )
    wrong = client.get("/flux-dev", headers=ANN)
    assert wrong.status_code == 405 and wrong.json()["error"]["message"] == "'/flux-dev' accepts POST, not GET"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "needs a token: send the header Authorization: Bearer TOKEN"),
        ({"Authorization": "ann-token-ann-token-ann"}, "must have the form: Bearer TOKEN"),
        ({"Authorization": "Bearer wrong"}, "does not know the token"),
    ],
)
def test_a_token_that_is_missing_differs_from_one_that_is_wrong(
    client: TestClient, given: dict[str, str], said: str
) -> None:
    answer = client.get("/jobs", headers=given)
    assert answer.status_code == 401 and said in answer.json()["error"]["message"]
