"""Arithmetic on what is unknown: the bounds that come out hold for every value between the bounds that went in."""

from __future__ import annotations

import copy
import math
import operator
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ryla_graphs.shapes.unknown import Undecided, Unknown, bounds, least, most, product, rounded, whole

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "/": operator.truediv,
    "%": operator.mod,
    "least": least,
    "most": most,
}
UNARY: dict[str, Callable[[Any], Any]] = {
    "-": operator.neg,
    "abs": abs,
    "round": rounded,
    "ceil": math.ceil,
    "floor": math.floor,
}
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]


@st.composite
def known_and_unknown(draw: st.DrawFn) -> tuple[int, Any]:
    """A number, and either itself or an unknown that may be it."""
    value = draw(st.integers(-50, 50))
    below, above = draw(st.sampled_from([0, 1, 7, math.inf])), draw(st.sampled_from([0, 1, 7, math.inf]))
    if draw(st.booleans()):
        return value, value
    return value, Unknown("a test", value - below, value + above)


@example("//", (0, Unknown("a test", -8, math.inf)), (-8, -8))  # as endless, of the other sign
@example("//", (-1, -1), (9, Unknown("a test", 2, math.inf)))
@example("//", (-1, Unknown("a test", -1, -1)), (9, Unknown("a test", 9, math.inf)))  # less than nothing, however large
@given(st.sampled_from(list(BINARY)), known_and_unknown(), known_and_unknown())
def test_results_are_between_their_bounds(name: str, first: tuple[int, Any], second: tuple[int, Any]) -> None:
    work = BINARY[name]
    assume(name not in ("//", "/", "%") or second[0] != 0)
    exact = work(first[0], second[0])
    low, high = bounds(work(first[1], second[1]))
    assert low <= exact + 1e-9 and exact - 1e-9 <= high


@given(st.sampled_from(list(UNARY)), known_and_unknown())
def test_results_of_one_are_between_their_bounds(name: str, value: tuple[int, Any]) -> None:
    low, high = bounds(UNARY[name](value[1]))
    assert low <= UNARY[name](value[0]) <= high


@given(st.sampled_from(COMPARISONS), known_and_unknown(), known_and_unknown())
def test_what_is_decided_is_true(work: Any, first: tuple[int, Any], second: tuple[int, Any]) -> None:
    try:
        decided = work(first[1], second[1])
    except Undecided:
        return
    assert first[1] is second[1] or decided == work(first[0], second[0])


@pytest.mark.parametrize(
    "use",
    [str, int, float, bool, len, list, iter, "{:>4}".format, lambda u: u.upper(), lambda u: u[0], lambda u: u == "a"],
)
def test_what_needs_the_value_is_undecided(use: Callable[[Any], Any]) -> None:
    with pytest.raises(Undecided, match="known only with the file"):
        use(Unknown("known only with the file"))


def test_bounds_follow_a_rule() -> None:
    side = Unknown("the file", 1, 4096)
    assert bounds(side // 8 * 8 + 16) == (16, 4112)
    assert bounds(product([side, side, 3])) == (3, 3 * 4096**2)
    assert bounds(whole(side / 3)) == (0, 1365)
    assert bounds(least(side, 4)) == (1, 4)
    assert most(side, 5000) == 5000


def test_it_is_a_value() -> None:
    side = Unknown("the file", 1, 2)
    for other in (copy.copy(side), copy.deepcopy(side), pickle.loads(pickle.dumps(side))):
        assert (other.reason, other.low, other.high) == ("the file", 1, 2)
    assert repr(side) == "<Unknown 1..2: the file>"


def test_dividing_by_what_is_zero_is_an_error() -> None:
    with pytest.raises(ZeroDivisionError):
        operator.floordiv(Unknown("x"), 0)
