"""What one step of a job stores and reports, and to whom; also when another process has the job, or the store fails."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs.answers.words import JobState
from ryla_graphs.problems import StoreUnreachable
from ryla_graphs.server import SqliteStore
from ryla_graphs.server.jobs.channels import BACKLOG
from ryla_graphs.server.jobs.states import IllegalTransition, JobStates
from ryla_graphs.server.records import Ended, IdempotencyKey, Job, JobError, JobEvent
from ryla_graphs.server.storage import StaleJob
from tests.server.test_states import Slow, job, opened, output


class Doors:
    """A store that a test can close: then each write raises."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.closed: Exception | None = None
        self.saves = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def _write(self, name: str, *args: Any, **facts: Any) -> Any:
        if self.closed is not None:
            raise self.closed
        return getattr(self._store, name)(*args, **facts)

    def add_job(self, *args: Any) -> Any:
        return self._write("add_job", *args)

    def save_job(self, *args: Any, **facts: Any) -> None:
        self.saves += 1
        self._write("save_job", *args, **facts)


class House:
    """A process with its jobs, whose clock counts."""

    def __init__(self, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.store: Any = Doors(opened(folder))
        self.reported: list[tuple[int, str, Any]] = []
        self.states = JobStates(self.store, [self], clock=iter(range(1, 10_000)).__next__)

    def on_event(self, job: Job, event: JobEvent) -> None:
        self.reported.append((event.seq, event.kind, event.data))

    def close(self) -> None:
        self.store.close()
        self.loop.close()

    def accepted(self, **more: Any) -> str:
        new = job()
        assert self.states.accept(new, self.loop, **more) is None
        self.reported.clear()
        return new.id

    def started(self) -> str:
        job_id = self.accepted(run_id="run")
        self.states.start(job_id)
        self.reported.clear()
        return job_id

    def kept(self, job_id: str) -> list[tuple[int, str, Any]]:
        """The stored events, but that of the submission."""
        return [(event.seq, event.kind, event.data) for event in self.store.events(job_id)][1:]

    def ends(self, job_id: str) -> list[Ended]:
        """Gets the job's end, once it comes."""
        channel, found = self.states.channel(job_id), list[Ended]()
        assert channel is not None
        channel.wake_at_end(lambda: found.append(channel.end))  # type: ignore[arg-type]
        return found


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.close()


def test_what_each_step_reports(house: House) -> None:
    states, new = house.states, job()
    states.accept(new, house.loop)
    assert house.reported == [(1, "status", {"state": "queued", "attempt": 0})]
    states.begin(new.id, "first")  # it waits as before
    states.attempted(new.id, ({"route": "home"},))
    states.start(new.id)
    made = output(new.id, house.store.blobs.put(b"1").hash, 0)
    states.commit(new.id, made)
    states.begin(new.id, "second")
    states.request_cancel(new.id)
    found = states.live(new.id)
    assert found is not None and (found.run_id, found.attempt) == ("second", 2)
    assert found.attempts == ({"route": "home"},)
    states.cancel(new.id)
    assert [(seq, kind) for seq, kind, _ in house.reported] == [
        (1, "status"),
        (2, "status"),
        (3, "output"),
        (4, "status"),
        (5, "status"),
        (6, "status"),
    ]
    facts = [data for _, _, data in house.reported]
    assert facts[1] == {"state": "running", "attempt": 1}
    assert (facts[2]["id"], facts[2]["hash"]) == (made.id, f"blake3:{made.hash}")
    assert facts[3] == {"state": "running", "attempt": 2}
    assert facts[4] == {"state": "running", "attempt": 2, "cancel_requested": True}
    assert facts[5] == {"state": "cancelled", "attempt": 2}, "whoever wanted that, it has ended"
    assert house.kept(new.id) == house.reported[1:]


def test_why_a_job_failed_is_reported(house: House) -> None:
    job_id = house.started()
    house.states.fail(job_id, JobError(code="node_failed", message="no", node="sampler", class_type="KSampler"))
    error = {"code": "node_failed", "message": "no", "node": "sampler"}
    assert house.reported == [(3, "status", {"state": "failed", "attempt": 1, "error": error})]


def test_a_job_can_start_in_the_transaction_that_stores_it(house: House) -> None:
    at_once, later = house.accepted(run_id="run"), house.accepted()
    found = [house.store.job(job_id) for job_id in (at_once, later)]
    assert [(each.run_id, each.attempt) for each in found] == [("run", 1), (None, 0)]
    assert [house.store.events(each.id)[0].data["attempt"] for each in found] == [1, 0]
    assert found == [house.states.live(job_id) for job_id in (at_once, later)]


def test_a_job_that_cannot_be_stored_never_was(house: House) -> None:
    house.store.closed = StoreUnreachable("full")
    with pytest.raises(StoreUnreachable):
        house.states.accept(job(), house.loop)
    assert (house.states.all_live(), house.reported) == ((), [])


def test_a_key_that_was_used_leaves_no_trace(house: House) -> None:
    key = IdempotencyKey("me", "a", "same")
    job_id = house.accepted(key=key)
    use = house.states.accept(job(), house.loop, key)
    assert use is not None and use.job_id == job_id
    assert [live.id for live in house.states.all_live()] == [job_id] and house.reported == []


def test_a_run_belongs_to_one_job(house: House) -> None:
    jobs = {run: house.accepted(run_id=run) for run in ("a", "b")}
    for run, job_id in jobs.items():
        found = house.states.of_run(run)
        assert found is not None and found.id == job_id
    assert house.states.of_run("c") is None


def test_whether_somebody_reads(house: House) -> None:
    job_id, other = house.accepted(), house.accepted()
    channel = house.states.channel(job_id)
    assert channel is not None

    async def read() -> None:
        async with aclosing(channel.follow()) as batches:
            async for _ in batches:
                assert house.states.followed(job_id) and not house.states.followed(other)
                return

    assert not house.states.followed(job_id)
    house.loop.run_until_complete(read())
    assert not house.states.followed(job_id) and not house.states.followed("unknown")


def test_a_preview_is_only_shown_and_a_route_is_kept(house: House) -> None:
    job_id = house.started()
    house.states.preview(job_id, {"data": "AA=="})
    house.states.routed(job_id, {"route": "home"})
    assert house.reported == [(0, "preview", {"data": "AA=="}), (3, "routed", {"route": "home"})]
    house.states.succeed(job_id, {})
    assert [kind for _, kind, _ in house.kept(job_id)] == ["status", "routed", "status"]


@pytest.mark.parametrize("kind", ["preview", "routed"])
def test_nothing_is_reported_of_a_job_that_has_ended(house: House, kind: str) -> None:
    job_id = house.started()
    house.states.cancel(job_id)
    house.reported.clear()
    getattr(house.states, kind)(job_id, {})
    house.states.progress(job_id, dict)
    house.states.freshen(job_id)
    assert house.reported == [] and house.states.progress_of(job_id) is None


class TestStored:
    """What waits for the next write, and for how long."""

    def reported(self, house: House, job_id: str, count: int) -> None:
        for number in range(count):
            house.states.routed(job_id, {"number": number})

    def test_so_many_numbers_and_no_more_are_sent_before_they_are_stored(self, house: House) -> None:
        job_id = house.accepted()
        self.reported(house, job_id, BACKLOG - 1)
        assert house.kept(job_id) == []
        self.reported(house, job_id, 1)
        assert house.kept(job_id) == house.reported and len(house.reported) == BACKLOG

    def test_what_cannot_be_stored_waits(self, house: House) -> None:
        job_id = house.accepted()
        house.store.closed = StoreUnreachable("full")
        self.reported(house, job_id, BACKLOG + 5)
        house.store.closed = None
        assert house.kept(job_id) == []
        house.states.request_cancel(job_id)
        assert house.kept(job_id) == house.reported and len(house.reported) == BACKLOG + 6

    def test_a_start_is_kept_later_once(self, house: House) -> None:
        job_id, waiting = house.started(), house.accepted()
        assert house.store.job(job_id).state is JobState.QUEUED
        house.store.closed = StoreUnreachable("full")
        house.states.keep()
        assert house.store.job(job_id).state is JobState.QUEUED
        house.store.closed = None
        house.states.keep()
        assert house.store.job(job_id) == house.states.live(job_id)
        assert house.kept(job_id) == [(2, "status", {"state": "running", "attempt": 1})]
        saves = house.store.saves
        house.states.keep()
        assert house.store.saves == saves, "neither job has anything new"
        assert house.store.job(waiting).state is JobState.QUEUED

    def test_a_start_that_is_kept_while_the_job_ends_is_not_written_again(self, house: House) -> None:
        job_id = house.started()
        slow: Any = Slow(house.store)
        house.states._store = slow
        with ThreadPoolExecutor(2) as pool:
            end = pool.submit(house.states.succeed, job_id, {})
            assert slow.saving.wait(60)
            live = house.states._live[job_id]
            live.lock = knocked = _Knocked(live.lock)  # type: ignore[assignment]
            keeping = pool.submit(house.states.keep)
            assert knocked.knocked.wait(60)
            slow.go_on.set()
            assert end.result(60).state is JobState.SUCCEEDED
            keeping.result(60)
        assert house.store.saves == 1


class _Knocked:
    """A lock that says when somebody waits for it."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self.knocked = threading.Event()

    def __enter__(self) -> None:
        self.knocked.set()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


STEPS: dict[str, Callable[[JobStates, str], object]] = {
    "begin": lambda states, job_id: states.begin(job_id, "another"),
    "start": lambda states, job_id: states.start(job_id),
    "attempted": lambda states, job_id: states.attempted(job_id, ()),
    "request_cancel": lambda states, job_id: states.request_cancel(job_id),
    "commit": lambda states, job_id: states.commit(job_id, output(job_id, "0" * 64, 0)),
    "succeed": lambda states, job_id: states.succeed(job_id, {}),
    "fail": lambda states, job_id: states.fail(job_id, JobError(code="x", message="x")),
    "cancel": lambda states, job_id: states.cancel(job_id),
}


class TestElsewhere:
    """Another process has taken the job over: it moves the job, and readers here get what it stores."""

    @pytest.fixture
    def there(self, house: House) -> tuple[House, Job]:
        job_id = house.started()
        house.states.keep()
        found = house.store.job(job_id)
        house.states.heard(found, house.store.events(job_id), [])
        return house, found

    def test_readers_get_its_events(self, there: tuple[House, Job]) -> None:
        house, mine = there
        channel = house.states.channel(mine.id)
        assert channel is not None
        made = output(mine.id, house.store.blobs.put(b"1").hash, 0)
        theirs = JobEvent(200, 5.0, "progress", {"step": 7})
        house.states.heard(mine, [*house.store.events(mine.id), theirs], [made])
        assert house.states.progress_of(mine.id) == {"step": 7} and house.states.outputs(mine.id) == (made,)
        assert house.states.live(mine.id) == mine and channel.end is None and house.reported == []

    @pytest.mark.parametrize("step", STEPS)
    def test_no_other_process_moves_the_job(self, there: tuple[House, Job], step: str) -> None:
        house, mine = there
        saves = house.store.saves
        with pytest.raises(IllegalTransition, match="belongs to another process"):
            STEPS[step](house.states, mine.id)
        assert house.states.live(mine.id) == mine and (house.store.saves, house.reported) == (saves, [])

    def test_nothing_is_reported_from_here(self, there: tuple[House, Job]) -> None:
        house, mine = there
        house.states.routed(mine.id, {})
        house.states.preview(mine.id, {})
        house.states.progress(mine.id, dict)
        house.states.freshen(mine.id)
        assert house.reported == []

    def test_its_end_is_the_end(self, there: tuple[House, Job]) -> None:
        house, mine = there
        found = house.ends(mine.id)
        done = dataclasses.replace(mine, state=JobState.SUCCEEDED, ended_at=9.0)
        house.states.heard(done, [JobEvent(300, 9.0, "status", {"state": "succeeded"})], [])
        assert found == [Ended(done, ())] and house.states.live(mine.id) is None
        house.states.heard(done, [], [])  # twice, as a poll may
        assert house.states.all_live() == ()

    def test_a_start_that_is_not_stored_yet_stays_reported(self, house: House) -> None:
        job_id = house.started()
        kept = house.store.job(job_id)
        house.states.heard(kept, [], [])
        now = house.states.live(job_id)
        assert now is not None and (now.state, now.started_at) == (JobState.RUNNING, 2)
        saves = house.store.saves
        house.states.keep()
        assert house.store.saves == saves, "whoever has the job stores it"

    @pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING])
    def test_its_state_is_taken_over(self, house: House, state: JobState) -> None:
        job_id = house.accepted()
        theirs = dataclasses.replace(house.store.job(job_id), state=state, attempt=4)
        house.states.heard(theirs, [], [])
        assert house.states.live(job_id) == theirs

    def test_a_job_that_is_not_here_stays_unknown(self, house: House) -> None:
        house.states.heard(job(), [JobEvent(1, 1.0, "status", {})], [])
        assert house.states.all_live() == ()


class TestOvertaken:
    """Another process has written to the job, and this one has not heard of that yet."""

    @pytest.mark.parametrize("step", [step for step in STEPS if step != "start"])
    def test_a_step_is_refused(self, house: House, step: str) -> None:
        job_id = house.started()
        before = house.states.live(job_id)
        house.store.closed = StaleJob("the job belongs to another container")
        with pytest.raises(IllegalTransition, match="belongs to another container"):
            STEPS[step](house.states, job_id)
        assert house.states.live(job_id) == before and house.reported == []

    def test_whoever_looks_is_not_disturbed(self, house: House) -> None:
        job_id = house.started()
        house.store.closed = StaleJob("the job belongs to another container")
        for number in range(BACKLOG + 5):
            house.states.progress(job_id, partial(dict, step=number))
            house.states.freshen(job_id)
        house.states.routed(job_id, {})
        house.states.keep()
        assert house.states.progress_of(job_id) == {"step": BACKLOG + 4}


def test_an_abandoned_job_is_left_to_the_next_process(house: House) -> None:
    job_id = house.started()
    found, kept = house.ends(job_id), house.store.job(job_id)
    house.states.abandon(job_id)
    assert [end.job.state for end in found] == [JobState.RUNNING] and house.states.live(job_id) is None
    house.states.abandon(job_id)
    assert house.store.job(job_id) == kept and len(found) == 1


def test_a_revived_job_goes_on_from_what_was_stored(house: House, tmp_path: Path) -> None:
    job_id = house.started()
    made = output(job_id, house.store.blobs.put(b"1").hash, 0)
    house.states.commit(job_id, made)
    kept = house.store.job(job_id)
    after = JobStates(house.store)
    after.revive(kept, house.loop)
    assert after.live(job_id) == kept and after.outputs(job_id) == (made,)
    channel = after.channel(job_id)
    assert channel is not None
    after.succeed(job_id, {"queue_ms": 1})
    assert channel.end == Ended(house.store.job(job_id), (made,))
    numbers = [event.seq for event in house.store.events(job_id)]
    assert numbers[-1] > numbers[-2] + BACKLOG, "no number that may have been sent is used again"
