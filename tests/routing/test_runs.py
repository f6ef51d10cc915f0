"""One run of a router: what it costs, what it writes down and when, and what becomes of its outputs."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from ryla_graphs.engines import Artifact
from ryla_graphs.engines.events import Cancelled, Event, Failed, Finished, Queued, Started, Usage
from ryla_graphs.engines.router import Accepts, Attempt, MemoryJournal, Route, Router, RunOptions, Shadow
from ryla_graphs.engines.router import run as module
from ryla_graphs.engines.router.journal import Policy
from ryla_graphs.problems import (
    EngineBusy,
    EngineError,
    EngineUnreachable,
    OutOfMemory,
    OutputMissing,
    RunLost,
    RunUncertain,
)
from tests.engines.stub.script import PNG
from tests.routing.places import Act, Place, PlaceRun, router_of
from tests.routing.test_router import IMAGE, routed


class Reporting(Place):
    """A place whose runs tell what a test says."""

    def __init__(self, name: str, reported: Callable[[str], Sequence[Event]]) -> None:
        super().__init__(name)
        self.reported = reported

    def start(self, *args: Any, **more: Any) -> PlaceRun:
        run: Any = super().start(*args, **more)
        run.events = lambda: iter(self.reported(run.id))
        made: PlaceRun = run
        return made


def done(seconds: float, **usage: Any) -> Callable[[str], Sequence[Event]]:
    output = Artifact("save", "image", "x.png", read=lambda: PNG)
    return lambda run_id: [Started(run_id), Finished(run_id, seconds, (output,), Usage(**usage))]


def end_of(router: Router, **more: Any) -> Event:
    return list(router.start(IMAGE, fresh=True, **more).events())[-1]


class TestMoney:
    """What a run has cost is known or unknown, and never guessed."""

    @pytest.mark.parametrize(
        ("price", "seconds", "usage", "cost"),
        [
            (0.0, 4.0, {}, None),
            (0.5, 4.0, {}, 2.0),
            (0.5, 4.0, {"execution_seconds": 3.0}, 1.5),
            (0.5, 4.0, {"execution_seconds": 0.0}, 0.0),
            (0.5, 4.0, {"execution_seconds": 3.0, "cost_usd": 0.25}, 0.25),
            (0.0, 4.0, {"cost_usd": 0.25}, 0.25),
            (0.3, 1 / 3, {"cost_usd": None}, 0.1),
        ],
    )
    def test_of_a_good_run(self, price: float, seconds: float, usage: dict[str, Any], cost: float | None) -> None:
        place = Reporting("pod", done(seconds, **usage))
        with Router([Route("pod", place, usd_per_second=price)], spread_seconds=0) as router:
            events, (attempt,) = routed(router)
        assert isinstance(last := events[-1], Finished) and last.usage.cost_usd == attempt.cost_usd == cost
        assert (attempt.ran, attempt.maybe_charged) == (True, False)

    @pytest.mark.parametrize(("price", "known"), [(0.0, False), (1.0, True)])
    def test_of_one_that_failed_before(self, price: float, known: bool) -> None:
        pod = Route("pod", Place("pod", lambda: RunLost("gone")), 1, usd_per_second=price)
        modal = Route("modal", Reporting("modal", done(1.0, cost_usd=0.25)), 2)
        with Router([pod, modal], spread_seconds=0) as router:
            events, (first, second) = routed(router)
        assert (first.cost_usd is not None, first.maybe_charged) == (known, not known)
        assert isinstance(last := events[-1], Finished)
        assert last.usage.cost_usd == pytest.approx((first.cost_usd or 0.0) + 0.25) and second.cost_usd == 0.25

    @pytest.mark.parametrize("act", ["no worker", EngineBusy("later"), EngineUnreachable("down")])
    def test_what_never_ran_cost_nothing(self, act: Act) -> None:
        routes = [Route("pod", Place("pod", act), 1, usd_per_second=1.0), Route("modal", Place("modal"), 2)]
        with Router(routes, spread_seconds=0) as router:
            _, (first, _) = routed(router)
        assert (first.ran, first.cost_usd, first.maybe_charged) == (False, None, False)

    @pytest.mark.parametrize(("act", "ran"), [("works", True), ("waits", False)])
    def test_of_one_that_was_cancelled(self, act: Act, ran: bool) -> None:
        with Router([Route("pod", Place("pod", act), usd_per_second=1.0)], spread_seconds=0) as router:
            run = router.start(IMAGE, run_id="r", fresh=True)
            events = run.events()
            assert isinstance(next(events), Queued)
            run.cancel()
            assert isinstance(list(events)[-1], Cancelled)
            (attempt,) = router.state.journal.attempts("r")
            assert router.state.lanes[0].running == 0
        assert (attempt.outcome, attempt.ran, attempt.cost_usd is not None) == ("cancelled", ran, ran)


class TestWrittenDown:
    """The journal has an attempt before its route has the run, and the service's id as soon as there is one."""

    def test_before_and_after(self) -> None:
        journal, seen = MemoryJournal(), list[Attempt]()

        class Looking(Place):
            def start(self, *args: Any, **more: Any) -> PlaceRun:
                seen.extend(replace(attempt) for attempt in journal.attempts("r"))
                return super().start(*args, **more)

        with router_of(Looking("pod", lambda: RunLost("gone")), Looking("modal"), journal=journal) as router:
            started = router.start(IMAGE, run_id="r", fresh=True)
            (here,) = journal.attempts("r")
            assert here.remote_id == "remote-r" and here.ended is None
            list(started.events())
        rows = [(attempt.route, attempt.outcome, attempt.remote_id) for attempt in seen]
        assert rows == [("pod", "", None), ("pod", "lost", "remote-r"), ("modal", "", None)]
        first, second = journal.attempts("r")
        assert first.run_id == "r" and str(uuid.UUID(second.run_id)) == second.run_id != "r"

    def test_a_route_that_turns_a_run_away_often_is_named_twice(self) -> None:
        class OneJob(MemoryJournal):
            def attempts(self, run_id: str) -> Any:
                return super().attempts("job")

            def write(self, run_id: str, attempts: Any) -> None:
                super().write("job", attempts)

        pod, journal = Place("pod", usually=EngineBusy("full")), OneJob()
        for _ in range(4):  # each time by another process, whose breaker knows nothing
            with router_of(pod, journal=journal) as router, pytest.raises(EngineBusy):
                router.start(IMAGE, fresh=True)
        assert [attempt.run_id in (pod.started[0], pod.started[3]) for attempt in journal.attempts("job")] == [True] * 2
        assert journal.attempts("job")[0].run_id == pod.started[0], "the first has the arm"

    def test_a_fault_of_ours_gives_the_route_back(self) -> None:
        class Broken(Place):
            def start(self, *_: Any, **__: Any) -> PlaceRun:
                raise RuntimeError("a fault")

        with router_of(Broken("pod")) as router:
            for _ in range(4):
                with pytest.raises(RuntimeError, match="a fault"):
                    router.start(IMAGE, fresh=True)
            (row,) = router.routes()
            assert (row["state"], router.state.lanes[0].running) == ("closed", 0)


