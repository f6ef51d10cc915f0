"""The rules that all runs of a router share: how often a job may run, which route is next, what its error says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs.engines.router import Accepts, Attempt, MemoryJournal, Route, Router, RunOptions, Shadow
from ryla_graphs.engines.router.journal import Policy
from ryla_graphs.engines.router.needs import Need
from ryla_graphs.problems import EngineBusy, EngineDenied, EngineRefused, EngineUnreachable
from tests.routing.places import Clock, Place, router_of
from tests.routing.test_router import IMAGE, route_of, routed

ONCE: Policy = "at-most-once"
LEAST: Policy = "at-least-once"


@pytest.mark.parametrize(
    ("asked", "routes", "paid", "policy"),
    [
        (None, (None, None), False, LEAST),
        (None, (None, None), True, ONCE),
        (None, (LEAST, None), True, LEAST),
        (None, (ONCE, None), False, ONCE),
        (None, (ONCE, LEAST), False, ONCE),
        (None, (LEAST, LEAST), True, LEAST),
        (LEAST, (ONCE, None), True, LEAST),
        (ONCE, (LEAST, LEAST), False, ONCE),
    ],
)
def test_the_job_then_its_routes_then_its_graph_decide_how_often_it_runs(
    asked: Policy | None, routes: tuple[Policy | None, Policy | None], paid: bool, policy: Policy
) -> None:
    places = [Route(f"r{number}", Place("x"), policy=each) for number, each in enumerate(routes)]
    with Router([*places, Route("other", Place("x"), policy=ONCE)]) as router:
        need = replace(Need.of(IMAGE), partner_nodes=paid)
        ran = [Attempt("r0", "a", "", 0.0), Attempt("r1", "b", "", 0.0)]
        turned_away = Attempt("other", "c", "", 0.0, ran=False)
        args = need, RunOptions(policy=asked)
        assert router.state.policy(*args, [*ran, turned_away]) == policy
        alone = asked or (ONCE if paid else LEAST)
        assert router.state.runs_left(*args, [turned_away]) == (1 if alone == ONCE else 2)
        assert router.state.runs_left(*args, [*ran[:1], turned_away]) == (
            0 if router.state.policy(*args, ran[:1]) == ONCE else 1
        )


@pytest.mark.parametrize(("shares", "experiment"), [((None, None), None), ((0, None), "routes"), ((5, 5), "routes")])
def test_there_is_an_experiment_where_a_route_has_a_share(
    shares: tuple[int | None, int | None], experiment: str | None
) -> None:
    routes = [Route(name, Place(name), share=share) for name, share in zip("ab", shares, strict=True)]
    with Router(routes, spread_seconds=0) as router:
        _, (attempt,) = routed(router)
        assert attempt.experiment == router.state.experiment == experiment
        assert [row["share"] for row in router.routes()] == [None if share is None else share / 100 for share in shares]


def test_it_shows_which_routes_are_on_and_their_share(tmp_path: Path) -> None:
    flags = tmp_path / "flags.json"
    flags.write_text('{"b": false}')
    routes = [Route("a", Place("a"), share=250), Route("b", Place("b")), Route("c", Place("c"), on=False)]
    with Router(routes, flags=str(flags)) as router:
        assert [(row["on"], row["share"]) for row in router.routes()] == [(True, 2.5), (False, None), (False, None)]


@pytest.mark.parametrize(("weight", "first"), [(1.0, 5), (2.0, 10)])
def test_a_route_that_was_away_does_not_get_all_that_it_has_missed(weight: float, first: int) -> None:
    back = Place("back")
    routes = [Route("here", Place("here")), Route("back", back, weight=weight)]
    with Router(routes, spread_seconds=0, clock=Clock()) as router:
        router.drain("back")
        for _ in range(50):
            routed(router)
        router.drain("back", on=False)
        assert back.executed.total() == 0
        names = [route_of(routed(router)[0])[0] for _ in range(first + 3)]
    assert names[:first] == ["back"] * first and "here" in names[first:]


def test_a_route_that_was_only_busy_is_not_avoided() -> None:
    journal, pod = OneJob(), Place("pod", EngineBusy("full"))
    with router_of(pod, journal=journal) as router, pytest.raises(EngineBusy):
        routed(router)
    with router_of(pod, Place("modal"), journal=journal) as later:
        assert route_of(routed(later)[0]) == ["pod"]


class OneJob(MemoryJournal):
    """All runs are of one job."""

    def attempts(self, run_id: str) -> Any:
        return super().attempts("job")

    def write(self, run_id: str, attempts: Any) -> None:
        super().write("job", attempts)


class TestNobody:
    """What is said where no route takes a run: later, never, or that the keys are wrong."""

    def said(self, *others: Route, **more: Any) -> Exception:
        """Of a run that comes after one that the first route has denied."""
        pod = Route("pod", Place("pod", usually=EngineDenied("a wrong key")))
        with Router([pod, *others], spread_seconds=0, clock=Clock(), **more) as router:
            with pytest.raises((EngineBusy, EngineDenied, EngineRefused)):
                routed(router)
            with pytest.raises((EngineBusy, EngineDenied, EngineRefused)) as caught:
                routed(router)
        return caught.value

    def test_one_that_could_run_it_denies(self, tmp_path: Path) -> None:
        flags = tmp_path / "flags.json"
        flags.write_text('{"flagged": false}')
        unable = Accepts(classes=frozenset())
        for others in (
            (),
            (Route("off", Place("off"), on=False),),
            (Route("flagged", Place("flagged")),),
            (Route("unable", Place("unable"), accepts=unable),),
        ):
            flagged = {"flags": str(flags)} if any(route.name == "flagged" for route in others) else {}
            error = self.said(*others, **flagged)
            assert isinstance(error, EngineDenied) and "every route denies access" in str(error)
            assert all(route.name in str(error) for route in others)

    def test_a_shadow_route_changes_nothing(self) -> None:
        error = self.said(Route("new", Place("new")), shadow=Shadow("new", 1))
        assert isinstance(error, EngineDenied) and "every route denies access: pod: " in str(error)

    def test_one_that_may_take_it_later_counts(self) -> None:
        error = self.said(Route("full", Place("full", usually=EngineBusy("full", retry_after=9))))
        assert isinstance(error, EngineBusy) and error.retry_after is not None

    def test_none_can_ever(self) -> None:
        routes = [Route("a", Place("a"), accepts=Accepts(classes=frozenset()))]
        with Router(routes) as router, pytest.raises(EngineRefused, match="no route can run this graph: a: it has no"):
            routed(router)

    def test_what_the_last_route_said_of_the_graph_is_the_answer(self) -> None:
        refused = EngineRefused("the graph is bad")
        with router_of(Place("a", refused)) as router, pytest.raises(EngineRefused, match="the graph is bad"):
            routed(router)

    def test_the_soonest_that_one_may_be_back(self) -> None:
        places = [Place(name, usually=EngineBusy("full", retry_after=wait)) for name, wait in (("a", 50), ("b", 20))]
        down = Place("down", usually=EngineUnreachable("down"))
        with router_of(*places, down) as router, pytest.raises(EngineBusy) as caught:
            routed(router)
        assert caught.value.retry_after == pytest.approx(20)

    @pytest.mark.parametrize("why", ["unable", "off", "inputs"])
    def test_a_route_that_never_runs_it_does_not_say_when(self, why: str) -> None:
        never = {
            "unable": Route("never", Place("never"), accepts=Accepts(classes=frozenset())),
            "off": Route("never", Place("never"), on=False),
            "inputs": Route("never", Place("never"), accepts=Accepts(input_bytes=1)),
        }[why]
        full = Route("full", Place("full", usually=EngineBusy("full", retry_after=50)))
        with Router([never, full], spread_seconds=0, clock=Clock()) as router:
            lane = router.state.lane("never")
            assert lane is not None
            lane.breaker.push_back(1)  # as a run of another graph would
            with pytest.raises(EngineBusy) as caught:
                router.start(IMAGE, {"a.png": b"xx"})
        assert caught.value.retry_after == pytest.approx(50)
