"""A run is resumed wherever it is, runs once however often it is started, and is cancelled alone."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from ryla_graphs.engines.comfyui import ComfyUI
from ryla_graphs.engines.comfyui.run import attempt_id
from ryla_graphs.engines.events import Event, Failed, Finished, OutputReady, Retrying
from ryla_graphs.problems import EngineError, EngineUnreachable, ExecutionFailed, OutOfMemory, RunLost
from tests.engines.following import ERROR, NO_MEMORY, WORKFLOW, followed, resumed, story, together
from tests.engines.stub import HASTY, TRUSTING, Script, StubComfy, boundaries, serving

RUN = "9a2b0e52-6c7b-4a53-9a4d-3f3f0f0f0f0f"


@contextmanager
def twice(script: Script | None = None) -> Iterator[tuple[ComfyUI, ComfyUI, StubComfy]]:
    """A server, an engine on it, and another one as another process would have it."""
    with serving(script) as (engine, stub), ComfyUI(engine.client.address, patience=HASTY) as other:
        yield engine, other, stub


def outputs(events: list[Event]) -> list[str]:
    return [event.artifact.filename for event in events if isinstance(event, OutputReady)]


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("jobs_api", [True, False])
def test_a_run_that_is_done_tells_its_outputs_again(jobs_api: bool) -> None:
    with twice(Script(jobs_api=jobs_api)) as (engine, other, stub):
        begun = time.monotonic()
        story(engine, run_id=RUN)
        took = time.monotonic() - begun
        for events in (resumed(other, RUN), resumed(engine, RUN), story(other, run_id=RUN)):
            assert isinstance(events[-1], Finished) and events[-1].run == RUN
            assert outputs(events) == ["x_00001_.png", "x_00002_.png"]
            assert events[-1].outputs[0].read()
            assert events[-1].seconds <= took
        assert stub.executed == [RUN]


@pytest.mark.parametrize("jobs_api", [True, False])
def test_a_run_that_is_on_is_followed_to_its_end(jobs_api: bool) -> None:
    with twice(Script(latency=0.1, jobs_api=jobs_api)) as (engine, other, stub):
        engine.start(WORKFLOW, run_id=RUN)
        eventually(lambda: stub.executed == [RUN])
        events = resumed(other, RUN)
        assert [event.kind for event in events] == ["queued", "started", "output", "output", "finished"]
        assert stub.executed == [RUN]


def test_a_run_that_waits_is_followed_to_its_end() -> None:
    with twice(Script(latency=0.05)) as (engine, other, stub):
        engine.start(WORKFLOW)
        engine.start(WORKFLOW, run_id=RUN)
        assert isinstance(resumed(other, RUN)[-1], Finished)
        assert len(stub.executed) == 2


def test_a_run_that_failed() -> None:
    with twice(Script(error=ERROR)) as (engine, other, _):
        story(engine, run_id=RUN)
        last = resumed(other, RUN)[-1]
    assert isinstance(last, Failed) and isinstance(last.error, ExecutionFailed)
    assert "mat1 and mat2 shapes" in str(last.error) and last.error.node == "sampler"


def test_a_run_that_was_cancelled() -> None:
    with twice(Script(waits=True)) as (engine, other, _):
        started = engine.start(WORKFLOW, run_id=RUN)
        started.cancel()
        assert followed(lambda: started)[-1].kind == "cancelled"
        assert resumed(other, RUN)[-1].kind == "cancelled"


def test_an_unknown_run() -> None:
    with twice() as (_, other, _):
        last = resumed(other, RUN)[-1]
    assert isinstance(last, Failed) and isinstance(last.error, RunLost)


@pytest.mark.parametrize("away", [0.0, 0.2])
def test_a_run_that_a_restart_lost(away: float) -> None:
    with twice(Script(waits=True, away=away)) as (engine, other, stub):
        engine.start(WORKFLOW, run_id=RUN)
        eventually(lambda: stub.executed == [RUN])
        other.client.request("POST", "/stub/restart")
        last = resumed(other, RUN)[-1]
    assert isinstance(last, Failed) and isinstance(last.error, RunLost)


def test_a_run_of_a_server_that_does_not_answer() -> None:
    with ComfyUI("http://127.0.0.1:9", patience=replace(HASTY, unreachable=0.3)) as engine:
        last = resumed(engine, RUN)[-1]
    assert isinstance(last, Failed) and isinstance(last.error, EngineUnreachable)


def test_the_newest_attempt_is_the_one_that_counts() -> None:
    with twice(Script(errors=[NO_MEMORY, None])) as (engine, other, stub):
        story(engine, run_id=RUN)
        events = resumed(other, RUN)
        assert isinstance(events[-1], Finished) and "retrying" not in [event.kind for event in events]
        assert stub.executed == [RUN, attempt_id(RUN, 2)] and attempt_id(RUN, 2) != RUN


def test_an_attempt_that_its_process_did_not_live_to_make_is_made() -> None:
    with twice(Script(errors=[NO_MEMORY, None])) as (engine, other, stub):
        engine.start(WORKFLOW, run_id=RUN)
        eventually(lambda: engine.client.state(RUN).phase == "failed")
        events = resumed(other, RUN)
        assert isinstance(events[-1], Finished) and any(isinstance(event, Retrying) for event in events)
        assert stub.submitted[0]["prompt"] == stub.submitted[1]["prompt"]
        assert stub.executed == [RUN, attempt_id(RUN, 2)]


def test_a_run_that_failed_twice_because_memory_ran_out() -> None:
    with twice(Script(error=NO_MEMORY)) as (engine, other, stub):
        story(engine, run_id=RUN)
        last = resumed(other, RUN)[-1]
        assert isinstance(last, Failed) and isinstance(last.error, OutOfMemory)
        assert len(stub.executed) == 2


def test_started_from_many_sides_a_run_is_executed_once() -> None:
    with serving(Script(latency=0.02)) as (engine, stub):
        stories = together(*(lambda: engine.start(WORKFLOW, run_id=RUN) for _ in range(6)))
        assert all(isinstance(events[-1], Finished) for events in stories)
        assert stub.executed == [RUN]


def test_closing_ends_what_is_followed_without_a_verdict() -> None:
    with serving(Script(waits=True)) as (engine, stub):
        events = engine.start(WORKFLOW, run_id=RUN).events()
        assert next(events).kind == "queued"
        threading.Timer(0.05, engine.close).start()
        assert not [event for event in events if event.terminal]
        assert stub.cancelled == []
        with pytest.raises(EngineError, match="was closed"):
            engine.start(WORKFLOW)


@pytest.mark.parametrize("jobs_api", [True, False])
def test_a_run_that_waits_is_cancelled_and_no_other(jobs_api: bool) -> None:
    with serving(Script(waits=True, jobs_api=jobs_api), TRUSTING) as (engine, stub):
        first, second, third = (engine.start(WORKFLOW, run_id=str(uuid.uuid4())) for _ in range(3))
        second.cancel()
        assert followed(lambda: second)[-1].kind == "cancelled"
        assert engine.client.state(first.id).phase == "running"
        third.cancel()
        first.cancel()
        assert [events[-1].kind for events in together(lambda: first, lambda: third)] == ["cancelled"] * 2
        assert stub.executed == [first.id]


@pytest.mark.parametrize("event", range(boundaries(Script())))
def test_a_cancel_that_races_with_the_end_tells_who_won(event: int) -> None:
    with serving() as (engine, _):
        started = engine.start(WORKFLOW)
        seen = []
        for index, each in enumerate(started.events()):
            seen.append(each)
            if index == event:
                started.cancel()
        ended = engine.client.state(started.id).phase
        assert (seen[-1].kind, ended) in {
            ("finished", "done"),
            ("cancelled", "cancelled"),
            ("cancelled", "unknown"),
        }


def test_a_cancel_between_two_attempts() -> None:
    with serving(Script(errors=[NO_MEMORY])) as (hasty, stub):
        with ComfyUI(hasty.client.address, patience=replace(HASTY, rest=60)) as engine:
            started = engine.start(WORKFLOW)

            def cancel() -> None:
                eventually(lambda: stub.freed == 1)
                started.cancel()

            threading.Thread(target=cancel).start()
            assert followed(lambda: started)[-1].kind == "cancelled"
        assert len(stub.executed) == 1
