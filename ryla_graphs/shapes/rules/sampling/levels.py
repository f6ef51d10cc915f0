"""Nodes that make noise levels, and nodes that cut, turn and change them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ryla_graphs.shapes.models.noise import Sampling, exponentially_shifted
from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.sampling import schedulers
from ryla_graphs.shapes.rules.sampling.beta import normal_quantile
from ryla_graphs.shapes.rules.sampling.schedulers import affordable, spaced
from ryla_graphs.shapes.unknown import Whole, product
from ryla_graphs.shapes.values import LatentShape, Opaque, Sigmas


def sampling_of(model: Any) -> Sampling:
    """How a model samples. Raises `NodeFails` if it is no model, `Undecided` if it is unknown."""
    if not isinstance(model, Opaque):
        raise NodeFails("there is no model")
    sampling: Sampling = model.fact("sampling")
    return sampling


def computed(make: Callable[..., Sequence[float]], *args: Any) -> Sigmas:
    """The levels of a formula. Raises `NodeFails` if it divides by zero or takes an impossible logarithm."""
    try:
        return Sigmas(tuple(make(*args)))
    except (ArithmeticError, ValueError) as error:
        raise NodeFails(f"its levels cannot be computed: {error}") from error


@rule("BasicScheduler")
def basic_scheduler(model: Any, scheduler: str, steps: int, denoise: float) -> Sigmas:
    return computed(schedulers.scheduled, sampling_of(model), scheduler, steps, denoise)


@rule("BetaSamplingScheduler")
def beta_scheduler(model: Any, steps: int, alpha: float, beta: float) -> Sigmas:
    return computed(schedulers.beta, sampling_of(model), affordable(steps), alpha, beta)


@rule("SDTurboScheduler")
def turbo_scheduler(model: Any, steps: int, denoise: float) -> Sigmas:
    start = 10 - int(10 * denoise)
    times = [step * 100 - 1 for step in range(10, 0, -1)][start : start + steps]
    sampling = sampling_of(model)
    return computed(lambda: (*map(sampling.sigma, times), 0.0))


@rule("KarrasScheduler")
def karras(steps: int, sigma_max: float, sigma_min: float, rho: float) -> Sigmas:
    return computed(schedulers.karras, affordable(steps), sigma_min, sigma_max, rho)


@rule("ExponentialScheduler")
def exponential(steps: int, sigma_max: float, sigma_min: float) -> Sigmas:
    return computed(schedulers.exponential, affordable(steps), sigma_min, sigma_max)


@rule("PolyexponentialScheduler")
def polyexponential(steps: int, sigma_max: float, sigma_min: float, rho: float) -> Sigmas:
    return computed(schedulers.polyexponential, affordable(steps), sigma_min, sigma_max, rho)


@rule("LaplaceScheduler")
def laplace(steps: int, sigma_max: float, sigma_min: float, mu: float, beta: float) -> Sigmas:
    return computed(schedulers.laplace, affordable(steps), sigma_min, sigma_max, mu, beta)


@rule("VPScheduler")
def variance_preserving(steps: int, beta_d: float, beta_min: float, eps_s: float) -> Sigmas:
    return computed(schedulers.variance_preserving, affordable(steps), beta_d, beta_min, eps_s)


def _tokens(latent: LatentShape | None) -> Any:
    """How many positions a video model attends to; those of a usual clip if no latent is given."""
    return 4096 if latent is None else product(latent.samples[2:])


def shift_for(tokens: Any, base: float, highest: float, few: int, many: int = 4096) -> Any:
    """A shift that grows with the number of tokens, straight through two points."""
    slope = (highest - base) / (many - few)
    return tokens * slope + (base - slope * few)


@rule("LTXVScheduler")
def ltxv_scheduler(
    steps: int, max_shift: float, base_shift: float, stretch: bool, terminal: float, latent: LatentShape | None = None
) -> Sigmas:
    shift = shift_for(_tokens(latent), base_shift, max_shift, 1024)
    return computed(_stretched, shift, affordable(steps), terminal if stretch else None)


def _stretched(shift: Any, steps: int, terminal: float | None) -> list[float]:
    levels = [exponentially_shifted(shift, part) for part in spaced(1, 0, steps + 1)]
    if terminal is None:
        return levels
    least = [level for level in levels if level][-1]
    # With one step the only level is 1, which nothing can stretch.
    scale = math.inf if terminal == 1 else (1 - least) / (1 - terminal)
    return [(1 - (1 - level) / scale if scale else math.nan) if level else 0.0 for level in levels]


@rule("Flux2Scheduler")
def flux2_scheduler(steps: int, width: Whole, height: Whole) -> Sigmas:
    tokens: Any = round(width * height / 256)
    many = 0.00016927 * tokens + 0.45666666
    if tokens <= 4300:
        few = 8.73809524e-05 * tokens + 1.89833333
        slope = (many - few) / 190
        many = slope * steps + (many - 200 * slope)
    return computed(_stretched, many, affordable(steps), None)


@rule("Ideogram4Scheduler")
def ideogram_scheduler(steps: int, width: int, height: int, mu: float, std: float) -> Sigmas:
    return computed(_about, affordable(steps), width * height, mu, std)


def _about(steps: int, pixels: int, mu: float, std: float) -> list[float]:
    mean = mu + 0.5 * math.log(pixels / (512 * 512))
    lowest, highest = 1 / (1 + math.exp(9.0)), 1 / (1 + math.exp(-7.5))
    levels = []
    for part in spaced(1, 0, steps + 1):
        clean = 1 / (1 + _exp(mean + std * normal_quantile(part)))
        levels.append(1 - min(max(clean, lowest), highest))
    return [*levels[:-1], 0.0]


def _exp(value: float) -> float:
    return math.inf if value > 700 else math.exp(value)


_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.+\d+)?|(?<!\.)\.+\d+)")
"""Digits, dots, digits; many dots are looked at once, and not from each of them."""


@rule("ManualSigmas")
def manual_sigmas(sigmas: str) -> Sigmas:
    return Sigmas(tuple(float(found) for found in _NUMBER.findall(str(sigmas))))


@rule("SplitSigmas")
def split_sigmas(sigmas: Sigmas, step: int) -> tuple[Sigmas, Sigmas]:
    return Sigmas(sigmas.values[: step + 1]), Sigmas(sigmas.values[step:])


@rule("SplitSigmasDenoise")
def split_sigmas_by_denoise(sigmas: Sigmas, denoise: float) -> tuple[Sigmas, Sigmas]:
    kept = round(max(len(sigmas.values) - 1, 0) * denoise)
    return Sigmas(sigmas.values[:-kept] if kept else ()), Sigmas(sigmas.values[-(kept + 1) :])


@rule("FlipSigmas")
def flip_sigmas(sigmas: Sigmas) -> Sigmas:
    turned = sigmas.values[::-1]
    return Sigmas((0.0001, *turned[1:])) if turned and turned[0] == 0 else Sigmas(turned)


@rule("SetFirstSigma")
def set_first_sigma(sigmas: Sigmas, sigma: float) -> Sigmas:
    if not sigmas.values:
        raise NodeFails("there are no sigmas")
    return Sigmas((sigma, *sigmas.values[1:]))


_SPACINGS: Mapping[str, Callable[[float], float]] = {
    "linear": lambda part: part,
    "cosine": lambda part: math.sin(part * math.pi / 2),
    "sine": lambda part: 1 - math.cos(part * math.pi / 2),
}


@rule("ExtendIntermediateSigmas")
def extend_sigmas(sigmas: Sigmas, steps: int, start_at_sigma: float, end_at_sigma: float, spacing: str) -> Sigmas:
    start = math.inf if start_at_sigma < 0 else start_at_sigma
    affordable(len(sigmas.values) * steps)
    between = [_SPACINGS[spacing](part) for part in spaced(0, 1, steps + 1)[1:-1]]
    levels: list[Any] = []
    for level, following in zip(sigmas.values, sigmas.values[1:], strict=False):
        levels.append(level)
        if end_at_sigma <= level <= start:
            levels += [part * (following - level) + level for part in between]
    return Sigmas((*levels, *sigmas.values[-1:]))


@rule("SamplingPercentToSigma")
def percent_to_sigma(model: Any, sampling_percent: float, return_actual_sigma: bool = False) -> float:
    sampling = sampling_of(model)
    if return_actual_sigma and sampling_percent in (0, 1):
        return sampling.at(-1 if sampling_percent == 0 else 0)
    return sampling.at_percent(sampling_percent)
