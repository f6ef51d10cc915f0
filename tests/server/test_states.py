"""Laws of the state machine and its store, through any order of steps, deaths and restarts."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from ryla_graphs.answers.words import JobState
from ryla_graphs.problems import InvalidSettings
from ryla_graphs.server import SqliteStore
from ryla_graphs.server.jobs.states import TRANSITIONS, IllegalTransition, JobStates
from ryla_graphs.server.records import Asset, IdempotencyKey, Job, JobError, JobEvent, JobRequest
from ryla_graphs.server.storage.base import Retention

ENDS = {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}


def job(owner: str = "me") -> Job:
    return Job(id=str(uuid4()), owner=owner, request=JobRequest(prompt={}), created_at=1.0)


def output(job_id: str, digest: str, place: int) -> Asset:
    facts: dict[str, Any] = {"media_type": "image/png", "name": "x.png", "created_at": 1.0, "node": "save"}
    return Asset(id=str(uuid4()), owner="me", hash=digest, size=1, job_id=job_id, number=place, place=place, **facts)


def opened(folder: Path) -> SqliteStore:
    """A store that leaves it to the system when the disk is written, which only a power cut would tell."""
    store = SqliteStore(folder)
    store._db.execute("PRAGMA synchronous = OFF")
    return store


@dataclass
class Known:
    """What somebody outside knows of a job."""

    state: JobState
    outputs: list[bytes] = field(default_factory=list)
    sent: list[JobEvent] = field(default_factory=list)
    key: IdempotencyKey | None = None


class Sent:
    """A sink that remembers."""

    def __init__(self, known: dict[str, Known]) -> None:
        self._known = known

    def on_event(self, job: Job, event: JobEvent) -> None:
        self._known[job.id].sent.append(event)


class Survival(RuleBasedStateMachine):
    """Jobs move, the process dies at any moment, the folder is all that is left."""

    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.lives = 0
        self.known: dict[str, Known] = {}
        self.store = opened(self.folder / "0")
        self.states = JobStates(self.store, [Sent(self.known)])

    def teardown(self) -> None:
        self.store.close()
        self.loop.close()
        shutil.rmtree(self.folder)

    def _try(self, job_id: str, to: JobState, step: Callable[[], Any]) -> None:
        """A step is taken where the table allows it, and refused where it does not."""
        known = self.known[job_id]
        if to in TRANSITIONS[known.state]:
            step()
            known.state = to
        else:
            with pytest.raises(IllegalTransition):
                step()

    @rule(target=jobs, keyed=st.booleans())
    def submit(self, keyed: bool) -> str:
        new = job()
        key = IdempotencyKey("me", new.id, "same") if keyed else None
        self.known[new.id] = Known(JobState.QUEUED, key=key)
        assert self.states.accept(new, self.loop, key) is None
        return new.id

    @rule(job_id=jobs)
    def submit_again(self, job_id: str) -> None:
        if (key := self.known[job_id].key) is not None:
            again = job()
            use = self.states.accept(again, self.loop, key)
            assert use is not None and use.job_id == job_id
            assert self.store.job(again.id) is None and self.states.live(again.id) is None

    @rule(job_id=jobs)
    def begin(self, job_id: str) -> None:
        """Where it was, for it waits in the engine now."""
        if self.known[job_id].state in ENDS:
            with pytest.raises(IllegalTransition):
                self.states.begin(job_id, str(uuid4()))
        else:
            assert self.states.begin(job_id, str(uuid4())).state is self.known[job_id].state

    @rule(job_id=jobs)
    def start(self, job_id: str) -> None:
        if self.known[job_id].state is JobState.RUNNING:
            assert self.states.start(job_id) == self.states.live(job_id)
        else:
            self._try(job_id, JobState.RUNNING, lambda: self.states.start(job_id))

    @rule()
    def keep(self) -> None:
        self.states.keep()
        for job_id, known in self.known.items():
            kept = self.store.job(job_id)
            assert kept is not None and kept.state is known.state

    @rule(job_id=jobs, count=st.integers(1, 150))
    def progress(self, job_id: str, count: int) -> None:
        for step in range(count):
            self.states.progress(job_id, partial(dict, step=step))

    @rule(job_id=jobs, content=st.binary(min_size=1, max_size=20))
    def commit(self, job_id: str, content: bytes) -> None:
        known = self.known[job_id]
        blob = self.store.blobs.put(content)
        made = output(job_id, blob.hash, len(known.outputs))
        if known.state in ENDS:
            with pytest.raises(IllegalTransition):
                self.states.commit(job_id, made)
        else:
            self.states.commit(job_id, made)
            known.outputs.append(content)

    @rule(job_id=jobs)
    def succeed(self, job_id: str) -> None:
        self._try(job_id, JobState.SUCCEEDED, lambda: self.states.succeed(job_id, {"queue_ms": 1}))

    @rule(job_id=jobs)
    def fail(self, job_id: str) -> None:
        error = JobError(code="node_failed", message="no", node="sampler", problems=({"code": "x"},))
        self._try(job_id, JobState.FAILED, lambda: self.states.fail(job_id, error))

    @rule(job_id=jobs)
    def cancel(self, job_id: str) -> None:
        self._try(job_id, JobState.CANCELLED, lambda: self.states.cancel(job_id))

    @rule(job_id=consumes(jobs))
    def forget(self, job_id: str) -> None:
        ended = self.known[job_id].state in ENDS
        assert self.store.delete_job(job_id) is ended
        if ended:
            del self.known[job_id]
            assert self.store.job(job_id) is None and not self.store.events(job_id) and not self.store.outputs(job_id)

    @rule()
    def die(self) -> None:
        """A killed process leaves the files as they are at that moment."""
        before, self.lives = self.store, self.lives + 1
        after = self.folder / str(self.lives)
        shutil.copytree(before.folder, after)
        before.close()
        self.store = opened(after)
        self.states = JobStates(self.store, [Sent(self.known)])
        for left in self.store.jobs(states=set(JobState) - ENDS):
            self.states.revive(left, self.loop)
            known = self.known[left.id]
            if left.state is not known.state:  # its start was reported and not stored
                known.state = left.state
                known.sent = [event for event in known.sent if event.data.get("state") is not JobState.RUNNING]

    @invariant()
    def nothing_is_lost(self) -> None:
        for job_id, known in self.known.items():
            kept = self.store.job(job_id)
            assert kept is not None
            live = self.states.live(job_id)
            assert (live is None) is (known.state in ENDS)
            assert (live or kept).state is known.state
            if live is not None and kept.state is not live.state:  # the start may wait for what comes next
                assert (kept.state, live.state) == (JobState.QUEUED, JobState.RUNNING)
                live = dataclasses.replace(live, state=JobState.QUEUED, started_at=None)
            assert live is None or live == kept
            assert [self.store.blobs.read(asset.hash) for asset in self.store.outputs(job_id)] == known.outputs

    @invariant()
    def what_was_sent_is_kept_in_order(self) -> None:
        for job_id, known in self.known.items():
            numbers = [event.seq for event in known.sent]
            assert numbers == sorted(set(numbers)), "a number stands for two events"
            sent, kept = (
                [event for event in events if event.kind != "progress"]
                for events in (known.sent, self.store.events(job_id))
            )
            assert sent[: len(kept)] == kept
            assert [event.data["state"] for event in sent[len(kept) :]] in ([], [JobState.RUNNING])


TestSurvival = Survival.TestCase
TestSurvival.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)


def test_a_folder_belongs_to_one_process(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    with pytest.raises(InvalidSettings, match="another server works in"):
        SqliteStore(tmp_path)
    store.close()
    SqliteStore(tmp_path).close()


def test_progress_is_made_for_whoever_asks_and_kept_at_the_end(tmp_path: Path) -> None:
    store, loop = SqliteStore(tmp_path), asyncio.new_event_loop()
    states, new = JobStates(store), job()
    states.accept(new, loop)
    states.begin(new.id, "run")
    made: list[int] = []

    def snapshot(step: int) -> dict[str, int]:
        made.append(step)
        return {"step": step}

    def events() -> list[int]:
        return [event.data["step"] for event in store.events(new.id) if event.kind == "progress"]

    for step in range(9):
        states.progress(new.id, partial(snapshot, step))
    assert made == [], "it has no readers"
    assert states.progress_of(new.id) == {"step": 8}
    states.start(new.id)
    states.keep()
    assert made == [8, 8] and events() == [8], "for whoever looks at the store"
    states.progress(new.id, partial(snapshot, 9))
    states.succeed(new.id, {})
    assert made == [8, 8, 9] and events() == [8, 9]
    store.close()
    loop.close()


def test_a_reader_gets_the_progress_so_far(tmp_path: Path) -> None:
    store, loop = SqliteStore(tmp_path), asyncio.new_event_loop()
    states, new = JobStates(store), job()
    states.accept(new, loop)

    async def read() -> list[int]:
        states.progress(new.id, lambda: {"step": 1})
        states.freshen(new.id)
        channel = states.channel(new.id)
        assert channel is not None
        steps: list[int] = []
        async with aclosing(channel.follow()) as batches:
            async for batch in batches:
                steps += [event.data["step"] for event in batch if event.kind == "progress"]
                if steps != [1]:
                    break
                states.progress(new.id, lambda: {"step": 2})
        return steps

    assert loop.run_until_complete(read()) == [1, 2]
    store.close()
    loop.close()


def test_retention(tmp_path: Path) -> None:
    store, loop = SqliteStore(tmp_path), asyncio.new_event_loop()
    states = JobStates(store, clock=iter(range(100)).__next__)
    ids = []
    contents = (b"1" * 60_000, b"2" * 60_000, b"3" * 60_000)  # the text of a job has some hundred bytes
    for number, content in enumerate(contents):
        new = dataclasses.replace(job(), created_at=10.0 * number)
        states.accept(new, loop)
        states.begin(new.id, "run")
        states.start(new.id)
        made = output(new.id, store.blobs.put(content).hash, 0)
        states.commit(new.id, dataclasses.replace(made, size=60_000))
        ids.append(new.id)
    states.succeed(ids[0], {})
    states.succeed(ids[1], {})
    assert store.expire(Retention(seconds=1000, bytes=190_000), now=100) == 0
    assert store.expire(Retention(bytes=130_000), now=100) == 1, "the oldest that has ended goes"
    assert [store.job(job_id) is None for job_id in ids] == [True, False, False]
    assert store.expire(Retention(bytes=1), now=100) == 1, "what has not ended stays"
    assert store.expire(Retention(seconds=0), now=1000) == 0
    store.close()
    loop.close()


class Slow:
    """A store that halts in `save_job`, so that a test can do something meanwhile."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.saving, self.go_on = threading.Event(), threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def save_job(self, *args: Any, **facts: Any) -> None:
        self._store.save_job(*args, **facts)
        self.saving.set()
        assert self.go_on.wait(60)


def test_whoever_comes_while_a_job_ends_finds_it_ended(tmp_path: Path) -> None:
    store: Any = Slow(opened(tmp_path))
    sent: dict[str, Known] = {}
    states = JobStates(store, [Sent(sent)])
    new = job()
    sent[new.id] = Known(JobState.QUEUED)
    loop = asyncio.new_event_loop()
    states.accept(new, loop)
    with ThreadPoolExecutor(3) as pool:
        end = pool.submit(states.cancel, new.id)
        assert store.saving.wait(60)
        late = pool.submit(states.request_cancel, new.id)
        progress = pool.submit(states.progress, new.id, lambda: {"done": 1})
        time.sleep(0.05)  # both wait for the lock now
        store.go_on.set()
        assert end.result(60).state is JobState.CANCELLED
        with pytest.raises(IllegalTransition, match="has ended"):
            late.result(60)
        progress.result(60)
    assert [event.kind for event in sent[new.id].sent] == ["status", "status"]
    loop.close()
