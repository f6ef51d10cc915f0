"""What is written down of a run before and after each attempt, so that after a crash nothing is run twice unknowingly.

A server keeps it in the record of the job; elsewhere it is in memory.
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
    """One hand-over of a run to a route."""

    route: str
    run_id: str
    """The id that the route's engine has it by."""
    why: str
    """What chose the route."""
    started: float
    """Seconds since 1970, as `ended`."""
    remote_id: str | None = None
    """The service's own id, for engines that find a run by nothing else."""
    ended: float | None = None
    outcome: Outcome = ""
    reason: str = ""
    """What went wrong, for people."""
    ran: bool = True
    """Whether it may have run; False if it is certain that it did not, so that it does not count."""
    cost_usd: float | None = None
    maybe_charged: bool = False
    """Whether it may have cost money that is in no figure."""
    experiment: str | None = None
    arm: str | None = None
    """The arm that the user is in; a fall-back keeps it."""

    def to_dict(self) -> dict[str, Any]:
        """The attempt as JSON-ready data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Attempt:
        """The attempt that `to_dict` wrote, by any version."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in known})


class Asked(NamedTuple):
    """What is known of a run beside its graph."""

    user_key: str | None = None
    """Who it is for; decides the arm of an experiment."""
    preset: str | None = None
    policy: Policy | None = None
    """None leaves it to the router."""
    max_usd: float | None = None
    """The most that all attempts together may cost."""


class Journal(Protocol):
    """Keeps the attempts of runs."""

    def asked(self, run_id: str) -> Asked:
        """What is known of a run."""
        ...

    def attempts(self, run_id: str) -> Sequence[Attempt]:
        """All attempts of the job that a run is of, the earliest first."""
        ...

    def write(self, run_id: str, attempts: Sequence[Attempt]) -> None:
        """Keep these as all attempts of that job. When this returns, they survive a crash."""
        ...


class MemoryJournal:
    """A journal for one process."""

    def __init__(self, user_key: str | None = None) -> None:
        self._user_key = user_key
        self._lock = threading.Lock()
        self._attempts: dict[str, tuple[Attempt, ...]] = {}

    def asked(self, run_id: str) -> Asked:  # noqa: ARG002 - the same for all
        """Whoever uses this process."""
        return Asked(user_key=self._user_key)

    def attempts(self, run_id: str) -> Sequence[Attempt]:
        """Those that were written."""
        return self._attempts.get(run_id, ())

    def write(self, run_id: str, attempts: Sequence[Attempt]) -> None:
        """Keep them until many others have come."""
        with self._lock:
            self._attempts[run_id] = tuple(attempts)
            if len(self._attempts) > _KEPT:
                del self._attempts[next(iter(self._attempts))]
