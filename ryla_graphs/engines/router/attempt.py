"""One active attempt of a run: what it was submitted with, what it has cost, what its end means."""

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
"""A run that takes this many times longer than others on the route is the route's fault, not the graph's."""


@dataclass(frozen=True)
class Order:
    """Everything that is needed to submit a run."""

    workflow: CompiledWorkflow
    need: Need
    inputs: Inputs | None
    """None if they are lost, for example after a restart; then the run cannot start on another route."""
    previews: bool = False
    gpu: str | None = None
    partner_key: PartnerKey | None = None

    @property
    def sizes(self) -> dict[str, int]:
        """The size of each input file in bytes."""
        return {name: len(content) for name, content in (self.inputs or {}).items()}


@dataclass
class ActiveAttempt:
    """An active attempt."""

    attempt: Attempt
    lane: Lane
    permit: Permit
    run: Run
    budgets: Budgets
    accepted: float
    """By the monotonic clock, like `began`."""
    began: float | None = None


def error_of(active: ActiveAttempt, event: Event, *, cancelling: bool) -> EngineError | None:
    """The error of an attempt; None if the caller cancelled the run."""
    if isinstance(event, Failed):
        return event.error
    if cancelling or active.budgets.late is None:
        return None
    if active.began is None:
        waited = time.monotonic() - active.accepted
        return RunLost(f"'{active.lane.name}' did not start the run within {waited:.1f} s", began=False)
    limit = active.lane.route.run_seconds if active.budgets.late == "run" else active.lane.route.total_seconds
    return RunTimedOut(f"the run took longer than its limit of {limit:g} s on route '{active.lane.name}'")


def slow(active: ActiveAttempt, preset: str | None) -> Verdict:
    """The verdict on an attempt that exceeded a time limit, and that the route has ended."""
    if active.began is None:
        return Verdict("too slow", True, False, True)
    usual = active.lane.expected(preset)
    out_of_line = usual is not None and time.monotonic() - active.began > _TOO_SLOW * usual
    return Verdict("too slow", out_of_line, True, out_of_line)


def cost_of(active: ActiveAttempt) -> float | None:
    """The cost of a failed attempt, if its price and its running time are known."""
    if active.began is None or not active.lane.route.usd_per_second:
        return None
    return round((time.monotonic() - active.began) * active.lane.route.usd_per_second, 6)
