"""The embedded store: whose files are whose, what makes room, and who hears of a change."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.answers.words import JobState
from ryla_graphs.problems import StoreUnreachable
from ryla_graphs.server import SqliteStore
from ryla_graphs.server.records import Hook, Job, JobEvent, JobRequest
from ryla_graphs.server.storage import Retention
from ryla_graphs.server.storage.checkpoints import Checkpoints
from ryla_graphs.server.storage.rows import changes_of, json_of, request_of
from tests.server.test_store import asset, event, job

DISK = "disk I/O error"


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "of" / "mine")


def ended(number: int, inputs: Sequence[str] = ()) -> Job:
    request = JobRequest(prompt={}, inputs={f"{place}.png": digest for place, digest in enumerate(inputs)})
    return replace(job(number), request=request, state=JobState.CANCELLED, ended_at=float(number))


def test_no_other_user_can_read_it(store: SqliteStore) -> None:
    assert store.folder.stat().st_mode & 0o777 == 0o700
    assert (store.folder / "ryla.sqlite3").stat().st_mode & 0o777 == 0o600


def test_any_thread_may_use_it(store: SqliteStore) -> None:
    store.add_job(job(1), [event(1)])
    found: list[Job | None] = []
    other = threading.Thread(target=lambda: found.append(store.job(job(1).id)))
    other.start()
    other.join()
    assert found == [job(1)]


def text_of(one: Job, *events: JobEvent) -> int:
    """The bytes of a job's own text."""
    texts = request_of(one), changes_of(one), *(json_of(event.data) for event in events)
    return sum(len(text.encode()) for text in texts)


def test_the_oldest_jobs_make_room_until_the_rest_fits(store: SqliteStore) -> None:
    """What a job says, brought and made count alike, to the byte; what several brought counts once."""

    row = st.tuples(st.integers(0, 3), st.integers(0, 3), st.text(max_size=3))

    @given(st.lists(row, min_size=1, max_size=3), st.floats(0, 1.1))
    def law(rows: list[tuple[int, int, str]], share: float) -> None:
        assert all(store.delete_job(one.id) for one in store.jobs())
        shared = store.blobs.put(b"shared").hash
        sizes = []
        for number, (brought, made, text) in enumerate(rows):
            inputs = [store.blobs.put(bytes([number]) * brought).hash] if brought else []
            one, event = ended(number, [*inputs, shared]), JobEvent(1, 0.0, "status", {"text": text})
            store.add_job(replace(one, state=JobState.RUNNING, ended_at=None), [event])
            output = asset(number, store.blobs.put(bytes([number + 9]) * made).hash, one.id)
            store.save_job(one, was=JobState.RUNNING, output=replace(output, size=made))
            sizes.append(text_of(one, event) + brought + made)
        limit = round(share * (sum(sizes) + 6))
        left = list(range(len(rows)))
        while left and sum(sizes[number] for number in left) + len(b"shared") > limit:
            left.pop(0)
        assert store.expire(Retention(bytes=limit), now=0) == len(rows) - len(left)
        jobs = store.jobs()
        assert [one.created_at for one in jobs] == [float(number) for number in reversed(left)]

    law()


OWNERS, PRESETS = ("me", "you"), (None, "flux-dev", "wan-t2v")
LABELS: tuple[dict[str, str], ...] = ({}, {"campaign": "a"}, {"campaign": "b", "x": "y"})


def test_a_list_of_jobs_has_what_was_asked_for_and_nothing_else(store: SqliteStore) -> None:
    """Against a filter over all of them, the newest first."""
    kinds = [(owner, preset, labels) for owner in OWNERS for preset in PRESETS for labels in LABELS]
    all_: list[Job] = []
    for number, (owner, preset, labels) in enumerate(kinds):
        request = JobRequest(prompt={}, preset=preset, labels=labels)
        state = (JobState.QUEUED, JobState.RUNNING, JobState.FAILED)[number % 3]
        all_.insert(0, replace(job(number, owner), request=request, state=state))
        store.add_job(all_[0], [])

    @given(
        st.none() | st.sampled_from(OWNERS),
        st.none() | st.sets(st.sampled_from(JobState)),
        st.fixed_dictionaries(
            {}, optional={"preset": st.sampled_from(["flux-dev", "none"]), "label:campaign": st.just("a")}
        ),
        st.none() | st.integers(-1, 20),
        st.none() | st.integers(0, 17),
        st.none() | st.integers(0, 20),
    )
    def law(owner: Any, states: Any, marked: Any, since: Any, before: Any, limit: Any) -> None:
        asked = {"owner": owner, "states": states, "marked": marked, "since": since, "limit": limit}
        found = store.jobs(**asked, before=None if before is None else job(before).id)
        expected = [
            one
            for one in all_
            if (owner is None or one.owner == owner)
            and (states is None or one.state in states)
            and marked.items() <= one.marks.items()
            and (since is None or one.created_at >= since)
            and (before is None or one.created_at < before)
        ]
        # The id of another owner's job is unknown, and after an unknown id comes nothing.
        unknown = before is not None and owner is not None and kinds[before][0] != owner
        assert found == ([] if unknown else expected[:limit])

    law()


