"""A stored row that cannot be read takes nothing else with it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs.server import Settings, SqliteStore, create_app
from ryla_graphs.server.safety.tokens import Tokens
from tests.server.clients import TestClient
from tests.server.scripted import ScriptedEngine
from tests.server.test_contract import flux

MINE, OTHERS = ({"Authorization": f"Bearer {name * 20}"} for name in "ab")

DAMAGES = {
    "no JSON": ("jobs", "request", "{"),
    "JSON of something else": ("jobs", "request", "[]"),
    "no text": ("jobs", "changes", b"\xff\xfe{"),
    "a broken text": ("jobs", "request", b'{"prompt": {}, "extra": {"x": "\xff"}'),
    "no object": ("jobs", "changes", "[]"),
    "an unknown state": ("jobs", "state", "lost"),
    "a time beyond all": ("jobs", "created_at", 1e300),
    "an event": ("events", "data", "{"),
    "an output": ("assets", "tags", "{"),
}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    tokens = Tokens.parse(f"a:{'a' * 20},b:{'b' * 20}")
    with TestClient(create_app(ScriptedEngine(), SqliteStore(tmp_path), Settings(tokens=tokens))) as client:
        yield client


def run(client: TestClient) -> str:
    answer = client.post("/workflow", json=flux(), headers={**MINE, "Accept": "application/json"})
    return str(answer.json()["id"])


def damage(tmp_path: Path, job_id: str, what: str) -> None:
    table, column, value = DAMAGES[what]
    name = "id" if table == "jobs" else "job_id"
    with closing(sqlite3.connect(tmp_path / "ryla.sqlite3")) as db, db:
        if isinstance(value, bytes):
            query = f"UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE {name} = ?"
        else:
            query = f"UPDATE {table} SET {column} = ? WHERE {name} = ?"
        assert db.execute(query, (value, job_id)).rowcount


@pytest.mark.parametrize("what", DAMAGES)
def test_one_damaged_row_leaves_the_others(
    what: str, client: TestClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ids = [run(client) for _ in range(5)]
    damage(tmp_path, ids[3], what)
    damage(tmp_path, ids[1], what)
    with caplog.at_level(logging.ERROR, "ryla_graphs.server"):
        pages = [client.get("/jobs?limit=2", headers=MINE).json()["jobs"]]
        while len(pages[-1]) == 2:
            before = pages[-1][-1]["id"]
            pages.append(client.get(f"/jobs?limit=2&before={before}", headers=MINE).json()["jobs"])
        shown = [job["id"] for page in pages for job in page]
        whole = {*ids} if DAMAGES[what][0] != "jobs" else {ids[0], ids[2], ids[4]}
        assert shown == [job_id for job_id in reversed(ids) if job_id in whole]
        listed = client.get("/api/v2/jobs?limit=2", headers=MINE).json()
        assert len(listed["jobs"]) == 2 and listed["next_cursor"]
        answers = [client.get(f"/jobs/{ids[1]}{rest}", headers=MINE) for rest in ("", "/logs", "/events")]
        if ids[1] not in whole:
            assert answers[0].status_code == 500
            assert answers[0].json()["error"]["code"] == "record_damaged"
            assert ids[1] in answers[0].json()["error"]["message"]
        assert all(answer.status_code in (200, 500) for answer in answers)
        assert client.get(f"/jobs/{ids[1]}", headers=OTHERS).status_code == 404
    logged = [record.message for record in caplog.records if "damaged" in record.message]
    assert len(logged) == len({*logged}) and any(ids[3] in line for line in logged) == (ids[3] not in whole)
    count = int(number(client.get("/metrics", headers=MINE).text, "ryla_damaged_records"))
    assert count >= 2 if ids[1] not in whole else count >= 1


def number(metrics: str, name: str) -> float:
    (line,) = (line for line in metrics.splitlines() if line.startswith(f"{name} "))
    return float(line.split()[1])


@pytest.mark.parametrize("what", [what for what, (table, *_) in DAMAGES.items() if table == "jobs"])
def test_a_server_starts_with_a_damaged_row(what: str, tmp_path: Path) -> None:
    app: Any = create_app(ScriptedEngine(), SqliteStore(tmp_path), Settings())
    with TestClient(app) as client:
        ids = [
            client.post("/workflow", json=flux(), headers={"Accept": "application/json"}).json()["id"] for _ in range(2)
        ]
    with closing(sqlite3.connect(tmp_path / "ryla.sqlite3")) as db, db:
        db.execute("UPDATE jobs SET state = 'queued', ended_at = NULL WHERE id = ?", (ids[0],))
    damage(tmp_path, ids[0], what)
    with TestClient(create_app(ScriptedEngine(), SqliteStore(tmp_path), Settings())) as client:
        assert [job["id"] for job in client.get("/jobs").json()["jobs"]][:1] == [ids[1]]
        assert client.get("/ready").status_code == 200


def test_a_file_that_is_damaged_is_one_clear_error_of_its_owner(client: TestClient, tmp_path: Path) -> None:
    form = {"file_path": "a.txt", "content_type": "text/plain"}
    ids = [
        client.post("/api/v2/assets", files={"file": ("a.txt", b"x")}, data=form, headers=MINE).json()["id"]
        for _ in range(2)
    ]
    with closing(sqlite3.connect(tmp_path / "ryla.sqlite3")) as db, db:
        db.execute("UPDATE assets SET tags = '{' WHERE id = ?", (ids[0],))
    answers = [client.get(f"/api/v2/assets/{ids[0]}", headers=headers) for headers in (MINE, OTHERS)]
    assert [answer.status_code for answer in answers] == [500, 404]
    assert client.get(f"/api/v2/assets/{ids[1]}", headers=MINE).status_code == 200
