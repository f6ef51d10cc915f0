"""A small share of `python -m benchmarks.routing_soak`: jobs over routes that are broken at every step."""

from __future__ import annotations

import pytest

from tests.routing.soaking import soak


@pytest.mark.parametrize("chaos", [0.3])
def test_nothing_is_lost_and_nothing_runs_too_often(chaos: float) -> None:
    found = soak(60, chaos=chaos, at_once=8, seed=3)
    assert found.wrong == []
    assert sum(found.ends.values()) == 60 and found.moved, "nothing was broken"
