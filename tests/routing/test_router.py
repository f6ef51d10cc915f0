"""The router over places that do what a test says: who gets a run, and what becomes of it when a place fails."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import Workflow
from ryla_graphs.catalogs import from_object_info
from ryla_graphs.engines import run
from ryla_graphs.engines.events import Cancelled, Event, Failed, Finished, Retrying, Routed
from ryla_graphs.engines.router import Accepts, Asked, Attempt, Budget, MemoryJournal, Route, Router
from ryla_graphs.engines.router.journal import Policy
from ryla_graphs.nodes import EmptyImage, PreviewImage, SaveImage
from ryla_graphs.problems import (
    AtNode,
    CannotRunHere,
    EngineBusy,
    EngineDenied,
    EngineError,
    EngineRefused,
    EngineUnreachable,
    ExecutionFailed,
    InvalidSettings,
    NotFound,
    OutOfMemory,
    OutputMissing,
    Problem,
    RunLost,
    RunUncertain,
)
from tests.engines.following import WORKFLOW
from tests.graphs import text_to_image
from tests.routing.places import Act, Clock, Place, router_of

IMAGE = Workflow(SaveImage(images=EmptyImage(width=8, height=8)).named("save")).compile()


def routed(router: Router, run_id: str | None = None) -> tuple[list[Event], list[Attempt]]:
    """The events of a run, and its attempts."""
    run_id = run_id or str(uuid.uuid4())
    events = list(router.start(IMAGE, run_id=run_id, fresh=True).events())
    assert [event.terminal for event in events] == [False] * (len(events) - 1) + [True]
    return events, list(router.desk.journal.attempts(run_id))


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
        thread.join(20)
    assert isinstance(events[-1], Cancelled)


def test_a_run_that_takes_too_long_fails_and_goes_nowhere_else() -> None:
    modal = Place("modal")
    for limit in ({"run_seconds": 0.02}, {"total_seconds": 0.02}):
        routes = [Route("pod", Place("pod", "works"), 1, **limit), Route("modal", modal, 2)]  # type: ignore[arg-type]
        with Router(routes, spread_seconds=0) as router:
            events, attempts = routed(router)
        assert isinstance(last := events[-1], Failed) and "took longer than the 0.02 s" in str(last.error)
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
        (attempt,) = router.desk.journal.attempts(run_id)
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


def test_the_policy_of_a_job_goes_before_all_others() -> None:
    class Once(MemoryJournal):
        def asked(self, run_id: str) -> Asked:
            return Asked(policy="at-most-once")

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


def test_a_run_is_taken_up_at_its_route_after_a_restart() -> None:
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


def test_capability_is_asked_before_anything_is_sent() -> None:
    from ryla_graphs.engines.runpod import RunPod

    modal = Place("modal")
    routes = [Route("runpod", RunPod("abc", "key"), 1), Route("modal", modal, 2)]
    with Router(routes, spread_seconds=0) as router:
        shown = Workflow(PreviewImage(images=EmptyImage(width=8, height=8))).compile()
        events = list(router.start(shown, fresh=True).events())
        assert route_of(events) == ["modal"]
        routed = next(event for event in events if isinstance(event, Routed))
        assert "saved pictures" in routed.tried["runpod"]
    with Router(routes[:1]) as router:
        with pytest.raises(CannotRunHere, match="cannot run here"):
            router.check(shown, {})
        with pytest.raises(EngineRefused, match="runpod"):
            router.start(shown, fresh=True)
        with pytest.raises(CannotRunHere) as refused:
            router.check(IMAGE, {"x.png": 12_000_000})
        assert "10 MB" in refused.value.problems[0].message


@pytest.mark.parametrize(
    ("accepts", "says"),
    [
        (Accepts(classes=frozenset({"EmptyImage"})), "it has no SaveImage"),
        (Accepts(outputs=frozenset({"video"})), "it gives no image"),
        (Accepts(input_bytes=5), "input files"),
        (Accepts(memory_gb=0.0), "GB"),
    ],
)
def test_what_a_route_says_it_takes(accepts: Accepts, says: str) -> None:
    with Router([Route("small", Place("small"), accepts=accepts)]) as router:
        router.desk.lanes[0].known = None
        with pytest.raises(CannotRunHere) as refused:
            router.check(IMAGE if says != "GB" else WORKFLOW, {"a.png": 10})
    assert says in refused.value.problems[0].message


def test_files_that_a_route_lacks() -> None:
    entries = {
        name: dict(entry)
        for name, entry in Place("x")
        .known.subset(body["class_type"] for body in WORKFLOW.document.values())
        .entries()
        .items()
    }
    entries["CheckpointLoaderSimple"]["input"] = {"required": {"ckpt_name": [["other.safetensors"], {}]}}
    poor, rich = Place("poor"), Place("rich")
    poor.known = from_object_info(entries, name="poor")
    with router_of(poor, rich) as router:
        assert not [problem for problem in text_to_image().validate(router.catalog()) if problem.level == "error"]
        events = list(router.start(WORKFLOW, fresh=True).events())
        assert route_of(events) == ["rich"]
        assert "sd_xl_base" in next(event for event in events if isinstance(event, Routed)).tried["poor"]


def test_budgets_weights_draining_and_switches(tmp_path: Any) -> None:
    flags = tmp_path / "flags.json"
    flags.write_text('{"a": true}')
    a, b = Place("a"), Place("b")
    clock = Clock()
    routes = [Route("a", a, 1, weight=3), Route("b", b, 1, weight=1)]
    with Router(routes, spread_seconds=0, flags=str(flags), clock=clock) as router:
        for _ in range(16):
            routed(router)
        assert (a.executed.total(), b.executed.total()) == (12, 4)
        router.drain("a")
        routed(router)
        assert b.executed.total() == 5 and router.routes()[0]["draining"]
        with pytest.raises(NotFound, match="did you mean"):
            router.drain("bb")
        router.drain("a", on=False)
        flags.write_text('{"a": false, "b": false}')
        clock.now += 2
        with pytest.raises(EngineRefused, match="it is off"):
            routed(router)
    spent = Router([Route("a", Place("a"), usd_per_second=1, budget=Budget(usd_per_day=0.5))], spread_seconds=0)
    assert isinstance(last := routed(spent)[0][-1], Finished) and last.usage.cost_usd == 0.5
    with pytest.raises(EngineBusy, match="spent"):
        routed(spent)


def test_a_users_arm_comes_first_and_is_kept_by_a_fall_back(tmp_path: Any) -> None:
    pod, modal = Place("pod"), Place("modal")
    routes = [Route("pod", pod, 1), Route("modal", modal, 2, share=10_000)]
    with Router(routes, spread_seconds=0, user_key="ada") as router:
        events, attempts = routed(router)
        assert route_of(events) == ["modal"] and attempts[0].arm == "modal"
        modal.acts.append(lambda: RunLost("gone"))
        events, attempts = routed(router)
        assert route_of(events) == ["modal", "pod"] and [attempt.arm for attempt in attempts] == ["modal", "modal"]
    with Router([Route("pod", pod, 1), Route("modal", modal, 2, share=0)], user_key="ada") as router:
        events, attempts = routed(router)
        assert route_of(events) == ["pod"] and attempts[0].arm is None and attempts[0].experiment == "routes"


def test_when_no_route_takes_it_every_reason_is_reported() -> None:
    with router_of(
        Place("pod", usually=EngineUnreachable("no route to host")),
        Place("modal", usually=EngineBusy("full", retry_after=7)),
    ) as router:
        with pytest.raises(EngineBusy) as busy:
            routed(router)
        assert "no route to host" in str(busy.value) and "full" in str(busy.value) and busy.value.retry_after == 7.0
    with router_of(Place("a", usually=EngineDenied("wrong key"))) as router:
        with pytest.raises(EngineDenied):
            routed(router)
        with pytest.raises(EngineDenied):
            routed(router)
        assert not router.health().ready
    with pytest.raises(InvalidSettings):
        Router([])


def test_a_route_that_is_found_unwell_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    pod, clock = Place("pod"), Clock()
    with router_of(pod, Place("modal"), clock=clock) as router:
        pod.healthy = False
        assert router.health().ready and state(router, "pod") == "open"
        assert route_of(routed(router)[0]) == ["modal"]
        pod.healthy = True
        clock.now += 20
        assert router.health().ready and state(router, "pod") == "half-open", "only a run closes it"
        for _ in range(2):
            assert route_of(routed(router)[0]) == ["pod"]
        assert state(router, "pod") == "closed"


def test_what_a_look_would_wake_is_not_looked_at() -> None:
    modal = Place("modal")
    modal.healthy = False
    with Router([Route("modal", modal, probe=False)]) as router:
        assert router.health().ready
        router.catalog()
        router.catalog()
    assert modal.catalogs_asked == 1


def test_half_open_takes_one_run_at_a_time() -> None:
    pod, modal, clock = Place("pod", *[EngineUnreachable("down")] * 3), Place("modal"), Clock()
    with router_of(pod, modal, clock=clock) as router:
        for _ in range(3):
            routed(router)
        clock.now += 30
        pod.acts.append("works")
        trial = router.start(IMAGE, fresh=True)
        assert all(route_of(routed(router)[0]) == ["modal"] for _ in range(5))
        trial.cancel()
        list(trial.events())
        assert route_of(routed(router)[0]) == ["pod"]


def test_the_catalog_is_not_asked_for_a_job() -> None:
    pod = Place("pod")
    with router_of(pod) as router:
        router.catalog()
        for _ in range(5):
            routed(router)
    assert pod.catalogs_asked == 1
    with router_of(pod, Place("modal")) as router:
        assert run(router, Workflow(SaveImage(images=EmptyImage(width=8, height=8)))).outputs


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
        def asked(self, run_id: str) -> Asked:
            return Asked(policy=policy)

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
            attempts = router.desk.journal.attempts(run_id)
            ran = sum(place.executed.total() for place in places) - before
            assert ran <= sum(attempt.ran for attempt in attempts) <= most
            assert all(attempt.ended is not None and attempt.outcome for attempt in attempts)
            won = [attempt for attempt in attempts if attempt.outcome == "succeeded"]
            assert len(won) == isinstance(end, Finished)
            assert Attempt.from_dict({**attempts[0].to_dict(), "new": 1}) == attempts[0] if attempts else True
        assert all(lane.running == 0 for lane in router.desk.lanes)


def test_no_two_live_runs_at_once() -> None:
    alive, most = [0], [0]

    def act(inner: Callable[[], EngineError]) -> Callable[[], EngineError]:
        def counted() -> EngineError:
            alive[0] += 1
            most[0] = max(most[0], alive[0])
            alive[0] -= 1
            return inner()

        return counted

    with router_of(*(Place(name, usually=act(lambda: RunLost("x"))) for name in "ab"), runs=5) as router:
        routed(router)
    assert most[0] == 1