def test_an_input_that_is_gone_counts_as_nothing(store: SqliteStore) -> None:
    one = ended(1, ["0" * 64])
    store.add_job(replace(one, state=JobState.QUEUED), [])
    store.save_job(one, was=JobState.QUEUED)
    assert store.expire(Retention(bytes=text_of(one)), now=0) == 0 and store.jobs() != []
    store.save_job(one, was=JobState.CANCELLED, output=replace(asset(1, "0" * 64, job(1).id), size=1))
    assert store.expire(Retention(bytes=text_of(one)), now=0) == 1 and store.jobs() == []


@pytest.mark.parametrize("kept", [0, 1])
def test_to_make_room_costs_as_much_for_each_job_however_many_there_are(kept: int, tmp_path: Path) -> None:
    def steps_for_each(many: int) -> float:
        store, steps = SqliteStore(tmp_path / str(many)), 0
        for number in range(many):
            store.add_job(ended(number), [event(1)])
            store.save_job(ended(number), was=JobState.CANCELLED)  # with its end

        def count() -> None:
            nonlocal steps
            steps += 1

        store._db.set_progress_handler(count, 10)
        assert store.expire(Retention(bytes=kept * 2**30), now=0) == (0 if kept else many)
        return steps / many

    assert steps_for_each(1200) < 1.5 * steps_for_each(200)


def test_uploads_and_loras_have_a_quota_each(store: SqliteStore) -> None:
    store.add_asset(replace(asset(1, "a" * 64), size=10))
    store.add_asset(replace(asset(2, "b" * 64, kind="lora"), size=7))
    assert store.uploaded_bytes("me") == store.uploaded_bytes("me", loras=False) == 10
    assert store.uploaded_bytes("me", loras=True) == 7


def test_a_store_that_keeps_a_copy_hears_of_each_change(tmp_path: Path) -> None:
    class Copied(SqliteStore):
        def _changed(self, name: str) -> None:
            heard.append(name)

    heard: list[str] = []
    store, one = Copied(tmp_path), job(1)
    hook = Hook(one.id, "me", "https://hooks.example/x", "{}")
    store.add_job(one, [event(1)])
    store.save_job(replace(one, state=JobState.RUNNING), was=JobState.QUEUED)
    store.keep_hook(hook)
    assert heard == [f"job:{one.id}"] * 3
    store.forget_hook(job(2).id)  # has none
    assert len(heard) == 3
    store.forget_hook(one.id)
    assert len(heard) == 4 and store.hooks() == []
    store.add_asset(asset(5, "a" * 64))
    assert heard[4:] == [f"asset:{asset(5, '').id}"]


def test_what_the_copy_refuses_has_not_happened(tmp_path: Path) -> None:
    class Refused(SqliteStore):
        def _changed(self, name: str) -> None:
            raise OSError(DISK)

    store = Refused(tmp_path)
    assert store.trouble() is None
    with pytest.raises(StoreUnreachable, match=DISK):
        store.add_job(job(1), [event(1)])
    assert store.jobs() == [] and store.events(job(1).id) == []


def test_trouble_is_looked_at_again_until_it_is_over(store: SqliteStore) -> None:
    """The disk is asked only after a write has failed, and until one succeeds."""
    store.close()
    store = SqliteStore(store.folder)
    store._db.execute("PRAGMA query_only = 1")
    assert store.trouble() is None
    with pytest.raises(StoreUnreachable):
        store.add_job(job(1), [])
    for _ in range(2):
        assert "cannot be stored" in (store.trouble() or "")
    store._db.execute("PRAGMA query_only = 0")
    assert store.trouble() is None
    store._db.execute("PRAGMA query_only = 1")
    assert store.trouble() is None


@pytest.mark.parametrize(("written", "times"), [(0, 0), (499, 0), (500, 1), (999, 1), (1000, 2)])
def test_the_log_is_brought_in_every_500_transactions(
    written: int, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    database = SimpleNamespace(execute=done.append, close=lambda: None)
    monkeypatch.setattr(sqlite3, "connect", lambda *_, **__: database)
    checkpoints = Checkpoints(tmp_path / "ryla.sqlite3")
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "ryla-checkpoints")
    for _ in range(written):
        checkpoints.written()
    checkpoints.stop()
    checkpoints.join()
    assert done == ["PRAGMA wal_checkpoint(PASSIVE)"] * times


def test_large_transactions_are_brought_in_sooner(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    due: list[bool] = []
    monkeypatch.setattr(store._checkpoints, "_due", SimpleNamespace(put=due.append))
    text = {"1": {"class_type": "Note", "inputs": {"text": "x" * 4_000_000}}}
    for number in range(18):
        store.add_job(replace(job(number), request=JobRequest(prompt=text)), [])
    assert due == [True] * 2  # after 32 MB each
