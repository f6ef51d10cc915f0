"""The journal of attempts, written before and after each one, so that no run is repeated unknowingly after a crash.

A server stores it in the record of the job; elsewhere it is in memory.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, NamedTuple, Protocol

Outcome = Literal[
    "", "succeeded", "failed", "cancelled", "refused", "unreachable", "busy", "denied", "uncertain", "lost", "too slow",
    "no worker", "output missing", "out of memory",
]  # fmt: skip
"""How an attempt ended; empty while it runs, or if its end was not recorded."""

Policy = Literal["at-most-once", "at-least-once"]
_KEPT = 10_000


@dataclass(slots=True)
class Attempt:
    """One attempt: a run that was handed to a route."""

    route: str
    run_id: str
    """The run's id on the route's engine."""
    why: str
    """Why the route was chosen."""
    started: float
    """Seconds since 1970, like `ended`."""
    remote_id: str | None = None
    """The service's own id, for engines that can only find a run by it."""
    ended: float | None = None
    outcome: Outcome = ""
    reason: str = ""
    """The error, for people."""
    ran: bool = True
    """Whether it may have run; False if it certainly did not, so that it does not count."""
    cost_usd: float | None = None
    maybe_charged: bool = False
    """Whether it may have cost money that is not in any figure."""
    experiment: str | None = None
    arm: str | None = None
    """The user's arm; a fall-back keeps it."""

    def to_dict(self) -> dict[str, Any]:
        """The attempt as JSON-ready data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Attempt:
        """The attempt that `to_dict` wrote, by any version."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in known})


class RunOptions(NamedTuple):
    """The options of a run besides its graph."""

    user_key: str | None = None
    """The user, who determines the arm of an experiment."""
    preset: str | None = None
    policy: Policy | None = None
    """None leaves the choice to the router."""
    max_usd: float | None = None
    """The most US dollars that all attempts together may cost."""


class Journal(Protocol):
    """Stores the attempts of runs."""

    def options(self, run_id: str) -> RunOptions:
        """The options of a run."""
        ...

    def attempts(self, run_id: str) -> Sequence[Attempt]:
        """All attempts of a run's job, earliest first."""
        ...

    def write(self, run_id: str, attempts: Sequence[Attempt]) -> None:
        """Store these as all attempts of the run's job. When this returns, they survive a crash."""
        ...


class MemoryJournal:
    """A journal for one process."""

    def __init__(self, user_key: str | None = None) -> None:
        self._user_key = user_key
        self._lock = threading.Lock()
        self._attempts: dict[str, tuple[Attempt, ...]] = {}

    def options(self, run_id: str) -> RunOptions:  # noqa: ARG002 - the same for all
        """The user of this process."""
        return RunOptions(user_key=self._user_key)

    def attempts(self, run_id: str) -> Sequence[Attempt]:
        """The attempts that were written."""
        return self._attempts.get(run_id, ())

    def write(self, run_id: str, attempts: Sequence[Attempt]) -> None:
        """Store them, until many newer ones replace them."""
        with self._lock:
            self._attempts[run_id] = tuple(attempts)
            if len(self._attempts) > _KEPT:
                del self._attempts[next(iter(self._attempts))]
