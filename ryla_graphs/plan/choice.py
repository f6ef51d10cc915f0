"""Chooses a GPU for a plan."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from ryla_graphs.plan.gpus import GPU, GPUS
from ryla_graphs.problems import CannotRunHere, Problem

if TYPE_CHECKING:
    from ryla_graphs.plan.plan import OnGPU, Plan

ALIKE = 1.25
"""Costs that differ by less than this factor count as alike: the estimate is no more accurate than that."""


class Choice(NamedTuple):
    """A chosen GPU, with the reason."""

    gpu: GPU
    reason: str


def best(gpus: Iterable[OnGPU], by: Literal["cheapest", "fastest", "recommended"]) -> str | None:
    """The name of the best GPU that the run fits on; None if it is known to fit on none.

    Among the GPUs in time whose estimated cost is about the lowest, it takes the one with the lowest price per second:
    the difference is within the estimate's error, and a cheap second saves money while a server starts and waits.
    """
    fitting = [
        (row.seconds, row.usd, row)
        for row in gpus
        if row.runs and row.seconds is not None and row.usd is not None and 0 <= row.usd < math.inf
    ]
    if not fitting:
        return None
    if by == "fastest":
        return min(fitting, key=lambda each: each[:2])[2].gpu
    if by == "recommended":
        fitting = [each for each in fitting if each[2].in_time] or fitting
    least = min(usd for _, usd, _ in fitting)
    if by == "recommended":
        alike = [row for _, usd, row in fitting if usd <= ALIKE * least]
        return min(alike, key=lambda row: row.card.container_usd_per_second).gpu
    return min(fitting, key=lambda each: (each[1], each[0]))[2].gpu


def choose_gpu(
    plan: Plan,
    *,
    allowed: Sequence[str] = tuple(GPUS),
    preferred: str | None = None,
    max_cost_usd: float | None = None,
    cost: Callable[[OnGPU], float | None] = lambda row: row.usd_an_image,
) -> Choice | None:
    """The GPU to run a plan on, with the reason; None if nothing is known about the fit, and none is preferred.

    It is the preferred GPU if the run fits and costs at most `max_cost_usd` per image. Otherwise it is an allowed GPU
    on which the run fits and is in time, at about the lowest cost; failing that, one that has to stream weights.

    `cost` computes the value compared with `max_cost_usd`; by default, the cost of an image on a warm server. An
    unknown cost counts as too much.

    Raises `NotFound` if a GPU does not exist, and `CannotRunHere` if the run fits on none, or all are too expensive.
    """
    rows = [plan.on(name) for name in allowed]
    costs = {name: cost(row) if plan.knows("cost") else None for name, row in ((row.gpu, row) for row in rows)}
    affordable = [row for row in rows if max_cost_usd is None or _within(costs[row.gpu], max_cost_usd)]
    why_not = ""
    if preferred is not None:
        row = plan.on(preferred)
        if row in affordable and (row.runs or row.fit is None):
            doubt = "" if row.runs else "; whether it fits is unknown"
            return Choice(row.card, f"{row.gpu} is preferred{doubt or ', and it fits'}")
        why_not = f"{row.gpu} was preferred, but {_against(row, row in rows, row in affordable, costs.get(row.gpu))}; "
    name = best(affordable, "recommended")
    if name is not None:
        row = plan.on(name)
        word = "of those in time about the cheapest" if row.in_time else "about the cheapest, none is in time"
        figures = f"{row.seconds_an_image:.1f} s and ${row.usd_an_image:.4f} an image"
        return Choice(row.card, f"{why_not}{name} fits and is {word}: {figures}, as estimated")
    fitting = [row for row in affordable if row.runs]
    if fitting:
        row = min(fitting, key=lambda each: each.card.container_usd_per_second)
        return Choice(
            row.card, f"{why_not}{row.gpu} is the cheapest by the second that it fits; how long it takes is unknown"
        )
    streaming = [row for row in affordable if row.fit == "offload" and row.usd is not None]
    if streaming:
        row = min(streaming, key=lambda each: each.usd or 0.0)
        return Choice(row.card, f"{why_not}{row.gpu} can run it by streaming weights, which is slow: {row.reasons[0]}")
    if any(row.fit is None for row in affordable):
        return None
    raise CannotRunHere([_no_gpu(rows, max_cost_usd, costs)])


def _within(cost: float | None, most: float) -> bool:
    return cost is not None and cost <= most


def _against(row: OnGPU, allowed: bool, affordable: bool, cost: float | None) -> str:
    if not allowed:
        return "it is not among those allowed"
    if not affordable:
        return "its cost is unknown" if cost is None else f"an image would cost ${cost:.4f}"
    return row.reasons[0] if row.reasons else "it does not fit"


def _no_gpu(rows: Sequence[OnGPU], max_cost_usd: float | None, costs: Mapping[str, float | None]) -> Problem:
    if max_cost_usd is not None and any(row.fit != "no" for row in rows):
        known = [usd for usd in costs.values() if usd is not None]
        more = f"more than ${max_cost_usd}" if known else "an unknown amount"
        return Problem(
            code="too_expensive",
            message=f"an image costs {more} on every GPU allowed ({', '.join(row.gpu for row in rows)})",
            given=min(known, default=None),
            expected=f"at most ${max_cost_usd}",
            hint="fewer steps, a smaller picture, or a cheaper GPU",
        )
    why = "; ".join(f"{row.gpu}: {row.reasons[0] if row.reasons else 'it does not fit'}" for row in rows)
    return Problem(
        code="no_gpu_fits",
        message=f"it fits none of the GPUs allowed ({why})",
        hint="allow a GPU with more memory, load the model in fp8 (weight_dtype), or make the picture smaller",
    )
