"""What a run costs on Modal: agrees with Modal's price list, calculated here by hand, and adds up to the bill."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import presets
from ryla_graphs.modal_deploy.money import Clock, Pricing, Waited
from ryla_graphs.modal_deploy.settings import ModalSettings, chosen_options, worker_options
from ryla_graphs.plan import GPUS
from ryla_graphs.plan.money import region_factor

# Modal's price list, in USD a second, written down here a second time.
L40S, CORE, GIB = 0.000542, 0.0000131, 0.00000222
SETTINGS = ModalSettings()
FLUX = presets.get("flux-dev").build(presets.get("flux-dev").example).compile()


class Time:
    """A clock that stands until it is moved."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time()
    monkeypatch.setattr(time, "time", clock)
    return clock


def close(one: float | None, other: float) -> bool:
    return one is not None and abs(one - other) <= 0.05 * other


def test_one_flux_dev_alone_costs_what_modal_bills(at: Time) -> None:
    """A container that starts for 60 s, works for 10.5 s and is kept for 60 s: 130.5 s of L40S, 4 cores, 32 GiB."""
    by_hand = 130.5 * (L40S + 4 * CORE + 32 * GIB)
    assert round(by_hand, 4) == 0.0868
    clock = Clock(pricing=Pricing.of(SETTINGS))
    at.now += 60
    clock.ready()
    waited = clock.begin(at.now - 60)
    at.now += 10.5
    usage = clock.usage("L40S", True, waited, 10.5)
    assert close(usage.cost_usd, by_hand)
    assert (usage.cold_seconds, usage.execution_seconds, usage.idle_seconds) == (60, 10.5, 60)


def test_a_run_on_a_warm_container_pays_its_work_and_the_time_since_the_last_one(at: Time) -> None:
    clock = Clock(pricing=Pricing.of(SETTINGS))
    clock.ready()
    clock.usage("L40S", True, clock.begin(at.now), 0.0)
    at.now += 20
    waited = clock.begin(at.now)
    at.now += 10
    assert close(clock.usage("L40S", True, waited, 10.0).cost_usd, 30 * (L40S + 4 * CORE + 32 * GIB))


