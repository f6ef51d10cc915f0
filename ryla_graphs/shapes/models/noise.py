"""How models spread noise over time: one small class for each way, and which of them each model family uses.

What ComfyUI keeps as a table of noise levels is a formula here, or a table that is made once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

_LARGEST = 3.4028234663852886e38
"""Anything larger is infinite in a float32 tensor."""
_BEFORE_ALL = 999_999_999.9
"""The noise level before the first step, for models whose noise has no end."""


class Sampling(Protocol):
    """How a model's noise level depends on time."""

    @property
    def count(self) -> int:
        """How many levels its table has."""
        ...

    def at(self, index: int) -> float:
        """A level of the table, smallest first; negative indices count from the end."""
        ...

    def sigma(self, time: float) -> float:
        """The level at a time of the model's own clock."""
        ...

    def time(self, sigma: float) -> float:
        """The time of a level."""
        ...

    def at_percent(self, percent: float) -> float:
        """The level after this fraction of the way."""
        ...


def finite(work: Callable[[float], float], value: float) -> float:
    """A function of a number, infinite where a tensor would hold infinity."""
    try:
        result = work(value)
    except OverflowError:
        return math.inf
    return math.copysign(math.inf, result) if abs(result) > _LARGEST else result


def shifted(shift: float, time: float) -> float:
    """The level of a flow at a time, with more of the steps at high noise."""
    if shift == 1.0:
        return time
    below = 1 + (shift - 1) * time
    return shift * time / below if below else math.nan


def exponentially_shifted(mu: float, time: float) -> float:
    """The same, for models whose shift is an exponent."""
    if not time:
        return 0.0
    weight = math.exp(mu)
    below = weight + (1 / time - 1)
    return weight / below if below else math.nan


@dataclass(frozen=True, slots=True)
class Flow:
    """A straight way from noise to picture, shifted."""

    shift: float = 1.0
    multiplier: float = 1000.0
    count: int = 1000

    def at(self, index: int) -> float:
        """See `Sampling`."""
        return shifted(self.shift, (index % self.count + 1) / self.count)

    def sigma(self, time: float) -> float:
        """See `Sampling`."""
        return shifted(self.shift, time / self.multiplier)

    def time(self, sigma: float) -> float:
        """See `Sampling`."""
        return sigma * self.multiplier

    def at_percent(self, percent: float) -> float:
        """See `Sampling`."""
        return 1.0 if percent <= 0 else 0.0 if percent >= 1 else shifted(self.shift, 1 - percent)


@dataclass(frozen=True, slots=True)
class FluxFlow:
    """The flow of Flux and of similar models."""

    shift: float = 1.15
    count: int = 10_000

    def at(self, index: int) -> float:
        """See `Sampling`."""
        return self.sigma((index % self.count + 1) / self.count)

    def sigma(self, time: float) -> float:
        """See `Sampling`."""
        return exponentially_shifted(self.shift, time)

    def time(self, sigma: float) -> float:
        """See `Sampling`."""
        return sigma

    def at_percent(self, percent: float) -> float:
        """See `Sampling`."""
        return 1.0 if percent <= 0 else 0.0 if percent >= 1 else self.sigma(1 - percent)


@lru_cache(maxsize=64)
def _levels(start: float, end: float, schedule: str, steps: int, zero_snr: bool) -> tuple[float, ...]:
    """The table of a stepwise diffusion, from how much noise each step adds."""
    kept, total = [], 1.0
    for step in range(steps):
        part = step / (steps - 1)
        if schedule == "linear":
            beta = (math.sqrt(start) + (math.sqrt(end) - math.sqrt(start)) * part) ** 2
        else:
            beta = math.sqrt(start + (end - start) * part) if schedule == "sqrt" else start + (end - start) * part
        total *= 1 - beta
        kept.append(total)
    if zero_snr:
        first, last = math.sqrt(kept[0]), math.sqrt(kept[-1])
        kept = [((math.sqrt(value) - last) * first / (first - last)) ** 2 for value in kept]
        kept[-1] = 4.8973451890853435e-08
    return tuple(math.sqrt((1 - value) / value) for value in kept)


