"""One attempt of a run while it is on: what it takes to hand it over, what it has cost, what its end means."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.base import Inputs, Run
from ryla_graphs.engines.events import Event, Failed
from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.engines.router.breaker import Permit
from ryla_graphs.engines.router.budgets import Budgets
from ryla_graphs.engines.router.journal import Attempt
from ryla_graphs.engines.router.needs import Need
from ryla_graphs.engines.router.route import Lane
from ryla_graphs.engines.router.verdicts import Verdict
from ryla_graphs.problems import EngineError, RunLost, RunTimedOut

_TOO_SLOW = 3.0
"""A run that takes so many times as long as others did there is the route's fault, not the graph's."""


@dataclass(frozen=True)
class Order:
    """All that it takes to hand a run over."""

    workflow: CompiledWorkflow
    need: Need
    inputs: Inputs | None
    """None if they are not here any more, as after a restart; then the run cannot begin elsewhere."""
    previews: bool = False
    gpu: str | None = None
    partner_key: PartnerKey | None = None

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of each input file."""
        return {name: len(content) for name, content in (self.inputs or {}).items()}


@dataclass
class Leg:
    """An attempt that is on."""

    attempt: Attempt
    lane: Lane
    permit: Permit
    run: Run
    budgets: Budgets
    accepted: float
    """By the monotonic clock, as `began`."""
    began: float | None = None


def error_of(leg: Leg, event: Event, *, cancelling: bool) -> EngineError | None:
    """What went wrong; None if somebody ended the run."""
    if isinstance(event, Failed):
        return event.error
    if cancelling or leg.budgets.late is None:
        return None
    if leg.began is None:
        waited = time.monotonic() - leg.accepted
        return RunLost(f"no work on it began at '{leg.lane.name}' within {waited:.1f} s", began=False)
    limit = leg.lane.route.run_seconds if leg.budgets.late == "run" else leg.lane.route.total_seconds
    return RunTimedOut(f"the run took longer than the {limit:g} s that it may on route '{leg.lane.name}'")


def slow(leg: Leg, preset: str | None) -> Verdict:
    """What it means that a budget ran out, and the route has ended the run."""
    if leg.began is None:
        return Verdict("too slow", True, False, True)
    usual = leg.lane.expected(preset)
    out_of_line = usual is not None and time.monotonic() - leg.began > _TOO_SLOW * usual
    return Verdict("too slow", out_of_line, True, out_of_line)


def cost_of(leg: Leg) -> float | None:
    """What an attempt that went wrong has cost, where its price is known and it is known how long it worked."""
    if leg.began is None or not leg.lane.route.usd_per_second:
        return None
    return round((time.monotonic() - leg.began) * leg.lane.route.usd_per_second, 6)
