"""Limits what an agent may spend: the plan says what a run would cost before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on what tools may do."""

    max_usd: float | None = None
    """The most that one run may cost by its plan without a person's approval; None for no limit."""
    read_only: bool = False
    """Whether nothing may be run or cancelled."""
    wait_seconds: float = 90.0
    """How long `run` waits for its job; then it returns the id, for `job` to check later."""


def cost_of(plan: Mapping[str, Any] | None) -> float | None:
    """US dollars by the plan's recommended GPU; None if unknown."""
    if plan is None or plan.get("services"):
        return None
    return next((gpu["usd"] for gpu in plan.get("gpus", ()) if gpu["gpu"] == plan.get("recommended")), None)


def objection(plan: Mapping[str, Any] | None, limits: Limits, engine: str) -> str | None:
    """Why a run needs a person's approval; None if it does not. A simulator costs nothing."""
    if limits.max_usd is None or engine == "simulator":
        return None
    cost = cost_of(plan)
    if cost is None:
        return f"the cost of this run is unknown, and the limit is ${limits.max_usd:g} a run"
    return (
        f"this run costs about ${cost:.4f}, and the limit is ${limits.max_usd:g} a run"
        if cost > limits.max_usd
        else None
    )
