"""All stores answer alike, whatever was done to them, and a store that is reopened has all of it."""

from __future__ import annotations

import gc
import itertools
import json
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ryla_graphs.answers.words import JobState
from ryla_graphs.problems import InvalidSettings, NotFound, StoreUnreachable
from ryla_graphs.server import SqliteStore, Store
from ryla_graphs.server.records import Asset, IdempotencyKey, Job, JobEvent, JobRequest
from ryla_graphs.server.storage import Retention, StaleJob
from ryla_graphs.server.storage.rows import json_of

DAY = 86_400.0
Open = Callable[[], Store]


@pytest.fixture(params=("sqlite", "modal"))
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Open]:
    """Gives a place for a store that is empty, and each time it is opened the store that is there."""
    places = itertools.count()
    if request.param == "modal":
        request.getfixturevalue("control_plane")

    def place() -> Open:
        folder = tmp_path / str(next(places))
        if request.param == "sqlite":
            return lambda: SqliteStore(folder)
        import modal

        from ryla_graphs.modal_deploy.store.store import ModalStore

        name = uuid.uuid4().hex
        records = modal.Dict.from_name(f"records-{name}", create_if_missing=True)
        content = modal.Volume.from_name(f"content-{name}", create_if_missing=True)
        containers = itertools.count()
        return lambda: ModalStore(records, content, folder / str(next(containers))).load()

    return place


def job(number: int, owner: str = "me") -> Job:
    request = JobRequest(prompt={"1": {"class_type": "X", "inputs": {"n": number}}}, gpu="L40S", extra={"a": [1]})
    return Job(id=f"{number:08d}-0000-4000-8000-000000000000", owner=owner, request=request, created_at=float(number))


def event(seq: int) -> JobEvent:
    return JobEvent(seq, float(seq), "status", {"seq": seq})


def asset(number: int, digest: str, job_id: str | None = None, kind: str = "image") -> Asset:
    return Asset(
        id=f"{number:08d}-1111-4000-8000-000000000000",
        owner="me",
        hash=digest,
        size=3,
        media_type="image/png",
        name=f"{number}.png",
        created_at=float(number),
        tags=("flux1",),
        job_id=job_id,
        number=0 if job_id else None,
        node="save" if job_id else None,
        place=0 if job_id else None,
        kind=kind,
    )


KINDS = ("add", "add with key", "begin", "end", "whole", "upload", "lora", "drop", "forget", "expire", "reopen")
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(1, 3)), max_size=14)