@dataclass(frozen=True, slots=True)
class Diffusion:
    """Noise in a thousand steps, as Stable Diffusion has it."""

    start: float = 0.00085
    end: float = 0.012
    schedule: str = "linear"
    steps: int = 1000
    zero_snr: bool = False
    every: int = 1
    """Models distilled to few steps use only every n-th step."""

    @property
    def _table(self) -> tuple[float, ...]:
        levels = _levels(self.start, self.end, self.schedule, self.steps, self.zero_snr)
        return levels if self.every == 1 else levels[self.every - 1 :: self.every]

    @property
    def count(self) -> int:
        """See `Sampling`."""
        return self.steps // self.every

    def at(self, index: int) -> float:
        """See `Sampling`."""
        return self._table[index]

    def sigma(self, time: float) -> float:
        """See `Sampling`."""
        table = self._table
        place = min(max((time - (self.every - 1)) / self.every, 0), len(table) - 1)
        low, part = math.floor(place), place % 1
        return math.exp((1 - part) * math.log(table[low]) + part * math.log(table[math.ceil(place)]))

    def time(self, sigma: float) -> float:
        """See `Sampling`."""
        wanted, table = math.log(sigma), self._table
        nearest = min(range(len(table)), key=lambda index: abs(math.log(table[index]) - wanted))
        return nearest * self.every + self.every - 1

    def at_percent(self, percent: float) -> float:
        """See `Sampling`."""
        return _BEFORE_ALL if percent <= 0 else 0.0 if percent >= 1 else self.sigma((1 - percent) * 999)


@dataclass(frozen=True, slots=True)
class Continuous:
    """Noise between two levels, each as good as any other: EDM."""

    low: float = 0.002
    high: float = 120.0
    count: int = 1000

    def at(self, index: int) -> float:
        """See `Sampling`."""
        part = (index % self.count) / (self.count - 1)
        return math.exp(math.log(self.low) + (math.log(self.high) - math.log(self.low)) * part)

    def sigma(self, time: float) -> float:
        """See `Sampling`."""
        return finite(math.exp, time / 0.25)

    def time(self, sigma: float) -> float:
        """See `Sampling`."""
        return 0.25 * math.log(sigma)

    def at_percent(self, percent: float) -> float:
        """See `Sampling`."""
        if percent <= 0 or percent >= 1:
            return _BEFORE_ALL if percent <= 0 else 0.0
        low, high = math.log(self.at(0)), math.log(self.at(-1))
        return math.exp((high - low) * (1 - percent) + low)


@dataclass(frozen=True, slots=True)
class ContinuousV(Continuous):
    """The same for models that predict velocity: Stable Audio."""

    def sigma(self, time: float) -> float:
        """See `Sampling`."""
        return math.tan(time * math.pi / 2)

    def time(self, sigma: float) -> float:
        """See `Sampling`."""
        return math.atan(sigma) / math.pi * 2


@dataclass(frozen=True, slots=True)
class CosmosFlow(Continuous):
    """The flow of Cosmos Predict2, on the levels of EDM."""

    def sigma(self, time: float) -> float:
        """See `Sampling`."""
        highest = self.at(-1)
        return highest if time >= highest / (highest + 1) else time / (1 - time)

    def time(self, sigma: float) -> float:
        """See `Sampling`."""
        return sigma / (sigma + 1)


@dataclass(frozen=True, slots=True)
class Cascade:
    """The cosine of Stable Cascade."""

    shift: float = 1.0
    count: int = 10_000

    def at(self, index: int) -> float:
        """See `Sampling`."""
        return self.sigma((index % self.count + 1) / self.count)

    def sigma(self, time: float) -> float:
        """See `Sampling`."""
        kept = (math.cos((time + _OFFSET) / (1 + _OFFSET) * math.pi * 0.5) / _FIRST) ** 2
        if self.shift != 1.0:
            odds = kept / (1 - kept) if kept < 1 else math.inf
            kept = 1.0 if math.isinf(odds) else odds / (odds + self.shift**2)
        kept = min(max(kept, 0.0001), 0.9999)
        return math.sqrt((1 - kept) / kept)

    def time(self, sigma: float) -> float:
        """See `Sampling`."""
        kept = min(max(1 / (sigma * sigma + 1), 0.0), 1.0)
        return math.acos(math.sqrt(kept) * _FIRST) / (math.pi * 0.5) * (1 + _OFFSET) - _OFFSET

    def at_percent(self, percent: float) -> float:
        """See `Sampling`."""
        return _BEFORE_ALL if percent <= 0 else 0.0 if percent >= 1 else self.sigma(1 - percent)


_OFFSET = 8e-3
_FIRST = math.cos(_OFFSET / (1 + _OFFSET) * math.pi * 0.5)
