"""A data folder that vanishes under a server: callers hear it, and nothing is promised that would be lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ryla_graphs.server import Settings, SqliteStore, create_app
from ryla_graphs.server.jobs import worker
from tests.server.clients import TestClient
from tests.server.live import until
from tests.server.scripted import Held, ScriptedEngine
from tests.server.test_contract import flux


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def client(folder: Path, held: Held, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(worker, "PAUSE_SECONDS", (0.02, 0.05))
    with TestClient(create_app(ScriptedEngine(held), SqliteStore(folder), Settings())) as client:
        yield client


def vanish(folder: Path, how: str) -> None:
    """The folder is gone, moved, empty, or has a new database of somebody else."""
    moved = folder.with_name("moved")
    folder.rename(moved)
    if how == "deleted":
        shutil.rmtree(moved)
    elif how == "emptied":
        folder.mkdir()
    elif how == "replaced":
        SqliteStore(folder).close()


@pytest.mark.parametrize("how", ["deleted", "moved", "emptied", "replaced"])
def test_a_job_is_refused_where_it_would_be_lost(how: str, folder: Path, held: Held, client: TestClient) -> None:
    held.go.set()
    assert client.post("/workflow", json=flux()).status_code == 200
    vanish(folder, how)
    ready = client.get("/ready")
    assert ready.status_code == 503 and "moved or deleted" in ready.json()["reason"]
    refused = client.post("/workflow", json=flux())
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "store_unreachable")
    about = {"content_type": "text/plain", "file_path": "note.txt"}
    upload = client.post("/api/v2/assets", files={"file": ("note.txt", b"a note")}, data=about)
    assert upload.status_code == 429 and upload.headers["Retry-After"]  # what Comfy API v2 has for it
    assert str(folder) not in ready.text + refused.text + upload.text


def test_a_job_goes_on_when_the_folder_is_back(folder: Path, held: Held, client: TestClient) -> None:
    where = client.post("/workflow", json=flux(), headers={"Prefer": "respond-async"}).headers["location"]
    assert held.reached.wait(60)
    vanish(folder, "moved")
    held.go.set()
    until(lambda: client.get("/ready").status_code == 503)
    assert client.get(where).json()["state"] == "running"
    folder.with_name("moved").rename(folder)
    until(lambda: client.get(where).json()["state"] == "succeeded")
    (output,) = client.get(where).json()["outputs"]
    assert client.get(output["url"]).status_code == 200
    assert client.get("/ready").status_code == 200


def test_a_cleaner_of_empty_folders_breaks_nothing(folder: Path, held: Held, client: TestClient) -> None:
    held.go.set()
    (folder / "content" / "begun").rmdir()
    assert client.post("/workflow", json=flux()).status_code == 200


def test_no_checkpoint_creates_a_database_where_one_was(folder: Path) -> None:
    store = SqliteStore(folder)
    vanish(folder, "emptied")
    store._checkpoints._due.put(True)
    until(store._checkpoints._due.empty)
    store.close()
    assert list(folder.iterdir()) == []
