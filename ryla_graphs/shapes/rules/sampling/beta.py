"""Quantiles of the beta distribution and of the normal one, without a package for it."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

_TINY = 1e-300
_NORMAL = NormalDist()


@lru_cache(maxsize=4096)
def beta_quantile(probability: float, first: float, second: float) -> float:
    """The value that a beta-distributed number stays below with this probability; NaN if there is none.

    >>> round(beta_quantile(0.25, 0.6, 0.6), 4)
    0.1757
    """
    if first <= 0 or second <= 0 or not 0 <= probability <= 1:
        return math.nan
    if probability in (0, 1):
        return float(probability)
    if first == second and probability == 0.5:
        return 0.5
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if _share(middle, first, second) < probability else (low, middle)
    return (low + high) / 2


def _share(value: float, first: float, second: float) -> float:
    """The share of a beta distribution below a value."""
    if value <= 0 or value >= 1:
        return float(value >= 1)
    log = math.lgamma(first + second) - math.lgamma(first) - math.lgamma(second)
    front = math.exp(log + first * math.log(value) + second * math.log1p(-value))
    if value < (first + 1) / (first + second + 2):
        return front * _fraction(value, first, second) / first
    return 1 - front * _fraction(1 - value, second, first) / second


def _fraction(value: float, first: float, second: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    below = 1 / _held(1 - (first + second) * value / (first + 1))
    above, result = 1.0, below
    for step in range(1, 500):
        twice = first + 2 * step
        even = step * (second - step) * value / ((twice - 1) * twice)
        odd = -(first + step) * (first + second + step) * value / (twice * (twice + 1))
        for term in (even, odd):
            below = 1 / _held(1 + term * below)
            above = _held(1 + term / above)
            change = below * above
            result *= change
        if abs(change - 1) < 1e-16:
            break
    return result


def _held(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def normal_quantile(probability: float) -> float:
    """The value that a normally distributed number stays below with this probability."""
    if probability <= 0 or probability >= 1:
        return -math.inf if probability <= 0 else math.inf
    return _NORMAL.inv_cdf(probability)
