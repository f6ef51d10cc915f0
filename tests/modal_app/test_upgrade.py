"""Upgrades and rollbacks: records and workers of a version after this one, and unreadable records."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from json import loads
from pathlib import Path
from typing import Any

import modal
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ryla_graphs.answers.words import JobState
from ryla_graphs.modal_deploy.container import QueueChannel
from ryla_graphs.modal_deploy.store import store as storing
from ryla_graphs.modal_deploy.store.entries import Entries
from ryla_graphs.modal_deploy.store.store import ModalStore, refresh
from ryla_graphs.server.jobs import service
from ryla_graphs.server.records import IdempotencyKey
from tests.modal_app.loopback import LoopbackModal
from tests.modal_app.test_journey import BEARER, OnGpu, gpu, small  # noqa: F401 - a fixture
from tests.server.clients import TestClient
from tests.server.test_store import asset, event, job

Opened = Callable[[], ModalStore]


@pytest.fixture
def opening(control_plane: LoopbackModal, tmp_path: Path) -> Callable[[], tuple[modal.Dict, Opened]]:
    """Makes a dictionary of records, and a function that opens it as a container that starts."""

    def make() -> tuple[modal.Dict, Opened]:
        records = modal.Dict.from_name(f"records-{uuid.uuid4().hex}", create_if_missing=True)
        content = modal.Volume.from_name("content", create_if_missing=True)
        return records, lambda: ModalStore(records, content, tmp_path / uuid.uuid4().hex).load()

    return make


@pytest.fixture
def opened(opening: Callable[[], tuple[modal.Dict, Opened]]) -> tuple[modal.Dict, Opened]:
    return opening()


def newer(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry as a version after this one would write it: with columns, a table and fields unknown here."""
    entry = entry | {"version": 2, "labels": [{"job_id": "x", "label": "portrait"}], "billing": {"team": "a"}}
    for table in ("jobs", "events", "assets"):
        entry[table] = [row | {"priority": number} for number, row in enumerate(entry.get(table, ()))]
    for row in entry["jobs"]:
        row["changes"] = row["changes"].replace("{", '{"paused_at": 3.5, ', 1)
    return entry


def test_what_a_newer_version_wrote_is_read_moved_and_kept(opened: tuple[modal.Dict, Opened]) -> None:
    records, container = opened
    one = job(1)
    first = container()
    first.add_job(one, [event(1)], IdempotencyKey("me", "k", "print"))
    name = f"job:{one.id}"
    records.put(name, newer(records.get(name)))
    old = container()
    assert old.job(one.id) == one and old.key("me", "k") is not None
    running = replace(one, state=JobState.RUNNING, attempt=1)
    old.save_job(running, was=JobState.QUEUED, events=[event(2)], output=asset(1, "a" * 64, one.id))
    old.save_job(replace(running, state=JobState.SUCCEEDED, ended_at=5.0), was=JobState.RUNNING)
    kept = records.get(f"end:{one.id}")
    assert kept["version"] == 2 and kept["billing"] == {"team": "a"} and kept["labels"][0]["label"] == "portrait"
    assert [row.get("priority") for row in kept["events"]] == [0, None]
    assert kept["jobs"][0]["priority"] == 0 and loads(kept["jobs"][0]["changes"])["paused_at"] == 3.5
    assert container().job(one.id) == replace(running, state=JobState.SUCCEEDED, ended_at=5.0)


def test_a_record_that_needs_a_newer_version_is_left_alone(
    opened: tuple[modal.Dict, Opened], caplog: pytest.LogCaptureFixture
) -> None:
    records, container = opened
    container().add_job(job(1), [event(1)])
    name = f"job:{job(1).id}"
    entry = records.get(name) | {"needs": 7}
    records.put(name, entry)
    assert container().job(job(1).id) is None and "it needs version 7" in caplog.text
    assert records.get(name) == entry


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
rows = st.lists(
    st.dictionaries(st.sampled_from(["id", "owner", "state", "request", "changes", "created_at", "x"]), json),
    max_size=2,
)
bad = json | st.fixed_dictionaries({}, optional={"at": json, "jobs": rows | json, "events": rows, "version": json})


@given(entries=st.lists(bad, min_size=5, max_size=15))
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_bad_records_never_end_the_start(opening: Callable[[], tuple[modal.Dict, Opened]], entries: list[Any]) -> None:
    records, opened = opening()
    opened().add_job(job(0), [event(1)])
    names = [f"job:{job(number).id}" for number in range(1, len(entries) + 1)]
    for name, entry in zip(names, entries, strict=True):
        records.put(name, entry)
    store = opened()
    assert [one.id for one in store.jobs()] == [job(0).id] and store.job(job(1).id) is None
    for name, entry in zip(names, entries, strict=True):
        assert records.get(name) is None and records.get(f"aside:{name}") == entry
    assert refresh(records) == 1  # what was put aside goes after Modal's seven days


class Newer(Entries):
    """What a version after this one writes."""

    def write(self, name: str) -> dict[str, Any]:
        entry = super().write(name)
        return newer(entry) if name.startswith(("job:", "end:")) and "labels" not in entry else entry


@contextmanager
def newer_version(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Web sides that are built here are of a version after this one."""
    with patch.context() as inner:
        inner.setattr(storing, "Entries", Newer)
        yield


def test_old_then_new_then_old_with_jobs_in_flight(
    gpu: OnGpu,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each web side begins a job and leaves it to the next one; workers tell more than the old one knows."""
    gpu.hold("flux-dev")
    gpu.simulator.go.clear()
    monkeypatch.setattr(service, "STOP_SECONDS", 0.2)
    plain = QueueChannel.send

    def send(channel: QueueChannel, batch: list[dict[str, Any]]) -> None:
        reported = [{"event": "heat", "celsius": 70, **{name: batch[0][name] for name in ("run", "attempt", "number")}}]
        reported[0]["number"] -= 0.5
        plain(channel, reported + [one | {"since": "a newer version"} for one in batch])

    monkeypatch.setattr(QueueChannel, "send", send)
    begun: list[str] = []

    def submit(client: TestClient) -> None:
        key = {"Prefer": "respond-async", "Idempotency-Key": f"k{len(begun)}"}
        where = client.post("/flux-dev", json=small(), headers=key).headers["location"]
        while client.get(where).json()["state"] != "running":
            time.sleep(0.01)
        begun.append(where)

    with gpu.client() as old:
        submit(old)
    with newer_version(monkeypatch), gpu.client() as new:
        submit(new)
    with gpu.client() as old:
        submit(old)
        gpu.simulator.go.set()
        for where in begun:
            old.get(f"{where}/events")
            job = old.get(where).json()
            assert job["state"] == "succeeded" and job["attempt"] == 1, job
    with newer_version(monkeypatch), gpu.app() as app, TestClient(app, headers=BEARER) as new:
        for number, where in enumerate(begun):
            same = new.post(
                "/flux-dev", json=small(), headers={"Prefer": "respond-async", "Idempotency-Key": f"k{number}"}
            )
            assert same.headers["location"] == where and new.get(where).json()["state"] == "succeeded"
    assert len([call for call in gpu.calls if call.method == "run"]) == 3
