"""How much work something is, in calls of functions, which no other process lengthens."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def calls_of(work: Callable[[], object]) -> int:
    """How many functions are called, those of Python's own included."""
    count = 0

    def counted(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def growth(work: Callable[[int], Callable[[], object]], size: int) -> float:
    """By how much the work grows if its size doubles: by two if it is linear, by four if it is quadratic.

    What is made for a size is not counted. The smallest size is done once before, for what is loaded once.
    """
    work(4)()
    once, twice = (calls_of(work(each)) for each in (size, 2 * size))
    return twice / once
