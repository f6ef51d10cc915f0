"""Which GPU is the best of many, against a second way to find it; and what its container asks for."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ryla_graphs.plan import GPUS, choose_gpu
from ryla_graphs.plan.choice import ALIKE, best
from ryla_graphs.plan.money import DEFAULT_SIZE, REGION_FACTORS, Breadth, region_factor, size_of
from ryla_graphs.plan.plan import OnGPU
from ryla_graphs.problems import CannotRunHere
from tests.plan.prompts import flux, planned

FLUX = planned(flux())
NAMES = sorted(GPUS)
NUMBERS = st.none() | st.sampled_from([0.0, 1.0, 1.2, 1.25, 1.26, 2.0, 9.0, 5000.0, math.inf, -1.0])
ROWS = st.dictionaries(
    st.sampled_from(NAMES),
    st.tuples(st.sampled_from([None, "no", "resident", "swap", "offload"]), NUMBERS, NUMBERS, st.booleans()),
    max_size=5,
)


def rows_of(given_: dict[str, Any]) -> list[OnGPU]:
    """`in_time` goes by the seconds of an image, which need not be those of the run."""
    return [
        OnGPU(gpu=name, fit=fit, seconds=seconds, usd=usd, usd_an_image=usd, seconds_an_image=0.1 if quick else 1e6)
        for name, (fit, seconds, usd, quick) in given_.items()
    ]


def second(row: OnGPU) -> float:
    return row.card.container_usd_per_second


@given(ROWS)
@example({"L4": ("resident", 1.0, 1.0, False), "H100": ("resident", 1.0, 9.0, True)})
@example({"L4": ("resident", 1.0, 0.0, True)})
@example({"L4": ("resident", 1.0, 1.25, True), "H100": ("resident", 1.0, 1.0, True)})
@example({"L4": ("resident", 9.0, 1.0, True), "H100": ("resident", 2.0, 1.0, True)})
def test_the_best_is_what_each_word_says(given_: dict[str, Any]) -> None:
    rows = rows_of(given_)
    known = [r for r in rows if r.runs and r.seconds is not None and r.usd is not None and 0 <= r.usd < math.inf]
    found = {by: best(rows, by) for by in ("cheapest", "fastest", "recommended")}
    if not known:
        assert set(found.values()) == {None}
        return
    by_name = {row.gpu: row for row in known}
    cheapest, fastest, recommended = (by_name[found[by] or ""] for by in ("cheapest", "fastest", "recommended"))
    assert (cheapest.usd, cheapest.seconds) == min((row.usd, row.seconds) for row in known)
    assert (fastest.seconds, fastest.usd) == min((row.seconds, row.usd) for row in known)
    timely = [row for row in known if row.in_time] or known
    least = min(row.usd or 0 for row in timely)
    alike = [row for row in timely if (row.usd or 0) <= ALIKE * least]
    assert recommended in alike and second(recommended) == min(map(second, alike))


def test_what_costs_and_takes_the_same_goes_to_the_first() -> None:
    for names in (("H100", "L40S"), ("L40S", "H100")):
        rows = rows_of(dict.fromkeys(names, ("resident", 1.0, 1.0, True)))
        assert best(rows, "cheapest") == best(rows, "fastest") == names[0]


def test_a_cost_may_be_all_that_is_allowed() -> None:
    costs = {"L40S": 0.5, "H100": 0.4}

    def cost(row: OnGPU) -> float | None:
        return costs.get(row.gpu)

    for most, gpu in ((0.5, "L40S"), (0.4, "H100")):
        choice = choose_gpu(FLUX, allowed=["L40S", "H100"], preferred="L40S", max_cost_usd=most, cost=cost)
        assert choice is not None and choice.gpu.name == gpu
    with pytest.raises(CannotRunHere):
        choose_gpu(FLUX, allowed=["L40S", "H100"], max_cost_usd=0.39, cost=cost)


def test_the_reason_says_whether_it_is_in_time() -> None:
    def reason(quick: bool) -> str:
        rows = tuple(
            row.model_copy(update={"seconds_an_image": 0.1 if quick else 1e6}) for row in FLUX.gpus if row.gpu == "L40S"
        )
        choice = choose_gpu(FLUX.model_copy(update={"gpus": rows}), allowed=["L40S"])
        assert choice is not None
        return choice.reason

    assert reason(quick=True) != reason(quick=False) and "none is in time" in reason(quick=False)


def test_of_those_that_stream_the_cheapest_is_taken() -> None:
    given_ = {"T4": ("offload", 9.0, 2.0, True), "L4": ("offload", 9.0, 1.0, True), "A10": ("offload", 9.0, None, True)}
    rows = tuple(row.model_copy(update={"reasons": ("streams",)}) for row in rows_of(given_))
    choice = choose_gpu(FLUX.model_copy(update={"gpus": rows}), allowed=["T4", "L4", "A10"])
    assert choice is not None and choice.gpu.name == "L4"


def test_a_container_asks_for_what_modal_is_to_bill() -> None:
    """Cores and GiB, written down a second time: each step is money."""
    asked = {"T4": (2, 16), "L4": (2, 24), "A10": (4, 24), "RTX-PRO-6000": (4, 48), "H100": (4, 48)}
    asked |= {"H200": (8, 64), "B200": (8, 64)}
    for name in GPUS:
        assert size_of(name) == asked.get(name, (4, 32))
    assert size_of() == DEFAULT_SIZE == (4, 32)


@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4))
def test_a_container_for_any_of_several_has_room_for_each(names: list[str]) -> None:
    size = size_of(*names)
    assert size.cores == max(size_of(name).cores for name in names)
    assert size.ram_gib == max(size_of(name).ram_gib for name in names)
    assert size.usd_per_second == pytest.approx(size.cores * 0.0000131 + size.ram_gib * 0.00000222)


@given(st.lists(st.sampled_from(["us", "eu", "ap", "us-west", "uk", "ca"]), max_size=3))
def test_a_broad_region_costs_less_than_a_narrow_one(regions: list[str]) -> None:
    kind: Breadth = "none" if not regions else "broad" if {"us", "eu", "ap"} & set(regions) else "narrow"
    assert region_factor(tuple(regions)) == REGION_FACTORS[kind]
