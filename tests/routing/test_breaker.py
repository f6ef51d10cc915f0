"""The breaker, state by state, under a clock that the test moves."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.engines.router.breaker import MOST_OPEN_SECONDS, NUMBERS, Breaker, Permit
from tests.routing.places import Clock


def breaker() -> tuple[Breaker, Clock]:
    clock = Clock()
    return Breaker(clock=clock, spread=lambda: 0.5), clock


def entered(of: Breaker) -> Permit:
    permit = of.enter()
    assert permit is not None
    return permit


def test_it_opens_at_the_third_fault_in_a_row() -> None:
    of, clock = breaker()
    for _ in range(2):
        entered(of).fault("down")
    entered(of).good()
    for _ in range(2):
        entered(of).fault("down")
    assert of.shown().state == "closed"
    entered(of).fault("down")
    assert of.shown() == ("open", "down", 15.0) and of.enter() is None
    clock.now += 15
    assert of.shown().state == "half-open"


def test_it_opens_at_five_faults_of_the_last_ten() -> None:
    of, _ = breaker()
    for _ in range(4):
        entered(of).fault("down")
        entered(of).good()
    assert of.shown().state == "closed"
    entered(of).fault("down")
    assert of.shown().state == "open"


def test_a_fault_of_eleven_runs_ago_is_forgotten() -> None:
    of, _ = breaker()
    for ended in "F..F..F.F.F":
        permit = entered(of)
        permit.fault("down") if ended == "F" else permit.good()
    assert of.shown().state == "closed"
    entered(of).fault("down")
    assert of.shown().state == "open"


def test_what_is_said_twice_counts_once() -> None:
    of, _ = breaker()
    for _ in range(2):
        permit = entered(of)
        for _ in range(3):
            permit.fault("down")
    assert of.shown().state == "closed"


def test_after_it_closed_it_begins_from_the_start() -> None:
    of, clock = breaker()
    for _ in range(3):
        entered(of).fault("down")
    clock.now += 15
    for _ in range(2):
        entered(of).good()
    for _ in range(2):
        entered(of).fault("down")
    assert of.shown() == ("closed", "", None)
    entered(of).fault("down again")
    assert of.shown() == ("open", "down again", 15.0)


@pytest.mark.parametrize(("spread", "seconds"), [(0.0, 12.0), (0.25, 13.5), (1.0, 18.0)])
def test_breakers_of_many_servers_do_not_try_at_the_same_moment(spread: float, seconds: float) -> None:
    of = Breaker(clock=Clock(), spread=lambda: spread)
    of.suspect("no workers")
    assert of.shown().next_try == pytest.approx(seconds)


def test_metrics_have_a_number_for_each_state() -> None:
    assert NUMBERS == {"closed": 0, "half-open": 1, "open": 2}  # as docs/routing.md says


def test_half_open_lets_one_through_under_fifty_and_closes_after_two() -> None:
    of, clock = breaker()
    for _ in range(3):
        entered(of).fault("down")
    clock.now += 16
    found: list[Permit | None] = []
    threads = [threading.Thread(target=lambda: found.append(of.enter())) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (trial,) = [permit for permit in found if permit is not None]
    trial.good()
    assert of.shown().state == "half-open"
    entered(of).release()  # a run that was cancelled says nothing
    entered(of).good()
    assert of.shown().state == "closed"


def test_a_fault_while_half_open_opens_for_longer_up_to_ten_minutes() -> None:
    of, clock = breaker()
    for _ in range(3):
        entered(of).fault("down")
    lengths = []
    for _ in range(9):
        wait = of.shown().next_try
        assert wait is not None
        lengths.append(wait)
        clock.now += wait
        entered(of).fault("still down")
    assert lengths[:4] == [15, 30, 60, 120] and max(lengths) == MOST_OPEN_SECONDS


def test_push_back_is_no_fault_and_ends_by_itself() -> None:
    of, clock = breaker()
    entered(of).fault("down")
    entered(of).fault("down")
    entered(of).release()
    of.push_back(7)
    assert of.shown().state == "open" and of.enter() is None
    clock.now += 7
    assert of.shown().state == "closed"
    entered(of).fault("down")
    of.push_back(15)
    shown = of.shown()
    assert (shown.state, shown.next_try) == ("open", 15.0) and "no more" in shown.reason
    of.push_back(None)
    assert of.shown().next_try == 15.0, "a shorter wait takes nothing back"


def test_denied_stays_until_somebody_changes_something() -> None:
    of, clock = breaker()
    assert of.deny("a wrong key") and not of.deny("a wrong key")
    clock.now += 1e6
    assert of.shown() == ("open", "a wrong key", None)
    of.reset()
    assert of.shown().state == "closed"


def test_a_look_opens_and_never_closes() -> None:
    of, clock = breaker()
    of.suspect("no workers")
    assert of.shown().state == "open"
    clock.now += 20
    of.suspect("no workers")
    assert of.shown().state == "half-open"


@given(st.lists(st.sampled_from(["good", "fault", "release", "late good", "late fault", "wait", "push"]), max_size=60))
def test_law_never_more_than_one_trial_and_every_permit_ends_once(steps: list[str]) -> None:
    of, clock = breaker()
    old: list[Permit] = []
    for step in steps:
        if step == "wait":
            clock.now += 40
        elif step == "push":
            of.push_back(5)
        elif step.startswith("late") and old:
            permit = old.pop(0)
            (permit.good if step == "late good" else lambda p=permit: p.fault("x"))()
        elif (permit_now := of.enter()) is not None:
            if permit_now.trial:
                assert of.enter() is None
            if step == "good":
                permit_now.good()
                permit_now.fault("said twice")
            elif step == "fault":
                permit_now.fault("x")
            elif step == "release" or permit_now.trial:
                permit_now.release()
            else:
                old.append(permit_now)
        shown = of.shown()
        assert (shown.state == "open") == (shown.next_try is not None)
        assert of.enterable == (shown.state != "open")
