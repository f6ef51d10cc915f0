"""One route as the router sees it: how fast it is, what it has cost, what it may still take, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.engines.events import Failed
from ryla_graphs.engines.router import Accepts, Budget, Route, RunOptions, attempt
from ryla_graphs.engines.router.attempt import ActiveAttempt, Order, cost_of, error_of, slow
from ryla_graphs.engines.router.choosing import Choice, Preference, arm, choose
from ryla_graphs.engines.router.flags import Flag, Flags
from ryla_graphs.engines.router.needs import Need
from ryla_graphs.engines.router.route import Lane
from ryla_graphs.engines.router.verdicts import Verdict
from ryla_graphs.problems import ExecutionFailed, RunLost, RunTimedOut
from tests.routing.places import Clock, Place
from tests.routing.test_router import IMAGE

DAY = 86_400.0
NEED, NOTHING = Need.of(IMAGE), RunOptions()
SECONDS = st.floats(0.1, 1000)


def lane(name: str = "here", **route: Any) -> Lane:
    slots = route.pop("slots", 2)
    return Lane(Route(name, Place(name, slots=slots), **route), clock=Clock(), wall=Clock())


def later(one: Lane, seconds: float) -> None:
    cast("Clock", one.clock).now += seconds
    cast("Clock", one.wall).now += seconds


class TestHowFastItIs:
    @given(st.lists(st.tuples(SECONDS, st.floats(0, 2000)), min_size=1, max_size=25))
    def test_it_is_a_mean_of_the_last_runs_in_which_the_newest_count_most(
        self, rows: list[tuple[float, float]]
    ) -> None:
        one = lane()
        for seconds, pause in rows:
            later(one, pause)
            one.took(None, seconds)
        last = [seconds for seconds, _ in rows[-20:]]
        expected = one.expected(None)
        assert expected is not None and min(last) - 1e-6 <= expected <= max(last) + 1e-6

    def test_the_last_twenty_count(self) -> None:
        one = lane()
        for seconds in [1000.0, *[10.0] * 20]:
            one.took(None, seconds)
        assert one.expected(None) == pytest.approx(10)
        one.took(None, 31)
        assert one.expected(None) == pytest.approx(11.05)

    def test_a_run_of_ten_minutes_ago_counts_half(self) -> None:
        one = lane()
        one.took(None, 10)
        later(one, 600)
        one.took(None, 40)
        assert one.expected(None) == pytest.approx(30)

    def test_a_preset_is_judged_by_its_own_runs_where_it_has_any(self) -> None:
        one = lane()
        assert one.expected("a") is None
        one.took("a", 10)
        one.took("b", 20)
        assert (one.expected("a"), one.expected("b")) == (10, 20)
        assert one.expected("c") == one.expected(None) == 15

    def test_of_all_that_is_very_old_nothing_is_known(self) -> None:
        one = lane()
        one.took(None, 10)
        later(one, 1e9)
        assert one.expected(None) is None


class TestWhatItMayTake:
    @given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=8), st.integers(0, 12))
    def test_the_money_of_a_day_is_spent_until_midnight(self, rows: list[tuple[int, bool]], most: int) -> None:
        one = lane(budget=Budget(usd_per_day=most))
        whole = today = 0
        for cost, next_day in rows:
            later(one, DAY if next_day else 0)
            today = cost + (0 if next_day else today)
            whole += cost
            one.begin("run")
            one.end("run", "good", float(cost) or None)
            assert one.spent_today == today
            assert one.over_budget() == (f"its budget of ${most} for today is spent" if today >= most else "")
        later(one, DAY)
        assert one.spent_today == 0
        shown = one.to_dict()
        assert (shown["cost_usd"], shown["spent_today_usd"]) == (whole, 0)
        assert shown["runs"] == ({"good": len(rows)} if rows else {}) and one.running == 0

    def test_a_day_ends_at_midnight_utc(self) -> None:
        one = lane(budget=Budget(usd_per_day=1))
        cast("Clock", one.wall).now = 3 * DAY - 1
        one.end("run", "good", 1.0)
        assert one.over_budget()
        cast("Clock", one.wall).now = 3 * DAY
        assert not one.over_budget()

    def test_as_many_runs_as_it_may(self) -> None:
        one = lane(budget=Budget(at_once=2))
        for number in range(2):
            assert one.over_budget() == ""
            one.begin(str(number))
        assert one.over_budget() == "it has 2 runs, which is its limit"
        one.end("0", "good", None)
        assert one.over_budget() == "" and one.running == 1
        assert lane(budget=Budget(at_once=0)).over_budget()

    def test_files_up_to_its_bound(self) -> None:
        one = lane(accepts=Accepts(input_bytes=1_500_000))
        assert one.unable(NEED, {"a": 1_000_000, "b": 500_000}) == ""
        assert one.unable(NEED, {"a": 1_600_000}) == "it accepts 1.5 MB of input files, not 1.6 MB"

    def test_a_graph_that_takes_longer_than_it_may_by_the_plan(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Need, "seconds", lambda _, gpu: {"L40S": 10.0}.get(gpu))
        gpu = Accepts(gpu="L40S")
        for run, total in ((10.0, None), (None, 10.0), (10.0, 99.0), (None, None)):
            assert lane(run_seconds=run, total_seconds=total, accepts=gpu).unable(NEED, {}) == ""
        for run, total in ((9.0, None), (None, 9.0), (9.0, 99.0), (99.0, 9.0)):
            slow = lane(run_seconds=run, total_seconds=total, accepts=gpu).unable(NEED, {})
            assert slow == "too_slow: the plan expects 10 s, but a run may take 9 s"
        assert lane(run_seconds=1.0).unable(NEED, {}) == "", "of another GPU nothing is known"

    def test_a_verdict_holds_until_its_classes_are_listed_again(self) -> None:
        one = lane()
        assert one.unable(NEED, {}) == ""
        one.known = Place("x").known.subset(["EmptyImage"])
        assert one.unable(NEED, {}) == ""
        one.learn(one.known)
        assert one.unable(NEED, {}) == "it has no SaveImage"

    def test_it_shows_what_a_person_reads(self) -> None:
        one = Lane(Route("here", Place("here"), usd_per_second=0.1), clock=Clock(), wall=Clock())
        one.took(None, 10.126)
        one.end("run", "good", 0.0000014)
        one.breaker.push_back(7.26)
        shown = one.to_dict()
        assert (shown["cost_usd"], shown["spent_today_usd"]) == (0.000001, 0.000001)
        assert (shown["expected_seconds"], shown["next_try_seconds"]) == (10.13, 7.3)
        assert (shown["priority"], shown["weight"], shown["slots"], shown["running"]) == (1, 1.0, 2, 0)


class TestWhereARunGoes:
    def chosen(
        self, *lanes: Lane, asked: RunOptions = NOTHING, flags: Mapping[str, Flag] | None = None, **more: Any
    ) -> Choice:
        of = SimpleNamespace(of=(flags or {}).get)
        options: dict[str, Any] = {"flags": cast("Flags", of), "preference": Preference(), "first": None} | more
        return choose(lanes, NEED, {}, asked, **options)

    def order(self, *lanes: Lane, **options: Any) -> list[str]:
        return [each.name for each in self.chosen(*lanes, **options).order]

    def test_the_arm_then_priority_then_arms_of_others_then_what_is_avoided(self) -> None:
        lanes = [
            lane("avoided", priority=0),
            lane("other arm", priority=0, share=100),
            lane("second", priority=2),
            lane("first", priority=1),
            lane("arm", priority=9, share=100),
        ]
        order = self.order(*lanes, first="arm", avoid=["avoided"])
        assert order == ["arm", "first", "second", "other arm", "avoided"]
        flags = {"second": Flag(share=50), "other arm": Flag()}
        assert self.order(*lanes, first="arm", flags=flags)[1:] == ["avoided", "first", "other arm", "second"]

    def test_what_is_off_is_dropped_for_good_and_what_is_busy_for_now(self) -> None:
        on, off, flagged, draining = lane("on"), lane("off", on=False), lane("flagged"), lane("draining")
        choice = self.chosen(on, off, flagged, flags={"flagged": Flag(on=False), "on": Flag()})
        assert choice.dropped == {"off": "it is switched off", "flagged": "it is switched off"} and not choice.passing
        draining.draining = True
        choice = self.chosen(on, draining)
        assert choice.dropped == {"draining": "it is draining"} and choice.passing and choice.order == [on]
        on.breaker.push_back(None)
        assert self.chosen(on).dropped == {"on": "it accepts no more runs at the moment"}

    @pytest.mark.parametrize(("usd", "passes"), [(0.5, True), (0.4999, False), (None, True)])
    def test_a_run_goes_where_its_money_is_enough(self, usd: float | None, passes: bool) -> None:
        paid, free = lane("paid", usd_per_second=0.01), lane("free")
        paid.took("a", 30)
        choice = self.chosen(paid, free, asked=RunOptions(preset="a", max_usd=usd), spent_usd=0.2)
        assert (paid in choice.order) is passes and free in choice.order
        if not passes:
            assert choice.dropped == {"paid": f"it would cost about $0.500, but the run may cost ${usd:g}"}
        unknown = lane("paid", usd_per_second=0.01)  # ten seconds, where nothing is known
        assert self.order(unknown, asked=RunOptions(max_usd=0.1)) and not self.order(
            unknown, asked=RunOptions(max_usd=0.09)
        )

    def test_a_dollar_is_worth_so_many_seconds(self) -> None:
        quick, cheap = lane("quick", usd_per_second=0.01), lane("cheap")
        quick.took(None, 20)
        cheap.took(None, 30)
        assert self.order(cheap, quick, preference=Preference(seconds_per_usd=10)) == ["quick", "cheap"]
        assert self.order(cheap, quick, preference=Preference(seconds_per_usd=200)) == ["cheap", "quick"]

    def test_about_as_good_is_shared_by_weight(self) -> None:
        one, two = lane("one"), lane("two", weight=2)
        one.took(None, 20)
        two.took(None, 20.1)
        handed = []
        for _ in range(9):
            best = self.chosen(one, two).order[0]
            best.handed += 1
            handed.append(best.name)
        assert handed.count("two") == 6 and self.order(lane("a"), lane("b")) == ["a", "b"]

    def test_a_queue_counts_as_time(self) -> None:
        full, idle = lane("full", slots=1), lane("idle", slots=1)
        full.took(None, 10)
        idle.took(None, 17)
        assert self.order(idle, full) == ["full", "idle"]
        full.begin("x")
        assert self.order(full, idle) == ["idle", "full"], "twenty seconds against seventeen, and it is busy"
        wide = lane("wide", slots=4)
        wide.took(None, 10)
        for number in range(3):
            wide.begin(str(number))
        assert self.order(idle, wide) == ["wide", "idle"], "it has a slot left"
        two, later = lane("two", slots=2), lane("later")
        two.took(None, 10)
        later.took(None, 23)
        for number in range(3):
            two.begin(str(number))
        assert self.order(later, two) == ["two", "later"], "two before it, at two slots: twenty seconds"

    def test_what_is_on_counts_by_weight(self) -> None:
        heavy, light = lane("heavy", slots=9, weight=4), lane("light", slots=9)
        for number in range(3):
            heavy.begin(str(number))
        light.begin("x")
        assert self.order(light, heavy) == ["heavy", "light"]

    def test_a_route_without_a_run_is_taken_to_be_as_fast_as_the_best(self) -> None:
        slow, quick, new = lane("slow"), lane("quick"), lane("new")
        slow.took(None, 100)
        quick.took(None, 5)
        quick.begin("x")
        assert self.order(slow, quick, new) == ["new", "quick", "slow"]

    def test_users_are_dealt_out_by_the_shares_of_routes_and_flags(self) -> None:
        lanes, preference = [lane("half", share=5_000), lane("rest")], Preference()
        none = cast("Flags", SimpleNamespace(of=lambda _: None))
        arms = [arm(lanes, none, preference, str(user)) for user in range(400)]
        assert 140 < arms.count("half") < 260 and set(arms) == {"half", None}
        all_ = cast("Flags", SimpleNamespace(of={"rest": Flag(share=10_000), "half": Flag(share=0)}.get))
        assert {arm(lanes, all_, preference, str(user)) for user in range(20)} == {"rest"}
        assert arm([lane("rest")], none, preference, "ada") is None


class TestAnAttempt:
    @pytest.fixture(autouse=True)
    def _clock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(attempt, "time", SimpleNamespace(monotonic=lambda: 1000.0))

    def active(
        self, *, began: float | None, late: str | None = None, accepted: float = 990.0, **route: Any
    ) -> ActiveAttempt:
        parts = {"attempt": None, "permit": None, "run": None}
        budgets = SimpleNamespace(late=late)
        return ActiveAttempt(
            lane=lane(**route), budgets=cast("Any", budgets), accepted=accepted, began=began, **cast("Any", parts)
        )

    def test_what_it_has_cost_is_known_where_it_began_and_has_a_price(self) -> None:
        assert cost_of(self.active(began=998.0, usd_per_second=0.5)) == 1.0
        assert cost_of(self.active(began=999.0, usd_per_second=0.0000014)) == 0.000001
        assert cost_of(self.active(began=None, usd_per_second=0.5)) is None
        assert cost_of(self.active(began=998.0)) is None

    def test_the_clock_that_ran_out_says_what_went_wrong(self) -> None:
        started = self.active(began=None, late="start")
        lost = error_of(started, cast("Any", None), cancelling=False)
        assert (
            isinstance(lost, RunLost) and not lost.began and "'here' did not start the run within 10.0 s" in str(lost)
        )
        for late, seconds in (("run", 3), ("total", 8)):
            active = self.active(began=991.0, late=late, run_seconds=3, total_seconds=8)
            slow = error_of(active, cast("Any", None), cancelling=False)
            assert isinstance(slow, RunTimedOut) and f"longer than its limit of {seconds} s" in str(slow)
            assert error_of(active, cast("Any", None), cancelling=True) is None
        assert error_of(self.active(began=991.0), cast("Any", None), cancelling=False) is None
        failed = Failed("run", ExecutionFailed("boom"))
        assert error_of(started, failed, cancelling=True) is failed.error

    def test_too_slow_is_the_routes_fault_where_others_were_much_faster(self) -> None:
        assert slow(self.active(began=None), None) == Verdict("too slow", moves=True, ran=False, fault=True)
        active = self.active(began=970.0)
        assert slow(active, "a") == Verdict("too slow", moves=False, ran=True, fault=False), (
            "nothing to compare it with"
        )
        active.lane.took("a", 10)
        assert not slow(active, "a").fault, "three times as long is not more than that"
        assert slow(replace(active, began=969.9), "a") == Verdict("too slow", moves=True, ran=True, fault=True)

    def test_an_order_without_files_has_no_sizes(self) -> None:
        order = Order(IMAGE, NEED, None)
        assert order.sizes == {} and not order.previews
        assert replace(order, inputs={"a": b"123", "b": b""}).sizes == {"a": 3, "b": 0}
