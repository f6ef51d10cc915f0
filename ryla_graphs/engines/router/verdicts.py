"""The meaning of a route's error: whether the run moves to another route, and what it says about this one."""

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
"""Problems that another route may not have: a missing class or file."""


class Verdict(NamedTuple):
    """The meaning of an error."""

    outcome: Outcome
    moves: bool
    """Whether another route may succeed."""
    ran: bool
    """Whether the run may have started there, and may have cost money."""
    fault: bool
    """Whether it counts as a fault of the route."""
    more_memory: bool = False
    """Whether only a route with more memory may succeed."""


def verdict_on(error: EngineError, *, accepted: bool) -> Verdict:
    """The meaning of an error; `accepted` says whether the route had accepted the run."""
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
    """Whether a graph is rejected for a class or file that other routes may have."""
    codes = {problem.code for problem in error.problems}
    return bool(codes) and codes <= ABOUT_THE_TARGET


def report(lane: Lane, permit: Permit, verdict: Verdict, error: EngineError) -> bool:
    """Report an error to the route's breaker; returns whether this is a new denial of access."""
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
