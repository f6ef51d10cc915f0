"""The router over places that do what a test says: who gets a run, and what becomes of it when a place fails."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import Workflow
from ryla_graphs.engines.events import Cancelled, Event, Failed, Finished, Retrying, Routed
from ryla_graphs.engines.router import Accepts, Attempt, MemoryJournal, Route, Router, RunOptions
from ryla_graphs.engines.router.journal import Policy
from ryla_graphs.nodes import EmptyImage, SaveImage
from ryla_graphs.problems import (
    AtNode,
    EngineBusy,
    EngineDenied,
    EngineError,
    EngineRefused,
    EngineUnreachable,
    ExecutionFailed,
    OutOfMemory,
    OutputMissing,
    Problem,
    RunLost,
    RunUncertain,
)
from tests.routing.places import Act, Place, PlaceRun, router_of

IMAGE = Workflow(SaveImage(images=EmptyImage(width=8, height=8)).named("save")).compile()


def routed(router: Router, run_id: str | None = None) -> tuple[list[Event], list[Attempt]]:
    """The events of a run, and its attempts."""
    run_id = run_id or str(uuid.uuid4())
    events = list(router.start(IMAGE, run_id=run_id, fresh=True).events())
    assert [event.terminal for event in events] == [False] * (len(events) - 1) + [True]
    return events, list(router.state.journal.attempts(run_id))


def route_of(events: list[Event]) -> list[str]:
    return [event.route for event in events if isinstance(event, Routed)]


def state(router: Router, name: str) -> str:
    return next(str(row["state"]) for row in router.routes() if row["name"] == name)


def test_the_first_by_priority_runs_it() -> None:
    pod, modal = Place("pod"), Place("modal")
    with router_of(pod, modal) as router:
        events, attempts = routed(router)
    assert [event.kind for event in events] == ["queued", "routed", "started", "output", "finished"]
    assert route_of(events) == ["pod"] and [attempt.outcome for attempt in attempts] == ["succeeded"]
    assert pod.closed and modal.closed


TARGET = EngineRefused("no", [Problem(code="value_not_in_list", message="no file", subject=AtNode("1"))])


CALLERS = EngineRefused(
    "no", [Problem(code="value_bigger_than_max", message="x", subject=AtNode("1"), level="error", tier=1)]
)


Matrix = list[tuple[Act, bool, str, bool]]


BEFORE: Matrix = [
    (EngineUnreachable("refused"), True, "unreachable", True),
    (EngineBusy("later", retry_after=9), True, "busy", False),
    (EngineDenied("a wrong key"), True, "denied", False),
    (RunUncertain("no answer"), True, "uncertain", True),
    (TARGET, True, "refused", False),
    (CALLERS, False, "refused", False),
]


AFTER: Matrix = [
    (lambda: RunLost("restarted"), True, "lost", True),
    (lambda: EngineUnreachable("gone"), True, "unreachable", True),
    (lambda: RunUncertain("the key expired"), True, "uncertain", True),
    (lambda: OutputMissing("nothing"), True, "output missing", True),
    ("unreadable", True, "failed", True),
    (lambda: ExecutionFailed("mat1 and mat2", node="1"), False, "failed", False),
    (lambda: ExecutionFailed("CUDA error: device-side assert triggered"), False, "failed", True),
    (lambda: OutOfMemory("no memory", node="1"), False, "out of memory", False),
    (lambda: EngineRefused("bad"), False, "refused", False),
]


@pytest.mark.parametrize(("act", "moves", "outcome", "fault"), BEFORE + AFTER)
def test_the_fall_back_matrix(act: Act, moves: bool, outcome: str, fault: bool) -> None:
    if act == "unreadable":
        moves, outcome = False, "failed"
    pod, modal = Place("pod", usually=act), Place("modal")
    with router_of(pod, modal) as router:
        for _ in range(3):
            try:
                events, attempts = routed(router)
            except EngineError:
                assert not moves and isinstance(act, EngineError)
                continue
            assert isinstance(events[-1], Finished) is moves
            first = attempts[0]
            assert first.outcome == outcome if first.route == "pod" else state(router, "pod") == "open"
        assert modal.executed.total() == (3 if moves else 0)
        opened = state(router, "pod") == "open"
        assert opened == (fault or isinstance(act, (EngineBusy, EngineDenied)))


def test_what_was_reported_before_a_move_is_void() -> None:
    with router_of(Place("pod", lambda: RunLost("restarted")), Place("modal")) as router:
        events, attempts = routed(router)
    assert [event.kind for event in events] == [
        "queued",
        "routed",
        "started",
        "retrying",
        "routed",
        "output",
        "finished",
    ]
    assert isinstance(events[3], Retrying) and "restarted" in events[3].reason
    assert [attempt.maybe_charged for attempt in attempts] == [True, False]
    assert len({attempt.run_id for attempt in attempts}) == 2


def test_a_queue_that_takes_too_long_is_left_after_a_confirmed_cancel() -> None:
    pod, modal = Place("pod", "waits"), Place("modal")
    routes = [Route("pod", pod, 1, start_seconds=0.02), Route("modal", modal, 2)]
    with Router(routes, spread_seconds=0) as router:
        events, attempts = routed(router)
    assert isinstance(events[-1], Finished) and route_of(events) == ["pod", "modal"]
    assert [(attempt.outcome, attempt.ran, attempt.maybe_charged) for attempt in attempts] == [
        ("too slow", False, False),
        ("succeeded", True, False),
    ]
    assert not pod.executed


def test_a_queue_that_takes_too_long_is_better_than_none() -> None:
    pod = Place("pod", "waits")
    with Router([Route("pod", pod, 1, start_seconds=0.01)], spread_seconds=0) as router:
        started = router.start(IMAGE, fresh=True)
        events: list[Event] = []
        thread = threading.Thread(target=lambda: events.extend(started.events()))
        thread.start()
        thread.join(0.1)
        assert thread.is_alive() and not pod.runs[started.id].ending.is_set()
        started.cancel()
        thread.join(60)
    assert isinstance(events[-1], Cancelled)


@pytest.mark.parametrize("limit", ["run_seconds", "total_seconds"])
def test_a_run_that_takes_too_long_fails_and_goes_nowhere_else(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pod, modal = Place("pod", "works"), Place("modal")

    class Late(threading.Timer):
        """Rings when the run has begun, however slow the machine is."""

        def run(self) -> None:
            assert pod.working.wait(60)
            super().run()

    monkeypatch.setattr(threading, "Timer", Late)
    routes = [Route("pod", pod, 1, **{limit: 0.02}), Route("modal", modal, 2)]  # type: ignore[arg-type]
    with Router(routes, spread_seconds=0) as router:
        events, attempts = routed(router)
    assert isinstance(last := events[-1], Failed) and "took longer than its limit of 0.02 s" in str(last.error)
    assert attempts[0].outcome == "too slow" and attempts[0].ran
    assert not modal.executed


def test_a_cancel_that_loses_the_race_is_a_good_run() -> None:
    routes = [Route("pod", Place("pod", "deaf"), 1, total_seconds=0.02)]
    with Router(routes, spread_seconds=0) as router:
        events, _ = routed(router)
    assert isinstance(events[-1], Finished)


def test_cancelling_reaches_the_route_that_has_it() -> None:
    pod = Place("pod", "works")
    with router_of(pod, Place("modal")) as router:
        started = router.start(IMAGE, run_id=(run_id := str(uuid.uuid4())), fresh=True)
        threading.Timer(0.02, started.cancel).start()
        assert isinstance(list(started.events())[-1], Cancelled)
        (attempt,) = router.state.journal.attempts(run_id)
    assert attempt.outcome == "cancelled" and pod.runs[attempt.run_id].ending.is_set()


@pytest.mark.parametrize("policy", ["at-most-once", "at-least-once"])
def test_an_unknown_outcome_goes_by_policy(policy: Policy) -> None:
    modal = Place("modal")
    routes = [Route("pod", Place("pod", RunUncertain("no answer")), 1, policy=policy), Route("modal", modal, 2)]
    with Router(routes, spread_seconds=0) as router:
        if policy == "at-least-once":
            events, attempts = routed(router)
            assert isinstance(events[-1], Finished) and attempts[0].maybe_charged
        else:
            with pytest.raises(RunUncertain):
                routed(router)
            assert not modal.started


def test_the_policy_of_a_job_takes_precedence() -> None:
    class Once(MemoryJournal):
        def options(self, run_id: str) -> RunOptions:
            return RunOptions(policy="at-most-once")

    with router_of(Place("pod", lambda: RunLost("gone")), modal := Place("modal"), journal=Once()) as router:
        events, _ = routed(router)
    assert isinstance(last := events[-1], Failed) and isinstance(last.error, RunLost) and not modal.started


def test_whoever_asks_again_gets_no_more_runs_than_the_policy_allows() -> None:
    """A server begins a lost run again under another id; the attempts of the job are counted all the same."""

    class OneJob(MemoryJournal):
        def attempts(self, run_id: str) -> Any:
            return super().attempts("job")

        def write(self, run_id: str, attempts: Any) -> None:
            super().write("job", attempts)

    places = [Place(name, usually=lambda: RunLost("gone")) for name in ("pod", "modal", "runpod")]
    with router_of(*places, journal=OneJob()) as router:
        events, _ = routed(router)
        assert isinstance(events[-1], Failed)
        with pytest.raises(RunLost, match="at-least-once"):
            routed(router)
    assert sum(place.executed.total() for place in places) == 2


def test_a_run_is_resumed_at_its_route_after_a_restart() -> None:
    journal, pod = MemoryJournal(), Place("pod")
    run_id = str(uuid.uuid4())
    router_of(pod, journal=journal).start(IMAGE, run_id=run_id, fresh=True)
    with router_of(pod, Place("modal"), journal=journal) as router:
        events = list(router.resume(run_id, IMAGE).events())
        assert isinstance(events[-1], Finished) and pod.started == [run_id]
        unknown = list(router.resume(str(uuid.uuid4()), IMAGE).events())[-1]
        assert isinstance(unknown, Failed) and isinstance(unknown.error, RunLost) and not unknown.error.began
    pod.runs.clear()
    attempt = Attempt("pod", "x", "why", 0.0)
    journal.write("r", [attempt])
    with router_of(pod, journal=journal) as router:
        lost = list(router.resume("r", IMAGE).events())[-1]
        assert isinstance(lost, Failed) and isinstance(lost.error, RunLost)
    with router_of(Place("modal"), journal=journal) as router:
        journal.write("r", [attempt := Attempt("pod", "x", "why", 0.0)])
        gone = list(router.resume("r", IMAGE).events())[-1]
        assert isinstance(gone, Failed) and isinstance(gone.error, RunUncertain)


def test_a_route_that_goes_silent_alone_is_asked_for_the_run_again() -> None:
    """No other route would take the run, and the pod may still have it: it is not retried there."""
    pod = Place("pod", lambda: EngineUnreachable("gone"))
    with router_of(pod) as router:
        run_id = str(uuid.uuid4())
        events, _ = routed(router, run_id)
        assert isinstance(last := events[-1], Failed) and isinstance(last.error, EngineUnreachable)
        pod.runs[run_id]._act = "well"
        assert isinstance(list(router.resume(run_id, IMAGE).events())[-1], Finished)
    assert pod.started == [run_id]


def test_memory_that_is_not_enough_moves_once_to_a_route_with_more() -> None:
    large = Place("large")
    small = Place("small", lambda: OutOfMemory("no memory", node="1"))
    routes = [
        Route("small", small, 1, accepts=Accepts(memory_gb=24)),
        Route("large", large, 2, accepts=Accepts(memory_gb=80)),
    ]
    with Router(routes, spread_seconds=0) as router:
        events, _ = routed(router)
    assert isinstance(events[-1], Finished) and large.executed


ACTS: list[Act] = [
    "well", "well", "unreadable", "waits", EngineUnreachable("x"), EngineBusy("x"), EngineDenied("x"),
    RunUncertain("x"), TARGET,
    CALLERS, lambda: RunLost("x"), "no worker", lambda: EngineUnreachable("x"),
    lambda: RunUncertain("x"), lambda: OutputMissing("x"), lambda: ExecutionFailed("x"), lambda: OutOfMemory("x"),
    lambda: EngineError("x"),
]  # fmt: skip


POSSIBLE = st.lists(st.lists(st.sampled_from(ACTS), max_size=4), min_size=1, max_size=3)


@given(POSSIBLE, st.sampled_from(["at-most-once", "at-least-once"]), st.integers(1, 4))
def test_law_one_end_and_no_more_runs_than_the_policy_allows(acts: list[list[Act]], policy: Policy, jobs: int) -> None:
    """Whatever the routes do: one terminal event, attempts that say what happened, and never a run too many."""

    class Journal(MemoryJournal):
        def options(self, run_id: str) -> RunOptions:
            return RunOptions(policy=policy)

    places = [Place(f"p{number}", *list(row)) for number, row in enumerate(acts)]
    budgets = {"start_seconds": 0.005, "total_seconds": 0.02}
    routes = [Route(place.name, place, number, **budgets) for number, place in enumerate(places)]  # type: ignore[arg-type]
    most = 1 if policy == "at-most-once" else 2
    with Router(routes, journal=Journal(), spread_seconds=0) as router:
        for _ in range(jobs):
            before = sum(place.executed.total() for place in places)
            run_id = str(uuid.uuid4())
            end: Event | None = None
            with suppress(EngineError):
                end = list(router.start(IMAGE, run_id=run_id, fresh=True).events())[-1]
            attempts = router.state.journal.attempts(run_id)
            ran = sum(place.executed.total() for place in places) - before
            assert ran <= sum(attempt.ran for attempt in attempts) <= most
            assert all(attempt.ended is not None and attempt.outcome for attempt in attempts)
            won = [attempt for attempt in attempts if attempt.outcome == "succeeded"]
            assert len(won) == isinstance(end, Finished)
            assert Attempt.from_dict({**attempts[0].to_dict(), "new": 1}) == attempts[0] if attempts else True
        assert all(lane.running == 0 for lane in router.state.lanes)


def test_no_two_live_runs_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next route gets the run when the events reported the end of the one before, also of one that only waits."""
    alive, most = list[str](), list[int]()
    start, events = Place.start, PlaceRun.events

    def begun(self: Place, *args: Any, **more: Any) -> PlaceRun:
        run = start(self, *args, **more)
        alive.append(run.id)
        most.append(len(alive))
        return run

    def reported(self: PlaceRun) -> Iterator[Event]:
        for event in events(self):
            if event.terminal:
                alive.remove(self.id)
            yield event

    monkeypatch.setattr(Place, "start", begun)
    monkeypatch.setattr(PlaceRun, "events", reported)
    places = [Place("a", "waits"), Place("b", lambda: RunLost("x")), Place("c", "no worker"), Place("d")]
    routes = [Route(place.name, place, number, start_seconds=0.02) for number, place in enumerate(places)]
    with Router(routes, spread_seconds=0) as router:
        ended, _ = routed(router)
    assert isinstance(ended[-1], Finished) and most == [1, 1, 1, 1]
