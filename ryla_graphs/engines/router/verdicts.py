"""What an error of one route means for the others: whether the run moves on, and what it says about the route."""

from __future__ import annotations

from typing import NamedTuple

from ryla_graphs.engines.failures import POISONED
from ryla_graphs.engines.router.breaker import Permit
from ryla_graphs.engines.router.journal import Outcome
from ryla_graphs.engines.router.route import Lane
from ryla_graphs.problems import (
    EngineBusy,
    EngineDenied,
    EngineError,
    EngineRefused,
    EngineUnreachable,
    ExecutionFailed,
    OutOfMemory,
    OutputMissing,
    RunLost,
    RunTimedOut,
    RunUncertain,
)

ABOUT_THE_TARGET = frozenset({"missing_node_type", "value_not_in_list", "weights_missing", "unknown_class"})
"""Problems of a graph that another place may not have: a class or a file is not there."""


class Verdict(NamedTuple):
    """What an error means."""

    outcome: Outcome
    moves: bool
    """Whether another route may do better."""
    ran: bool
    """Whether the run may have begun there, and cost something."""
    fault: bool
    """Whether it counts against the route."""
    more_memory: bool = False
    """Whether only a route with more memory may do better."""


def verdict_on(error: EngineError, *, accepted: bool) -> Verdict:
    """What an error means, of a run that the route had accepted or not."""
    if isinstance(error, RunLost):
        return Verdict("lost" if error.began else "no worker", True, error.began, True)
    if isinstance(error, RunUncertain):
        return Verdict("uncertain", True, True, True)
    if isinstance(error, EngineDenied):
        return Verdict("denied", True, accepted, False)
    if isinstance(error, EngineBusy):
        return Verdict("busy", True, accepted, False)
    if isinstance(error, EngineUnreachable):
        return Verdict("unreachable", True, accepted, True)
    if isinstance(error, OutputMissing):
        return Verdict("output missing", True, True, True)
    if isinstance(error, OutOfMemory):
        return Verdict("out of memory", True, True, False, more_memory=True)
    if isinstance(error, (ExecutionFailed, RunTimedOut)):
        return Verdict("failed", False, True, POISONED.search(str(error)) is not None)
    if isinstance(error, EngineRefused):
        return Verdict("refused", is_about_target(error), False, False)
    return Verdict("failed", False, accepted, True)


def is_about_target(error: EngineRefused) -> bool:
    """Whether a graph is refused for what is not there, and may be elsewhere."""
    codes = {problem.code for problem in error.problems}
    return bool(codes) and codes <= ABOUT_THE_TARGET


def tell(lane: Lane, permit: Permit, verdict: Verdict, error: EngineError) -> bool:
    """Have the route's breaker know; gives whether that it denies us is news."""
    if isinstance(error, EngineDenied):
        permit.release()
        return lane.breaker.deny(str(error))
    if isinstance(error, EngineBusy):
        permit.release()
        lane.breaker.push_back(error.retry_after)
    elif verdict.fault:
        permit.fault(str(error))
    elif verdict.outcome in ("failed", "out of memory"):
        permit.good()
    else:
        permit.release()
    return False
