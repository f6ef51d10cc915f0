"""A job over several lives of a server: its times go on, and no number of an event is used again."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
import time
from pathlib import Path

from ryla_graphs.server import SqliteStore
from ryla_graphs.server.jobs.states import JobStates
from ryla_graphs.server.records import Job, JobEvent
from tests.server.test_states import job


def test_no_number_is_used_again_however_often_a_process_dies(tmp_path: Path) -> None:
    store, loop, sent = SqliteStore(tmp_path / "0"), asyncio.new_event_loop(), list[int]()

    class Numbers:
        def on_event(self, job: Job, event: JobEvent) -> None:
            sent.append(event.seq)

    states, new = JobStates(store, [Numbers()]), job()
    states.accept(new, loop)
    for life in range(1, 4):
        shutil.copytree(store.folder, tmp_path / str(life))  # what a killed process leaves
        store.close()
        store = SqliteStore(tmp_path / str(life))
        states = JobStates(store, [Numbers()])
        (left,) = store.jobs()
        states.revive(left, loop)
        states.begin(new.id, f"run-{life}")
        if life % 2:
            states.progress(new.id, lambda: {"step": 1})
        else:
            states.start(new.id)
    assert sent == sorted(set(sent))
    store.close()
    loop.close()


def test_the_times_of_a_job_are_counted_from_its_first_one_by_a_steady_clock(tmp_path: Path) -> None:
    store, loop, at = SqliteStore(tmp_path), asyncio.new_event_loop(), list[float]()

    class Times:
        def on_event(self, job: Job, event: JobEvent) -> None:
            at.append(event.at)

    states = JobStates(store, [Times()], clock=iter(range(100)).__next__)
    new = dataclasses.replace(job(), created_at=1_800_000_000.0)  # by a machine's clock, which may jump
    states.accept(new, loop)
    states.begin(new.id, "run")
    states.start(new.id)
    states.progress(new.id, lambda: {"step": 1})
    ended = states.succeed(new.id, {})
    assert ended.started_at is not None and ended.ended_at is not None
    assert new.created_at <= ended.started_at <= ended.ended_at < new.created_at + 100
    assert at == sorted(at) and at[0] == new.created_at
    store.close()
    loop.close()


def test_a_job_of_the_future_goes_on_from_its_last_time(tmp_path: Path) -> None:
    """The clock was ahead when it was accepted, and was set right before the server started again."""
    store, loop = SqliteStore(tmp_path), asyncio.new_event_loop()
    new = dataclasses.replace(job(), created_at=time.time() + 3600)
    JobStates(store).accept(new, loop)
    states = JobStates(store)
    states.revive(new, loop)
    states.begin(new.id, "run")
    states.start(new.id)
    ended = states.succeed(new.id, {})
    assert ended.started_at is not None and ended.ended_at is not None
    assert new.created_at <= ended.started_at <= ended.ended_at
    store.close()
    loop.close()
