"""A disk that takes nothing: callers hear it, jobs wait for it, nothing is lost, and no thread dies of it."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs.problems import InvalidSettings, StoreUnreachable
from ryla_graphs.server import Settings, SqliteStore, create_app
from ryla_graphs.server.jobs import worker
from ryla_graphs.server.storage.blobs import FileBlobs
from tests.server.clients import TestClient
from tests.server.live import until
from tests.server.scripted import Held, ScriptedEngine
from tests.server.test_contract import flux


class Disk:
    """Where nothing can be written while it is full; SQLite itself says so, for it takes only questions then."""

    def __init__(self, store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
        self._store = store
        self._full = False
        put = FileBlobs._put

        def guarded(blobs: FileBlobs, content: Any) -> Any:
            if self._full:
                raise OSError(errno.ENOSPC, "No space left on device")
            return put(blobs, content)

        monkeypatch.setattr(FileBlobs, "_put", guarded)

    def fill(self) -> None:
        self._set(full=True)

    def free(self) -> None:
        self._set(full=False)

    def _set(self, *, full: bool) -> None:
        self._full = full
        with self._store._lock:
            self._store._db.execute(f"PRAGMA query_only = {int(full)}")


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path)


@pytest.fixture
def disk(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> Disk:
    monkeypatch.setattr(worker, "PAUSE_SECONDS", (0.02, 0.05))
    return Disk(store, monkeypatch)


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def client(store: SqliteStore, held: Held) -> Iterator[TestClient]:
    with TestClient(create_app(ScriptedEngine(held), store, Settings())) as client:
        yield client


def test_a_full_disk_refuses_new_jobs_and_is_not_ready(client: TestClient, disk: Disk, held: Held) -> None:
    held.go.set()
    disk.fill()
    answer = client.post("/workflow", json=flux())
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "store_unreachable")
    assert int(answer.headers["Retry-After"]) > 0
    ready = client.get("/ready")
    assert ready.status_code == 503 and "cannot be stored" in ready.json()["reason"]
    disk.free()
    assert client.get("/ready").status_code == 200
    assert client.post("/workflow", json=flux()).status_code == 200


def test_a_job_goes_on_when_there_is_space_again(client: TestClient, disk: Disk, held: Held) -> None:
    where = client.post("/workflow", json=flux(), headers={"Prefer": "respond-async"}).headers["location"]
    assert held.reached.wait(60)
    disk.fill()
    held.go.set()
    until(lambda: client.get("/ready").status_code == 503)
    assert client.get(where).json()["state"] == "running"
    disk.free()
    until(lambda: client.get(where).json()["state"] == "succeeded")
    (output,) = client.get(where).json()["outputs"]
    assert client.get(output["url"]).status_code == 200
    assert client.post("/workflow", json=flux()).status_code == 200


def test_a_waiting_job_that_cannot_be_cancelled_now_runs_later(client: TestClient, disk: Disk, held: Held) -> None:
    first, *waiting = (
        client.post("/workflow", json=flux(), headers={"Prefer": "respond-async"}).headers["location"] for _ in range(4)
    )
    assert held.reached.wait(60)
    disk.fill()
    for where in waiting[:2]:
        assert client.delete(where).status_code == 503
    assert [client.get(where).json()["position"] for where in waiting] == [0, 1, 2]
    disk.free()
    assert client.delete(waiting[1]).json()["state"] == "cancelled"
    held.go.set()
    for where in (first, waiting[0], waiting[2]):
        until(lambda: client.get(where).json()["state"] == "succeeded")  # noqa: B023


def test_a_server_that_stops_meanwhile_leaves_the_job_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "PAUSE_SECONDS", (0.02, 0.05))
    store, held = SqliteStore(tmp_path / "data"), Held()
    disk = Disk(store, monkeypatch)
    with TestClient(create_app(ScriptedEngine(held), store, Settings())) as client:
        where = client.post("/workflow", json=flux(), headers={"Prefer": "respond-async"}).headers["location"]
        assert held.reached.wait(60)
        disk.fill()
        held.go.set()
        until(lambda: client.get("/ready").status_code == 503)
    monkeypatch.undo()
    with TestClient(create_app(ScriptedEngine(), SqliteStore(tmp_path / "data"), Settings())) as client:
        until(lambda: client.get(where).json()["state"] == "succeeded")


def test_upkeep_and_checkpoints_live_on(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store._checkpoints._path = Path("/nowhere/ryla.sqlite3")
    store._checkpoints._due.put(True)
    until(store._checkpoints._due.empty)
    assert store._checkpoints._thread.is_alive()
    store.close()


def test_a_write_that_fails_is_reported(store: SqliteStore, disk: Disk) -> None:
    disk.fill()
    with pytest.raises(StoreUnreachable, match="No space"):
        store.blobs.put(b"x")
    assert store.trouble() is None  # no job was refused yet


@pytest.mark.parametrize("kind", ["file", "garbage", "foreign", "below a file"])
def test_a_folder_that_cannot_be_a_store_is_reported_in_a_sentence(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    if kind in ("file", "below a file"):
        folder.write_bytes(b"x")
        folder = folder / "more" if kind == "below a file" else folder
    else:
        folder.mkdir()
        content = b"no database at all, but rather long" * 100
        if kind == "garbage":
            (folder / "ryla.sqlite3").write_bytes(content)
        else:
            with sqlite3.connect(folder / "ryla.sqlite3") as db:
                db.execute("CREATE TABLE jobs (anything TEXT)")
            db.close()
    with pytest.raises(InvalidSettings) as reported:
        SqliteStore(folder)
    assert "--data-dir" in str(reported.value) and "\n" not in str(reported.value)


def test_what_is_kept_is_for_its_owner_alone(store: SqliteStore) -> None:
    blob = store.blobs.put(b"secret")
    folder = store.folder
    assert folder.stat().st_mode & 0o077 == 0 or folder.parent.stat().st_mode & 0o077 == 0
    for path in (folder / "ryla.sqlite3", folder / "content" / blob.hash[:2] / blob.hash):
        assert path.stat().st_mode & 0o077 == 0
