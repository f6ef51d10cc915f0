"""The noise levels that schedulers make of a number of steps.

The formulas are those of the papers and packages that the schedulers are named after, with ComfyUI's choices for one
step, for the last level, and for levels that are all but zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from ryla_graphs.shapes.models.noise import Sampling, finite
from ryla_graphs.shapes.rules.sampling.beta import beta_quantile
from ryla_graphs.shapes.unknown import Undecided

Levels = list[float]

MAX_STEPS = 100_000
"""More steps are not computed; a real server takes minutes for so many."""


def spaced(start: float, end: float, count: int) -> Levels:
    """Evenly spaced numbers from start to end, both included; only the first if one is wanted."""
    return [start + (end - start) * index / (count - 1) if index else start for index in range(count)]


def affordable(steps: int) -> int:
    """The number of steps. Raises `Undecided` if so many would only cost time."""
    if steps > MAX_STEPS:
        raise Undecided(f"the levels of {steps:,} steps are not worked out")
    return steps


def karras(steps: int, low: float, high: float, rho: float = 7.0) -> Levels:
    """Closer together at low noise."""
    first, last = high ** (1 / rho), low ** (1 / rho)
    return [*((first + part * (last - first)) ** rho for part in spaced(0, 1, steps)), 0.0]


def exponential(steps: int, low: float, high: float) -> Levels:
    """Each level is the same fraction of the one before."""
    return [*map(math.exp, spaced(math.log(high), math.log(low), steps)), 0.0]


def polyexponential(steps: int, low: float, high: float, rho: float) -> Levels:
    """The same, bent by a power."""
    bottom, whole = math.log(low), math.log(high) - math.log(low)
    return [*(math.exp(part**rho * whole + bottom) for part in spaced(1, 0, steps)), 0.0]


def variance_preserving(steps: int, slope: float, start: float, end_time: float) -> Levels:
    """As a diffusion that keeps the variance adds noise."""
    times = spaced(1, end_time, steps)
    return [*(math.sqrt(finite(math.expm1, slope * time**2 / 2 + start * time)) for time in times), 0.0]


def laplace(steps: int, low: float, high: float, mean: float, width: float) -> Levels:
    """Most levels about a middle. There is no zero at its end."""
    levels = []
    for part in spaced(0, 1, steps):
        side = 0.5 - part
        log = mean - width * math.copysign(1, side) * math.log(1 - 2 * abs(side) + 1e-5) if side else mean
        levels.append(min(max(finite(math.exp, log), low), high))
    return levels


def kl_optimal(steps: int, low: float, high: float) -> Levels:
    """Evenly by the angle whose tangent the level is."""
    if steps == 1:
        return [math.nan, 0.0]
    bottom, top = math.atan(low), math.atan(high)
    return [*(math.tan(part * bottom + (1 - part) * top) for part in spaced(0, 1, steps)), 0.0]


def simple(sampling: Sampling, steps: int) -> Levels:
    """Evenly by the place in the model's table."""
    every = sampling.count / steps
    return [*(sampling.at(-(1 + int(step * every))) for step in range(steps)), 0.0]


def _nearly_zero(level: float) -> bool:
    return math.isclose(level, 0, abs_tol=1e-5)


def ddim_uniform(sampling: Sampling, steps: int) -> Levels:
    """Every n-th level of the model's table, which may give one more than requested."""
    zero = not _nearly_zero(sampling.at(1))
    every = max(sampling.count // (steps if zero else steps + 1), 1)
    levels = [sampling.at(index) for index in range(1, sampling.count, every)]
    return [*reversed(levels), *([0.0] if zero else [])]


def normal(sampling: Sampling, steps: int) -> Levels:
    """Evenly by the model's own clock."""
    start, end = sampling.time(sampling.at(-1)), sampling.time(sampling.at(0))
    if _nearly_zero(sampling.sigma(end)):
        return [sampling.sigma(time) for time in spaced(start, end, steps + 1)]
    return [*(sampling.sigma(time) for time in spaced(start, end, steps)), 0.0]


def sgm_uniform(sampling: Sampling, steps: int) -> Levels:
    """The same, one step finer and without the last."""
    start, end = sampling.time(sampling.at(-1)), sampling.time(sampling.at(0))
    return [*(sampling.sigma(time) for time in spaced(start, end, steps + 1)[:-1]), 0.0]


def beta(sampling: Sampling, steps: int, first: float = 0.6, second: float = 0.6) -> Levels:
    """By the quantiles of a beta distribution, each level once."""
    levels: Levels = []
    last = -1
    for step in range(steps):
        place = round(beta_quantile(1 - step / steps, first, second) * (sampling.count - 1))
        if place != last:
            levels.append(sampling.at(place))
        last = place
    return [*levels, 0.0]


def linear_quadratic(sampling: Sampling, steps: int) -> Levels:
    """Evenly for the first half, then ever faster."""
    threshold, half = 0.025, steps // 2
    if steps == 1:
        done = [0.0, 1.0]
    else:
        rest, over = steps - half, half - threshold * steps
        bend = over / (half * rest**2)
        slope = threshold / half - 2 * over / rest**2
        straight = [index * threshold / half for index in range(half)]
        bent = [bend * index**2 + slope * index + bend * half**2 for index in range(half, steps)]
        done = [*straight, *bent, 1.0]
    return [(1 - part) * sampling.at(-1) for part in done]


def _between(make: Callable[[int, float, float], Levels]) -> Callable[[Sampling, int], Levels]:
    return lambda sampling, steps: make(steps, sampling.at(0), sampling.at(-1))


SCHEDULERS: Mapping[str, Callable[[Sampling, int], Levels]] = {
    "simple": simple,
    "sgm_uniform": sgm_uniform,
    "karras": _between(karras),
    "exponential": _between(exponential),
    "ddim_uniform": ddim_uniform,
    "beta": beta,
    "normal": normal,
    "linear_quadratic": linear_quadratic,
    "kl_optimal": _between(kl_optimal),
}
"""Schedulers by the name that samplers know them by."""


def scheduled(sampling: Sampling, scheduler: str, steps: int, denoise: float) -> Levels:
    """The last levels of a schedule lengthened by the part that is not denoised."""
    if denoise <= 0:
        return []
    total = affordable(int(steps / denoise)) if denoise < 1 else affordable(steps)
    return SCHEDULERS[scheduler](sampling, total)[-(steps + 1) :]


def log_spaced(levels: Sequence[float], count: int) -> Levels:
    """A table of falling levels with more or fewer of them, straight between them by the logarithm."""
    logs = [math.log(level) for level in reversed(levels)]
    found = []
    for part in spaced(0, 1, count):
        place = part * (len(logs) - 1)
        low = min(int(place), len(logs) - 2)
        found.append(math.exp(logs[low] + (logs[low + 1] - logs[low]) * (place - low)))
    return found[::-1]