class Model:
    """What a store must have, as plain values."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.events: dict[str, list[JobEvent]] = {}
        self.outputs: dict[str, list[Asset]] = {}
        self.keys: dict[str, str] = {}
        self.assets: dict[str, Asset] = {}


def act(store: Store, model: Model, step: str, number: int) -> None:
    each = job(number)
    known = model.jobs.get(each.id)
    if step == "whole":
        for part in ("add with key", "begin", "end"):
            act(store, model, part, number)
    elif step in ("add", "add with key") and known is None:
        key = IdempotencyKey("me", f"k{number}", "print") if step == "add with key" else None
        assert store.add_job(each, [event(1)], key) is None
        model.jobs[each.id], model.events[each.id], model.outputs[each.id] = each, [event(1)], []
        if key is not None:
            model.keys[key.key] = each.id
            again = store.add_job(job(number + 50), [], key)
            assert again is not None and again.job_id == each.id
    elif step == "begin" and known is not None and known.state is JobState.QUEUED:
        begun = replace(known, state=JobState.RUNNING, run_id="r", attempt=1, started_at=1.0)
        store.save_job(begun, was=JobState.QUEUED, events=[event(2)])
        model.jobs[each.id] = begun
        model.events[each.id].append(event(2))
        with pytest.raises(StaleJob):
            store.save_job(begun, was=JobState.QUEUED)
    elif step == "end" and known is not None and known.state is JobState.RUNNING:
        output = asset(number + 100, store.blobs.put(b"out").hash, each.id)
        ended = replace(known, state=JobState.SUCCEEDED, ended_at=float(number), metrics={"nodes": {"1": 2.5}})
        store.save_job(ended, was=JobState.RUNNING, events=[event(3)], output=output)
        model.jobs[each.id], model.outputs[each.id] = ended, [output]
        model.events[each.id].append(event(3))
    elif step in ("upload", "lora"):
        kind = "lora" if step == "lora" else "image"
        upload = asset(number + (200 if kind == "lora" else 0), store.blobs.put(f"{number}".encode()).hash, kind=kind)
        if upload.id not in model.assets:
            store.add_asset(upload)
            model.assets[upload.id] = upload
    elif step == "drop":
        gone = asset(number, "").id
        assert store.delete_asset(gone) == (model.assets.pop(gone, None) is not None)
    elif step == "forget":
        ended_one = known is not None and known.state.terminal
        assert store.delete_job(each.id) == ended_one
        if ended_one:
            forget(model, each.id)
    elif step == "expire":
        now = number + DAY
        for old in [one.id for one in model.jobs.values() if one.ended_at is not None and one.ended_at < number]:
            forget(model, old)
        for upload in list(model.assets.values()):
            if upload.kind != "lora" and upload.created_at < number:
                del model.assets[upload.id]
        store.expire(Retention(seconds=DAY), now)


def forget(model: Model, job_id: str) -> None:
    del model.jobs[job_id], model.events[job_id], model.outputs[job_id]
    model.keys = {key: holder for key, holder in model.keys.items() if holder != job_id}


def agree(store: Store, model: Model) -> None:
    for number in range(1, 4):
        one = job(number).id
        assert store.job(one) == model.jobs.get(one)
        assert store.events(one) == model.events.get(one, [])
        assert store.outputs(one) == model.outputs.get(one, [])
        use = store.key("me", f"k{number}")
        assert (use.job_id if use else None) == model.keys.get(f"k{number}")
    assert {one.id for one in store.jobs()} == model.jobs.keys()
    assert {one.id: one for one in store.kept("me", "lora")} == {
        one.id: one for one in model.assets.values() if one.kind == "lora"
    }
    for upload in model.assets.values():
        assert store.asset(upload.id) == upload and store.blobs.read(upload.hash)


def test_it_has_what_was_written(opening: Callable[[], Open]) -> None:
    @given(STEPS)
    @example([("whole", 1), ("forget", 1), ("upload", 1), ("drop", 1), ("whole", 2), ("expire", 3)])
    def law(steps: Sequence[tuple[str, int]]) -> None:
        reopen, model = opening(), Model()
        store = reopen()
        for step, number in [*steps, ("reopen", 0)]:
            if step == "reopen":
                store.close()
                store = reopen()
            else:
                act(store, model, step, number)
            agree(store, model)
        store.close()

    law()


leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(st.characters(exclude_categories=[]))
)
values = st.recursive(
    leaves, lambda each: st.one_of(st.lists(each), st.dictionaries(st.text(st.characters(exclude_categories=[])), each))
)


@given(value=values)
@example(value={"half": "\ud800", "\udc00": [10**400, float("inf")]})
def test_json_is_kept_as_it_is_whatever_is_in_it(value: Any) -> None:
    assert json.loads(json_of(value)) == value


def test_the_newest_come_first_and_in_pages_also_when_reopened(opening: Callable[[], Open]) -> None:
    reopen = opening()
    store = reopen()
    for number in (1, 2, 3):
        store.add_job(job(number), [])
    store.close()
    store = reopen()
    first = store.jobs(limit=2)
    assert [one.created_at for one in (*first, *store.jobs(before=first[-1].id))] == [3.0, 2.0, 1.0]
    store.close()


def test_content_in_pieces(opening: Callable[[], Open]) -> None:
    store = opening()()
    content = bytes(range(256)) * 5000
    blob = store.blobs.put(content[at : at + 1000] for at in range(0, len(content), 1000))
    assert blob.new and not store.blobs.put(content).new and store.blobs.size(blob.hash) == len(content)
    assert b"".join(store.blobs.stream(blob.hash, 300_000, 300_010)) == content[300_000:300_010]
    for wrong in ("0" * 64, "../../etc/passwd"):
        with pytest.raises(NotFound):
            store.blobs.read(wrong)
    store.close()


class TestTwoContainers:
    """While a redeployment overlaps them, two containers have one store."""

    @pytest.fixture
    def both(self, control_plane: Any, tmp_path: Path) -> tuple[Store, Store]:
        import modal

        from ryla_graphs.modal_deploy.store.store import ModalStore

        records = modal.Dict.from_name(f"records-{uuid.uuid4().hex}", create_if_missing=True)
        content = modal.Volume.from_name("content", create_if_missing=True)
        return ModalStore(records, content, tmp_path / "a"), ModalStore(records, content, tmp_path / "b")

    def test_a_job_of_the_other_one_is_found(self, both: tuple[Store, Store]) -> None:
        old, new = both
        old.add_job(job(1), [event(1)], IdempotencyKey("me", "k", "print"))
        assert new.job(job(1).id) == job(1) and new.events(job(1).id) == [event(1)]

    def test_a_key_is_good_for_one_job_on_both(self, both: tuple[Store, Store]) -> None:
        old, new = both
        key = IdempotencyKey("me", "k", "print")
        assert old.add_job(job(1), [], key) is None
        use = new.add_job(job(2), [], key)
        assert use is not None and use.job_id == job(1).id and new.job(job(2).id) is None

    def test_a_claim_without_its_job_does_not_hold(self, both: tuple[Store, Store]) -> None:
        old, new = both
        old._records.put("key:me:k", job(1).id)  # type: ignore[attr-defined]
        assert new.add_job(job(2), [], IdempotencyKey("me", "k", "print")) is None
        use = old.add_job(job(3), [], IdempotencyKey("me", "k", "print"))
        assert use is not None and use.job_id == job(2).id

    def test_records_are_kept_alive_without_a_container(self, both: tuple[Store, Store]) -> None:
        from ryla_graphs.modal_deploy.store.store import refresh

        old, _ = both
        old.add_job(job(1), [], IdempotencyKey("me", "k", "print"))
        assert refresh(old._records) == 2  # type: ignore[attr-defined]

    def test_what_cannot_be_copied_has_not_happened(
        self, both: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from modal.exception import ConnectionError as Gone

        store, _ = both

        def gone(*_: Any, **__: Any) -> None:
            raise Gone("no route")

        with monkeypatch.context() as patch:
            patch.setattr(store._records, "put", gone)  # type: ignore[attr-defined]
            with pytest.raises(StoreUnreachable):
                store.add_job(job(1), [])
        assert store.job(job(1).id) is None and store.add_job(job(1), []) is None


def test_who_brings_much_pushes_out_no_other_owner(opening: Callable[[], Open]) -> None:
    """The oldest job of an owner goes where that owner's take too much; uploads count for themselves."""
    store = opening()()
    for number, owner in enumerate(("me", "you", "me", "me")):
        begun = job(number, owner)
        store.add_job(begun, [event(1)])
        blob = store.blobs.put(b"x" * (100_000 + number))
        ended = replace(begun, state=JobState.CANCELLED, ended_at=float(number))
        output = replace(asset(number, blob.hash, begun.id), owner=owner, size=blob.size)
        store.save_job(ended, was=JobState.QUEUED, output=output)
    upload = store.blobs.put(b"y" * 10_000)
    store.add_asset(replace(asset(9, upload.hash), size=upload.size))
    store.add_asset(replace(asset(10, upload.hash, kind="lora"), size=upload.size))
    store.add_asset(replace(asset(11, upload.hash), owner="you", size=upload.size))

    assert store.expire(Retention(bytes=250_000), now=100.0) == 1
    assert [each.id for each in store.jobs()] == [job(3).id, job(2).id, job(1).id]
    assert store.uploaded_bytes("me") == store.uploaded_bytes("me", loras=True) == 10_000
    assert store.uploaded_bytes("no owner") == 0
    store.close()


def test_a_store_that_is_dropped_leaves_its_folder_and_its_thread(tmp_path: Path) -> None:
    def checkpoints() -> int:
        return sum(thread.name == "ryla-checkpoints" for thread in threading.enumerate())

    gc.collect()
    before = checkpoints()
    store: Store | None = SqliteStore(tmp_path)
    assert checkpoints() == before + 1
    store = None
    gc.collect()
    assert store is None
    while checkpoints() > before:  # it ends by itself, or the test never does
        time.sleep(0.01)
    SqliteStore(tmp_path).close()


def test_a_broken_database_leaves_nothing_open(tmp_path: Path) -> None:
    (tmp_path / "ryla.sqlite3").write_bytes(b"no database" * 99)
    for _ in range(2):  # the folder is free again after the first, and Python 3.13 warns of a connection left open
        with pytest.raises(InvalidSettings, match="broken or belongs to another program"):
            SqliteStore(tmp_path)
    gc.collect()
