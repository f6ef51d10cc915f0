"""The money of a day against a second telling, to the cent and to the second, without a GPU and without Modal."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from modal.exception import Error as ModalError
from prometheus_client import CollectorRegistry

from ryla_graphs.answers.words import JobState
from ryla_graphs.modal_deploy.settings import ModalSettings
from ryla_graphs.modal_deploy.spending import RESERVED, Spending
from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.records import Job, JobEvent
from tests.modal_app.test_spending import FLUX, USD, job

RESERVATION = round(USD, 6)
MIDNIGHT = 20_000 * 86_400.0
FINAL = [JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED]


class Clock:
    now = MIDNIGHT + 3600

    def __call__(self) -> float:
        return self.now


class Records:
    """A `modal.Dict` that may be out of reach."""

    def __init__(self) -> None:
        self.rows: dict[str, Any] = {}
        self.gone = False
        self.asked = 0

    def get(self, key: str) -> Any:
        self.asked += 1
        if self.gone:
            raise ModalError("no route")
        return self.rows.get(key)

    def put(self, key: str, value: Any) -> None:
        if self.gone:
            raise ModalError("no route")
        self.rows[key] = value


def spending(clock: Clock, records: Records | None = None, **most: float | None) -> Spending:
    return Spending(ModalSettings(**most), cast("Any", records), now=clock)  # type: ignore[arg-type]


def reported(one: Spending, of: Job, kind: str = "status") -> None:
    one.on_event(of, JobEvent(1, 0.0, kind, {}))


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["admit", "reserve", "lost", "booked", "never begun", "later", "next day"]), st.integers(0, 3)
    ),
    max_size=15,
)


@given(STEPS, st.none() | st.integers(0, 6), st.none() | st.integers(0, 4))
def test_what_is_spent_and_reserved_keeps_to_the_limits(
    steps: list[tuple[str, int]], most: int | None, most_each: int | None
) -> None:
    """Money is counted in jobs here: each may cost one, and one that is booked has cost a half."""
    clock = Clock()
    limits = [None if limit is None else (limit + 0.01) * USD for limit in (most, most_each)]
    one = spending(clock, max_usd_per_day=limits[0], max_usd_per_day_each=limits[1])
    spent: dict[str, float] = defaultdict(float)
    claims: list[tuple[float, str]] = []
    reserved: dict[str, str] = {}
    for step, number in steps:
        owner, which = f"owner {number % 2}", replace(job(), id=str(number), owner=f"owner {number % 2}")
        claims = [claim for claim in claims if claim[0] > clock.now]

        def used(name: str | None = None, /) -> float:
            rows = [*spent.items(), *((holder, 1.0) for _, holder in claims), *((o, 1.0) for o in reserved.values())]  # noqa: B023
            return sum(part for holder, part in rows if name in (None, holder))

        if step == "admit":
            fits = (most is None or used() + 1 <= most + 0.01) and (
                most_each is None or used(owner) + 1 <= most_each + 0.01
            )
            if fits:
                assert one.admit(owner, FLUX, None) == {RESERVED: RESERVATION}
                claims.append((clock.now + 60, owner))
            else:
                with pytest.raises(RequestError) as refused:
                    one.admit(owner, FLUX, None)
                assert refused.value.code == "over_budget"
        elif step == "reserve":
            reported(one, which)
            if which.id not in reserved:
                reserved[which.id] = owner
                if (claim := next((each for each in claims if each[1] == owner), None)) is not None:
                    claims.remove(claim)
        elif step in ("later", "next day"):
            clock.now += 25 if step == "later" else 86_400
            if step == "next day":
                spent.clear()
                reported(one, replace(which, id="none", state=JobState.CANCELLED))  # whatever comes turns the day
                claims = []
        else:
            metrics = {"cost_usd": USD / 2} if step == "booked" else {}
            run_id = None if step == "never begun" else "r"
            reported(one, replace(which, state=FINAL[number % 3], run_id=run_id, metrics=metrics))
            had = reserved.pop(which.id, None) is not None
            spent[owner] += 0.5 if step == "booked" else float(had and step == "lost")
        claims = [claim for claim in claims if claim[0] > clock.now]
        reported(one, job(), kind="progress")
        if step != "later":  # a total is as of the last that was admitted or reported
            for name in (None, "owner 0", "owner 1"):
                assert one.total(name) == pytest.approx(used(name) * USD, abs=1e-4)
    one.close()


def test_a_limit_may_be_reached_to_the_cent() -> None:
    one = spending(Clock(), max_usd_per_day=USD * 2)
    for _ in range(2):
        one.admit("me", FLUX, None)
    with pytest.raises(RequestError):
        one.admit("me", FLUX, None)


@pytest.mark.parametrize(("before", "seconds"), [(0.5, 1), (0.999999, 1), (1, 2), (86_400, 86_401)])
def test_who_is_refused_hears_when_the_day_ends(before: float, seconds: int) -> None:
    clock = Clock()
    clock.now = MIDNIGHT - before
    with pytest.raises(RequestError) as refused:
        spending(clock, max_usd_per_day=1e-9).admit("me", FLUX, None)
    assert refused.value.retry_after == seconds


def test_what_was_admitted_counts_for_a_minute_without_its_job() -> None:
    clock = Clock()
    one = spending(clock, max_usd_per_day=USD * 1.5)
    one.admit("me", FLUX, None)
    clock.now += 59
    with pytest.raises(RequestError):
        one.admit("me", FLUX, None)
    clock.now += 1
    assert one.admit("me", FLUX, None)


def test_another_containers_money_is_read_now_and_then() -> None:
    clock, records = Clock(), Records()
    one = spending(clock, records, max_usd_per_day=USD * 2)
    day = "spent:2024-10-04"
    records.rows[day] = {"you": USD * 2}
    clock.now += 59
    assert one.admit("me", FLUX, None)
    clock.now += 1
    with pytest.raises(RequestError):
        one.admit("me", FLUX, None)
    assert records.asked == 2
    clock.now += 59
    with pytest.raises(RequestError):
        one.admit("me", FLUX, None)
    assert records.asked == 2
    reported(one, replace(job(JobState.SUCCEEDED), run_id="r", metrics={"cost_usd": 0.25}))
    one.close()
    assert records.rows[day] == {"you": USD * 2, "me": 0.25}
    records.rows[day] = {"you": USD, "me": 0.25}  # an older copy takes nothing back
    clock.now += 60
    with pytest.raises(RequestError):
        one.admit("me", FLUX, None)


def test_what_was_spent_is_written_down_in_order() -> None:
    """The figure of an earlier moment never stands over a later one."""

    class Slow(Records):
        def __init__(self) -> None:
            super().__init__()
            self.second, self.met = threading.Event(), False

        def put(self, key: str, value: Any) -> None:
            if value == {"me": 1.0}:
                self.met = self.second.wait(0.1)
            else:
                self.second.set()
            super().put(key, value)

    records = Slow()
    one = spending(Clock(), records)
    for number in range(3):
        reported(one, replace(job(JobState.SUCCEEDED, id=str(number)), run_id="r", metrics={"cost_usd": 1.0}))
    one.close()
    assert not records.met and records.rows["spent:2024-10-04"] == {"me": 3.0}


def test_without_limits_nothing_is_read() -> None:
    clock, records = Clock(), Records()
    one = spending(clock, records)
    records.rows["spent:2024-10-04"] = {"you": USD}
    clock.now += 3600
    one.admit("me", FLUX, None)
    assert one.total("you") == 0


def test_records_out_of_reach_refuse_no_job(caplog: pytest.LogCaptureFixture) -> None:
    records = Records()
    records.gone = True
    one = spending(Clock(), records, max_usd_per_day=USD * 2)
    reported(one, replace(job(JobState.FAILED), run_id="r", metrics={"cost_usd": USD / 2}))
    one.close()
    assert one.admit("me", FLUX, None) and one.total("me") == pytest.approx(USD * 1.5)
    messages = [each.message for each in caplog.records]
    assert messages == ["cannot read today's spending: no route", "cannot store today's spending: no route"]


def test_jobs_of_an_earlier_container_keep_their_reservations() -> None:
    clock, records = Clock(), Records()
    one = spending(clock, records, max_usd_per_day=USD * 3)
    records.rows["spent:2024-10-04"] = {"me": 0.5}
    one.reserve_for([job(), job(id="2")])
    assert one.total() == pytest.approx(0.5 + 2 * RESERVATION)


def test_metrics_tell_what_is_used_of_what() -> None:
    for most, shown in ((3.0, 3.0), (None, float("inf"))):
        registry = CollectorRegistry()
        one = spending(Clock(), max_usd_per_day=most)
        one.show(registry)
        one.admit("me", FLUX, None)
        assert registry.get_sample_value("ryla_budget_usd") == shown
        assert registry.get_sample_value("ryla_budget_used_usd") == pytest.approx(USD)
