"""The clocks of an attempt, on timers that ring when the test says so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.engines.router import Route
from ryla_graphs.engines.router.budgets import Budgets
from ryla_graphs.engines.simulator import Simulator

ALL = {"start_seconds": 1.0, "run_seconds": 2.0, "total_seconds": 3.0}


class Timers:
    """Stands for `threading.Timer`, and keeps those that run, by what they count."""

    def __init__(self) -> None:
        self.running: dict[str, Any] = {}
        self.made: list[Any] = []

    def __call__(self, seconds: float, ring: Callable[..., None], args: tuple[str]) -> Any:
        timers = self

        class Timer(threading.Thread):
            def start(self) -> None:
                assert timers.running.setdefault(args[0], self) is self

            def cancel(self) -> None:
                timers.running.pop(args[0], None)

            def ring(self) -> None:
                timers.running.pop(args[0], None)
                ring(*args)

        timer = Timer()
        timer.seconds = seconds  # type: ignore[attr-defined]
        self.made.append(timer)
        return timer

    def seconds(self) -> dict[str, float]:
        return {kind: timer.seconds for kind, timer in self.running.items()}


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> Timers:
    timers = Timers()
    monkeypatch.setattr(threading, "Timer", timers)
    return timers


def budgets(expire: Callable[[str], bool] = lambda _: True, **seconds: float | None) -> Budgets:
    return Budgets(Route("here", Simulator(), **(ALL | seconds)), expire)  # type: ignore[arg-type]


def test_an_attempt_waits_for_its_start_then_for_its_end_and_is_bounded_in_all(timers: Timers) -> None:
    watched = budgets()
    assert timers.seconds() == {"start": 1.0, "total": 3.0}
    watched.begun()
    assert timers.seconds() == {"run": 2.0, "total": 3.0}
    watched.stop()
    assert timers.running == {} and all(timer.daemon for timer in timers.made)


@given(st.lists(st.sampled_from(["begun", "stop", "start", "run", "total"]), max_size=8), st.booleans())
def test_only_the_first_clock_that_runs_out_ends_an_attempt(steps: list[str], ends: bool) -> None:
    def expire(kind: str) -> bool:
        assert watched.late == kind
        expired.append(kind)
        return ends

    with pytest.MonkeyPatch.context() as patch:
        timers, expired = Timers(), list[str]()
        patch.setattr(threading, "Timer", timers)
        watched = budgets(expire)
        stopped, late = False, None
        for step in steps:
            if step == "stop":
                watched.stop()
                stopped = True
            elif step == "begun":
                if "run" not in timers.running:  # a run begins once
                    watched.begun()
                    assert "start" not in timers.running
            elif step in timers.running:
                before = len(expired)
                timers.running[step].ring()
                assert expired[before:] == ([step] if late is None else [])
                late = late or (step if ends else None)
                assert ends or (step in timers.running) is (step == "start")  # a start may be waited for again
            assert watched.late == late
            assert not (stopped and timers.running)


def test_a_timer_that_rings_too_late_is_not_heard(timers: Timers) -> None:
    expired: list[str] = []

    def expire(kind: str) -> bool:
        expired.append(kind)
        return True

    watched = budgets(expire)
    start, total = timers.running["start"], timers.running["total"]
    watched.begun()
    start.ring()
    assert expired == [] and watched.late is None
    watched.stop()
    total.ring()
    assert expired == [] and watched.late is None


def test_what_has_no_limit_has_no_clock(timers: Timers) -> None:
    watched = budgets(start_seconds=None, run_seconds=None, total_seconds=None)
    watched.begun()
    assert timers.made == []
