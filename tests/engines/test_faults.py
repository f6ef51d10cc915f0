"""Whatever breaks at whatever event, a run on ComfyUI ends in the truth, soon, and tells nothing twice."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, get_args

import pytest

from ryla_graphs.engines.events import Cached, Event, Failed, Finished, Retrying
from ryla_graphs.problems import EngineUnreachable, ExecutionFailed, OutOfMemory, OutputMissing, RunLost
from tests.engines.following import ERROR, NO_MEMORY, WORKFLOW, followed, story, together
from tests.engines.stub import (
    HASTY,
    PNG,
    TRUSTING,
    AnswerFault,
    EventFault,
    Script,
    StubComfy,
    boundaries,
    file,
    serving,
)
from tests.graphs import text_to_image

EVENTS = boundaries(Script())
SEEN: tuple[EventFault, ...] = ("drop", "drop after", "twice", "swapped")
"""Faults that show without any silence."""
UNSEEN: tuple[EventFault, ...] = ("deaf", "lost", "garbled")


def finished_well(events: list[Event], stub: StubComfy) -> None:
    assert isinstance(events[-1], Finished), events[-1]
    assert [artifact.filename for artifact in events[-1].outputs] == ["x_00001_.png", "x_00002_.png"]
    assert len(stub.executed) == 1


@pytest.mark.parametrize("event", range(EVENTS))
@pytest.mark.parametrize("fault", SEEN + UNSEEN)
def test_a_fault_at_any_event_changes_nothing(fault: EventFault, event: int) -> None:
    with serving(Script(faults={event: fault}), TRUSTING if fault in SEEN else HASTY) as (engine, stub):
        finished_well(story(engine), stub)


@pytest.mark.parametrize("event", range(1, EVENTS, 2))
@pytest.mark.parametrize(
    ("fault", "waits_for_return"), [("drop", False), ("drop", True), ("drop after", True), ("deaf", False)]
)
def test_no_output_is_lost_of_which_nothing_was_promised(fault: EventFault, waits_for_return: bool, event: int) -> None:
    outputs: dict[str, Any] = {"words": {"text": ["hello"]}, "save": {"images": [file("1.png"), file("2.png")]}}
    script = Script(outputs=outputs, faults={event: fault}, waits_for_return=waits_for_return)
    with serving(script) as (engine, _):
        last = story(engine)[-1]
    assert isinstance(last, Finished) and {artifact.node for artifact in last.outputs} == {"words", "save"}


@pytest.mark.parametrize("event", range(0, EVENTS, 3))
def test_outputs_of_expanded_nodes_belong_to_the_node_that_was_written(event: int) -> None:
    outputs = {"save.0.0.1": {"images": [file("1.png")]}, "save.0.0.2": {"images": [file("2.png")]}}
    with serving(Script(outputs=outputs, faults={event: "drop"})) as (engine, _):
        last = story(engine)[-1]
    assert isinstance(last, Finished) and [artifact.node for artifact in last.outputs] == ["save", "save"]


def test_a_deaf_socket_is_replaced_for_the_runs_that_follow() -> None:
    with serving(Script(faults={4: "deaf"})) as (engine, stub):
        finished_well(story(engine), stub)
        engine._server = replace(engine._server, patience=TRUSTING)
        assert "progress" in [event.kind for event in story(engine)]
        assert stub.connections == 2


@pytest.mark.parametrize("event", range(EVENTS))
def test_the_same_on_a_server_without_a_jobs_api(event: int) -> None:
    with serving(Script(faults={event: "drop"}, jobs_api=False)) as (engine, stub):
        finished_well(story(engine), stub)


@pytest.mark.parametrize("event", range(0, EVENTS, 3))
@pytest.mark.parametrize("fault", ["drop", "deaf", "lost", "garbled"])
@pytest.mark.parametrize("jobs_api", [True, False])
def test_a_failure_is_reported_all_the_same(fault: EventFault, event: int, jobs_api: bool) -> None:
    with serving(Script(error=ERROR, faults={event: fault, EVENTS - 6: fault}, jobs_api=jobs_api)) as (engine, _):
        last = story(engine)[-1]
    assert isinstance(last, Failed) and isinstance(last.error, ExecutionFailed)
    assert str(last.error).startswith("KSampler 'sampler' failed: mat1 and mat2 shapes [")
    assert "graphs.py:" in str(last.error)


@pytest.mark.parametrize("away", [0.0, 0.2])
@pytest.mark.parametrize("event", range(EVENTS))
def test_a_restart_loses_the_run_and_says_so(event: int, away: float) -> None:
    with serving(Script(faults={event: "restart"}, away=away), TRUSTING) as (engine, stub):
        last = story(engine)[-1]
        if event < EVENTS - 1:
            assert isinstance(last, Failed) and isinstance(last.error, RunLost)
        else:
            assert isinstance(last, Finished)
        assert stub.restarts == 1
        # The next run finds a server as good as new.
        while not engine.health().ready:
            time.sleep(0.02)
        assert isinstance(story(engine)[-1], Finished)


def test_a_server_that_does_not_come_back() -> None:
    with serving(Script(faults={5: "restart"}, away=60), replace(HASTY, unreachable=0.6)) as (engine, _):
        last = story(engine)[-1]
        assert isinstance(last, Failed) and isinstance(last.error, EngineUnreachable)
        assert not engine.health().ready


@pytest.mark.parametrize("fault", [fault for fault in get_args(AnswerFault) if fault != "hangs"])
@pytest.mark.parametrize("route", ["/api", "/view"])
def test_an_answer_that_goes_wrong_is_asked_for_again(route: str, fault: AnswerFault) -> None:
    # The socket is dropped, so that the run depends on the answer.
    with serving(Script(faults={7: "deaf"}, answers={route: [fault, fault]})) as (engine, stub):
        events = story(engine)
        finished_well(events, stub)
        if fault in ("500", "502", "reset", "slow") and isinstance(events[-1], Finished):
            assert all(artifact.read() for artifact in events[-1].outputs)


@pytest.mark.parametrize("fault", [fault for fault in get_args(AnswerFault) if fault not in ("hangs", "truncated")])
def test_what_a_proxy_says_about_an_output_is_not_believed(fault: AnswerFault) -> None:
    with serving() as (engine, stub):
        last = story(engine)[-1]
        assert isinstance(last, Finished)
        stub.script.answers["/view"] = [fault] * 3
        try:
            content = last.outputs[0].read()
        except OutputMissing:
            assert fault == "500"  # the server itself says so
        except EngineUnreachable:
            assert fault not in ("slow", "not json")
        else:
            assert content == (PNG if fault != "not json" else b"<html>Please log in</html>")
        stub.script.answers["/view"] = []
        assert last.outputs[0].read() == PNG


def test_an_output_is_missing_where_the_server_itself_says_so() -> None:
    with serving(Script(outputs={"save": {"images": [file("gone-1.png"), file("gone-2.png")]}})) as (engine, _):
        last = story(engine)[-1]
        assert isinstance(last, Finished)
        with pytest.raises(OutputMissing):
            last.outputs[0].read()


@pytest.mark.parametrize(
    "fault", ["502", "521", "429", "404 page", "page", "truncated", "not json", "reset", "reset after", "slow"]
)
def test_a_submission_whose_answer_is_lost_runs_once(fault: AnswerFault) -> None:
    with serving(Script(answers={"/prompt": [fault]})) as (engine, stub):
        finished_well(story(engine), stub)


@pytest.mark.parametrize("fault", ["500", "502", "truncated", "reset", "not json", None])
def test_cancelling_gets_through(fault: AnswerFault | None) -> None:
    with serving(Script(waits=True)) as (engine, stub):
        started = engine.start(WORKFLOW)
        stub.script.answers["/api"] = [fault, fault]
        started.cancel()
        assert followed(lambda: started)[-1].kind == "cancelled"
        assert set(stub.cancelled) == {started.id}
        started.cancel()


def test_a_socket_that_is_dead_without_a_word_is_noticed_by_ping() -> None:
    with serving(Script(pongs=False, latency=0.5, steps=1), replace(HASTY, ping=0.2)) as (engine, stub):
        finished_well(story(engine), stub)
        assert stub.connections > 1


def test_an_idle_socket_stays_open() -> None:
    connections = []
    for ping in (0.3, 3.0, 30.0):  # a slow machine may answer the short ones too late
        with serving(patience=replace(TRUSTING, ping=ping)) as (engine, stub):
            story(engine)
            time.sleep(1.3 * ping)
            story(engine)
            connections.append(stub.connections)
        if connections[-1] == 1:
            break
    assert connections[-1] == 1, connections


def test_one_socket_serves_many_runs_at_once() -> None:
    with serving(Script(outputs=None, steps=20), TRUSTING) as (engine, stub):
        runs = [engine.start(text_to_image(seed=seed).compile()) for seed in range(12)]
        for run, events in zip(runs, together(*(lambda run=run: run for run in runs)), strict=True):
            last = events[-1]
            assert isinstance(last, Finished) and {event.run for event in events} == {run.id}
            assert all(run.id in artifact.filename for artifact in last.outputs) and len(last.outputs) == 2
        assert stub.connections == 1


def test_a_dead_socket_is_replaced_for_the_next_run_too() -> None:
    with serving(Script(faults={EVENTS - 1: "drop after"}), TRUSTING) as (engine, stub):
        for _ in range(3):
            assert isinstance(story(engine)[-1], Finished)
        assert stub.connections == 2


def test_outputs_of_a_cached_run_are_found_in_the_record() -> None:
    with serving(Script(cached=True)) as (engine, stub):
        events = story(engine)
        finished_well(events, stub)
    assert [event.nodes for event in events if isinstance(event, Cached)] == [("save",)]


@pytest.mark.parametrize("event", range(0, EVENTS, 4))
def test_a_missing_output_is_never_a_success(event: int) -> None:
    outputs = {"save": {"images": [{"filename": "x.png"}]}}
    with serving(Script(outputs=outputs, faults={event: "drop"})) as (engine, _):
        last = story(engine)[-1]
    assert isinstance(last, Failed) and isinstance(last.error, OutputMissing)


def test_without_memory_a_run_is_retried_once() -> None:
    with serving(Script(errors=[NO_MEMORY, None])) as (engine, stub):
        events = story(engine, run_id="9a2b0e52-6c7b-4a53-9a4d-3f3f0f0f0f0f")
        assert isinstance(events[-1], Finished) and len(events[-1].outputs) == 2
        (again,) = (event for event in events if isinstance(event, Retrying))
        assert again.attempt == 2
        kinds = [event.kind for event in events]
        assert kinds[kinds.index("retrying") :].count("node") == kinds.count("node") - 1 == 2
        assert again.reason.startswith("KSampler 'sampler' ran out of memory: Allocation on device 0")
        assert "TIPS" not in again.reason
        assert {event.run for event in events} == {"9a2b0e52-6c7b-4a53-9a4d-3f3f0f0f0f0f"}
        assert stub.freed == 1 and len(set(stub.executed)) == 2
        assert stub.submitted[0]["prompt"] == stub.submitted[1]["prompt"]


@pytest.mark.parametrize("event", range(0, EVENTS, 3))
@pytest.mark.parametrize("fault", ["drop", "deaf", "lost"])
def test_the_same_with_faults(fault: EventFault, event: int) -> None:
    with serving(Script(errors=[NO_MEMORY, None], faults={event: fault})) as (engine, stub):
        assert isinstance(story(engine)[-1], Finished)
        assert len(set(stub.executed)) == len(stub.executed) == 2


def test_no_memory_the_second_time_either() -> None:
    with serving(Script(error=NO_MEMORY)) as (engine, stub):
        last = story(engine)[-1]
        assert isinstance(last, Failed) and isinstance(last.error, OutOfMemory)
        assert (last.error.node, last.error.class_type) == ("sampler", "KSampler")
        assert len(stub.executed) == 2 and engine.health().ready