class TestOutputs:
    """They are here before the run counts as done, so that one that cannot be read moves the run."""

    def place(self, *sizes: int, fails: int = 0) -> tuple[Reporting, list[int]]:
        reads = [0] * len(sizes)

        def output(number: int) -> Artifact:
            def read() -> bytes:
                reads[number] += 1
                if reads[number] <= fails:
                    raise EngineError("cut off")
                return bytes(sizes[number])

            return Artifact("save", "image", f"{number}.png", read=read)

        outputs = tuple(output(number) for number in range(len(sizes)))
        return Reporting("pod", lambda run_id: [Started(run_id), Finished(run_id, 1.0, outputs)]), reads

    def test_they_are_read_once(self) -> None:
        place, reads = self.place(5, 6)
        with router_of(place) as router:
            end = end_of(router)
        assert isinstance(end, Finished) and reads == [1, 1]
        assert [len(output.read()) for output in end.outputs] == [5, 6] and reads == [1, 1]

    @pytest.mark.parametrize(("fails", "good"), [(1, True), (2, False)])
    def test_a_read_that_fails_is_tried_once_more(self, fails: int, good: bool) -> None:
        place, reads = self.place(5, fails=fails)
        with router_of(place) as router:
            end = end_of(router)
        assert isinstance(end, Finished) is good and reads == [2]

    def test_what_is_beyond_the_bound_is_read_on_request(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert module.KEPT_BYTES == 67_108_864
        monkeypatch.setattr(module, "KEPT_BYTES", 5)
        place, reads = self.place(5, 1, 1)
        with router_of(place) as router:
            end = end_of(router)
        assert isinstance(end, Finished) and reads == [1, 1, 0]
        assert [len(output.read()) for output in end.outputs] == [5, 1, 1] and reads == [1, 1, 1]

    def test_texts_and_simulated_pictures_are_not_read(self) -> None:
        def never() -> bytes:
            pytest.fail("it is here already")

        rows = (
            Artifact("save", "text", "x.txt", read=never, text="hello"),
            Artifact("save", "image", "x.png", read=never, simulated=True),
        )
        with router_of(Reporting("pod", lambda run_id: [Started(run_id), Finished(run_id, 1.0, rows)])) as router:
            end = end_of(router)
        assert isinstance(end, Finished) and [output.text for output in end.outputs] == ["hello", None]


def test_a_run_is_queued_and_started_once() -> None:
    def reported(run_id: str) -> Sequence[Event]:
        return [Queued(run_id), Started(run_id), Started(run_id), *done(1.0)(run_id)]

    lost = Place("pod", lambda: RunLost("gone"))
    with router_of(lost, Reporting("modal", reported)) as router:
        events = list(router.start(IMAGE, run_id="r", fresh=True).events())
    kinds = ["queued", "routed", "started", "retrying", "routed", "finished"]
    assert [event.kind for event in events] == kinds
    assert {event.run for event in events} == {"r"}


def test_a_run_that_moves_before_it_started_is_no_retry() -> None:
    with router_of(Place("pod", "no worker"), Place("modal")) as router:
        events, _ = routed(router)
    assert [event.kind for event in events] == ["queued", "routed", "routed", "started", "output", "finished"]


def test_where_the_engine_is_closed_the_events_stop() -> None:
    with router_of(Reporting("pod", lambda run_id: [Started(run_id)]), Place("modal")) as router:
        assert [event.kind for event in router.start(IMAGE, fresh=True).events()] == ["started"]


def test_a_lost_run_waits_a_little_before_it_goes_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a cancellation meanwhile is one."""
    modal = Place("modal")
    routes = [Route("pod", Place("pod", lambda: RunLost("gone")), 1), Route("modal", modal, 2)]
    with Router(routes, spread_seconds=600) as router:
        run = router.start(IMAGE, fresh=True)

        def drawn() -> float:
            threading.Timer(0.01, run.cancel).start()
            return 1.0

        monkeypatch.setattr(random, "random", drawn)
        assert isinstance(list(run.events())[-1], Cancelled)
        assert not modal.started


def test_one_that_never_ran_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "random", lambda: pytest.fail("nothing ran, so nothing can run twice"))
    routes = [Route("pod", Place("pod", "no worker"), 1), Route("modal", Place("modal"), 2)]
    with Router(routes, spread_seconds=600) as router:
        assert isinstance(end_of(router), Finished)


def test_a_cancelled_run_goes_nowhere_else() -> None:
    modal = Place("modal")

    class Losing(Place):
        def start(self, *args: Any, **more: Any) -> PlaceRun:
            run: Any = super().start(*args, **more)

            def reported() -> Iterator[Event]:
                yield Started(run.id)
                assert run.ending.wait(60)
                yield Failed(run.id, RunLost("gone"))

            run.events = reported
            made: PlaceRun = run
            return made

    with router_of(Losing("pod"), modal) as router:
        run = router.start(IMAGE, fresh=True)
        run.cancel()
        assert isinstance(last := list(run.events())[-1], Failed) and isinstance(last.error, RunLost)
    assert not modal.started


@pytest.mark.parametrize("act", [lambda: EngineUnreachable("gone"), lambda: RunUncertain("who knows")])
def test_a_route_that_may_still_have_the_run_does_not_get_it_again(act: Act) -> None:
    pod = Place("pod", act)
    with router_of(pod) as router:
        _, attempts = routed(router)
    assert len(pod.started) == len(attempts) == 1


def test_a_route_that_has_lost_a_run_may_get_it_again() -> None:
    pod = Place("pod", lambda: RunLost("restarted"))
    with router_of(pod) as router:
        events, _ = routed(router)
    assert isinstance(events[-1], Finished) and len(pod.started) == 2


@pytest.mark.parametrize(
    ("here", "there", "moves"),
    [(24, 80, True), (24, 24, False), (80, 24, False), (None, 80, False), (24, None, False)],
)
def test_memory_decides_where_a_run_that_lacked_it_goes(here: float | None, there: float | None, moves: bool) -> None:
    small, large = Place("small", lambda: OutOfMemory("no memory")), Place("large")
    routes = [
        Route("small", small, 1, accepts=Accepts(memory_gb=here)),
        Route("large", large, 2, accepts=Accepts(memory_gb=there)),
    ]
    with Router(routes, spread_seconds=0) as router:
        events, _ = routed(router)
    assert isinstance(events[-1], Finished) is moves and bool(large.started) is moves


class TestResumed:
    """A run whose inputs are lost with its process; whoever asked for it may submit it again."""

    def ended(self, act: Act, policy: Policy) -> EngineError:
        class Journal(MemoryJournal):
            def options(self, run_id: str) -> RunOptions:
                return RunOptions(policy=policy)

        journal, pod, modal = Journal(), Place("pod", act), Place("modal")
        router_of(pod, journal=journal).start(IMAGE, run_id="r", fresh=True)
        with router_of(pod, modal, journal=journal) as router:
            end = list(router.resume("r", IMAGE).events())[-1]
        assert isinstance(end, Failed) and not modal.started, "nothing can be submitted without the inputs"
        assert [attempt.ended is not None for attempt in journal.attempts("r")] == [True]
        return end.error

    @pytest.mark.parametrize("policy", ["at-least-once", "at-most-once"])
    def test_a_lost_one_says_so(self, policy: Policy) -> None:
        error = self.ended(lambda: RunLost("gone", began=True), policy)
        assert isinstance(error, RunLost) and error.began

    def test_one_that_may_run_again_is_lost(self) -> None:
        error = self.ended(lambda: OutputMissing("nothing"), "at-least-once")
        assert isinstance(error, RunLost) and error.began and str(error) == "nothing"

    def test_one_that_may_not_keeps_its_error(self) -> None:
        assert isinstance(self.ended(lambda: OutputMissing("nothing"), "at-most-once"), OutputMissing)

    def test_one_that_would_fail_again_keeps_its_error(self) -> None:
        assert type(self.ended(lambda: EngineError("no"), "at-least-once")) is EngineError


def test_a_shadow_route_makes_no_server_ready() -> None:
    pod, new = Place("pod"), Place("new")
    pod.healthy = False
    with Router([Route("pod", pod), Route("new", new, 1)], spread_seconds=0, shadow=Shadow("new", 100)) as router:
        assert not router.health().ready