@given(st.floats(0, 200), st.lists(st.tuples(st.floats(0, 60), st.floats(0.1, 500)), min_size=1, max_size=8))
def test_all_runs_of_a_container_add_up_to_its_bill(start: float, runs: Sequence[tuple[float, float]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        now = Time()
        patch.setattr(time, "time", now)
        began, paid = now.now, 0.0
        clock = Clock(pricing=Pricing(window=60))
        now.now += start
        clock.ready()
        for idle, work in runs:
            now.now += idle  # no container is idle for longer than its window
            waited = clock.begin(now.now)
            now.now += work
            paid += clock.usage("H100", True, waited, work).cost_usd or 0.0
        bill = (now.now - began + 60) * GPUS["H100"].container_usd_per_second
        assert paid == pytest.approx(bill, rel=1e-4)


def test_the_plan_says_the_same_before_the_run() -> None:
    row = FLUX.plan.on("L40S")
    assert row.seconds is not None and row.cold_seconds is not None
    weights = row.cold_seconds - 12.5  # at 1 GB a second, after the start of a server without packs
    assert 33 < weights < 36
    by_hand = (57 + weights + row.seconds + 60) * (L40S + 4 * CORE + 32 * GIB)
    assert by_hand > 0.1 and close(Pricing.of(SETTINGS).alone(row), by_hand)
    assert close(row.usd, row.seconds * (L40S + 4 * CORE + 32 * GIB))


@pytest.mark.parametrize(
    ("regions", "factor"), [((), 1), (("eu",), 1.15), (("us-west",), 1.75), (("uk",), 1.75), (("us", "us-west"), 1.15)]
)
def test_a_region_costs_more(regions: tuple[str, ...], factor: float) -> None:
    assert region_factor(regions) == factor
    settings = ModalSettings(region=regions)
    plain = Pricing.of(SETTINGS).rate("L40S")
    assert plain is not None and close(Pricing.of(settings).rate("L40S"), plain * factor)
    assert worker_options(settings).get("region", []) == list(regions)


def test_a_cheap_card_does_not_pay_for_a_large_cards_memory() -> None:
    assert chosen_options("T4") == {"gpu": "T4", "cpu": 2.0, "memory": 16 * 1024}
    assert chosen_options("H200")["memory"] == 64 * 1024
    wide = ModalSettings(fallback=("T4", "H200"))
    assert worker_options(wide)["memory"] == 64 * 1024
    rate = Pricing.of(wide)
    assert (rate.rate("T4", chosen=False) or 0) > (rate.rate("T4") or 1)  # what it asks for there is the list's largest


def test_a_gpu_without_a_price_has_no_cost(at: Time) -> None:
    clock = Clock(pricing=Pricing())
    clock.ready()
    assert clock.usage("unknown", False, clock.begin(at.now), 1.0).cost_usd is None


def test_what_cannot_be_estimated_is_bounded_by_the_time_limits() -> None:
    unknown = FLUX.plan.model_copy(update={"unknowns": (_unknown(),)})
    bound = Pricing.of(SETTINGS).at_most(unknown, "H100", SETTINGS.fallback)
    rate = Pricing.of(SETTINGS).rate("H100")
    assert rate is not None and bound == pytest.approx((900 + 3600 + 60) * rate)


def _unknown() -> object:
    from ryla_graphs.plan.plan import Unknown

    return Unknown(what="how long it takes", affects=("seconds", "cost"))


@pytest.mark.parametrize(
    ("spawned", "began", "queue", "cold"),
    [
        (5.0, 30.0, 20.0, 5.0),  # it came while the container started, and others were before it
        (-5.0, 10.0, 5.0, 10.0),  # it was there before the container was
        (10.0, 10.0, 0.0, 0.0),
        (20.0, 50.0, 30.0, 0.0),
    ],
)
def test_what_a_run_waited_for_is_the_start_or_the_queue(
    at: Time, spawned: float, began: float, queue: float, cold: float
) -> None:
    start = at.now
    clock = Clock(pricing=Pricing(window=60))
    at.now = start + 10
    clock.ready()
    at.now = start + began
    waited = clock.begin(start + spawned)
    assert (waited.queue, waited.cold) == pytest.approx((queue, cold)) and waited.start == 10
    assert waited.idle == min(60, began - 10) + 60


def test_a_run_that_begins_before_the_container_is_ready_waited_until_now(at: Time) -> None:
    clock = Clock(pricing=Pricing(window=60))
    at.now += 7
    waited = clock.begin(at.now - 7)
    assert (waited.queue, waited.cold, waited.start, waited.idle) == (0, 7, 7, 60)


def test_figures_are_rounded_to_the_millisecond_and_to_millionths_of_a_dollar(at: Time) -> None:
    clock = Clock(pricing=Pricing())
    clock.ready()
    usage = clock.usage("L40S", True, Waited(queue=1.23456, cold=2.34567, start=0.0, idle=3.45678), 4.56789)
    assert (usage.queue_seconds, usage.cold_seconds, usage.idle_seconds) == (1.235, 2.346, 3.457)
    assert usage.execution_seconds == 4.568
    assert usage.cost_usd == round((3.45678 + 4.56789) * (Pricing().rate("L40S") or 0), 6)


def test_what_the_plan_does_not_know_has_no_price() -> None:
    pricing, row = Pricing.of(SETTINGS), FLUX.plan.on("L40S")
    wide = Pricing.of(ModalSettings(fallback=("L40S", "H200")))
    assert wide.alone(row) == wide.alone(row, chosen=True) != wide.alone(row, chosen=False)
    for unknown in ("seconds", "cold_seconds"):
        assert pricing.alone(row.model_copy(update={unknown: None})) is None
    assert pricing.alone(row.model_copy(update={"gpu": "unknown"})) is None
    assert pricing.at_most(FLUX.plan, "L40S", ()) == pricing.alone(row)


def test_of_the_fall_back_list_the_most_expensive_is_the_bound() -> None:
    pricing = Pricing.of(SETTINGS)
    each = [pricing.alone(FLUX.plan.on(name), chosen=False) or 0 for name in SETTINGS.fallback]
    assert pricing.at_most(FLUX.plan, None, SETTINGS.fallback) == max(each) > min(each)


def test_a_container_has_the_prices_of_its_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RYLA_MODAL_REGION", "us-west")
    assert Clock().pricing == Pricing.here() == Pricing.of(ModalSettings(region=("us-west",)))
    own = Pricing(window=1)
    assert Clock(pricing=own).pricing is own
