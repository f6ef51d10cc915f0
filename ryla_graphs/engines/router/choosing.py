"""Chooses the route of a run: which routes it may use, and in which order."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ryla_graphs.engines.router.flags import Flag, Flags
from ryla_graphs.engines.router.journal import RunOptions
from ryla_graphs.engines.router.needs import Need
from ryla_graphs.engines.router.route import Lane
from ryla_graphs.engines.router.shares import arm_of

_QUARTER = math.log(1.25)
USUAL_SECONDS = 10.0
"""Assumed seconds of a run, if no route has had one yet."""


@dataclass(frozen=True, slots=True)
class Preference:
    """The weights of time and money."""

    seconds_per_usd: float = 100.0
    """How many seconds of waiting a dollar is worth."""
    experiment: str = "routes"
    """The name that determines which users are in which share; another name distributes them differently."""


class Choice(NamedTuple):
    """The routes for a run."""

    order: Sequence[Lane]
    dropped: Mapping[str, str]
    """Why the other routes are excluded."""
    passing: bool
    """Whether an excluded route may become available by waiting."""
    arm: str | None
    """The user's arm in the experiment, even if it is excluded."""


def arm(lanes: Sequence[Lane], flags: Flags, preference: Preference, user_key: str) -> str | None:
    """The route that a user's runs try first, if routes have shares."""
    shares = [(lane.name, share) for lane in lanes if (share := share_of(lane, flags)) is not None]
    return arm_of(preference.experiment, user_key, shares) if shares else None


def share_of(lane: Lane, flags: Flags) -> int | None:
    """A route's share of users, in basis points; None if it has none."""
    flag = flags.of(lane.name)
    return lane.route.share if flag is None or flag.share is None else flag.share


def choose(
    lanes: Sequence[Lane],
    need: Need,
    sizes: dict[str, int],
    options: RunOptions,
    *,
    flags: Flags,
    preference: Preference,
    first: str | None,
    avoid: Collection[str] = (),
    spent_usd: float = 0.0,
) -> Choice:
    """The routes for a run, best first; `first` is its arm, and routes to `avoid` come last."""
    order: list[tuple[tuple[float, ...], Lane]] = []
    dropped: dict[str, str] = {}
    passing = False
    usual = min(
        (known for lane in lanes if (known := lane.expected(options.preset)) is not None), default=USUAL_SECONDS
    )
    for place, lane in enumerate(lanes):
        for_now = _not_now(lane, options, spent_usd)
        if reason := _never(lane, flags.of(lane.name), need, sizes):
            dropped[lane.name] = reason
        elif for_now:
            dropped[lane.name], passing = for_now, True
        else:
            outside = lane.name != first and share_of(lane, flags) is not None
            rank = (lane.name in avoid, lane.name != first, outside, *_key(lane, options, preference, usual), place)
            order.append((rank, lane))
    order.sort(key=lambda row: row[0])
    return Choice([lane for _, lane in order], dropped, passing, first)


def _never(lane: Lane, flag: Flag | None, need: Need, sizes: dict[str, int]) -> str:
    if not lane.route.on or (flag is not None and not flag.on):
        return "it is switched off"
    return lane.unable(need, sizes)


def _not_now(lane: Lane, options: RunOptions, spent_usd: float) -> str:
    if lane.draining:
        return "it is draining"
    if reason := lane.over_budget():
        return reason
    if options.max_usd is not None and lane.route.usd_per_second:
        expected = (lane.expected(options.preset) or USUAL_SECONDS) * lane.route.usd_per_second
        if spent_usd + expected > options.max_usd:
            return f"it would cost about ${spent_usd + expected:.3f}, but the run may cost ${options.max_usd:g}"
    if not lane.breaker.enterable:
        shown = lane.breaker.shown()
        return shown.reason or "another run is testing it"
    return ""


def _key(lane: Lane, options: RunOptions, preference: Preference, usual: float) -> tuple[float, ...]:
    """The sort key: priority, then the cost of a run in time and money, then the load relative to the weight.

    Costs that differ by less than a quarter count as equal, or a slightly faster route would get every run. A route
    without runs so far counts as fast as the best one.
    """
    route = lane.route
    slots = max(1, route.engine.slots)
    known = lane.expected(options.preset)
    alone = max(1.0, usual if known is None else known)
    waiting = alone * max(0, lane.running + 1 - slots) / slots
    score = waiting + alone + alone * route.usd_per_second * preference.seconds_per_usd
    step = round(math.log(score) / _QUARTER)
    return route.priority, step, lane.running / route.weight, lane.handed / route.weight
