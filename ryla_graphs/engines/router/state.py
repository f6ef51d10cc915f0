"""What all runs of a router share: the routes, the journal of attempts, and the rules."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ryla_graphs.engines.router.choosing import Choice, Preference, arm, choose, share_of
from ryla_graphs.engines.router.flags import Flags
from ryla_graphs.engines.router.journal import Attempt, Journal, Policy, RunOptions
from ryla_graphs.engines.router.needs import Need
from ryla_graphs.engines.router.route import Lane
from ryla_graphs.engines.router.shadow import Shadows
from ryla_graphs.problems import EngineBusy, EngineDenied, EngineError, EngineRefused

log = logging.getLogger("ryla_graphs.router")

_BEHIND = 5.0
_WAITED = ("too slow", "no worker")


@dataclass
class RouterState:
    """The shared state and rules of a router's runs."""

    lanes: Sequence[Lane]
    journal: Journal
    flags: Flags
    preference: Preference
    runs: int
    """The most attempts of a job that may have run, if its policy is at-least-once."""
    spread_seconds: float
    """The longest random pause before a lost run starts on another route, in seconds."""
    wall: Callable[[], float] = time.time
    shadows: Shadows | None = None
    """Copies runs to a shadow route, which serves no users."""

    @property
    def serving(self) -> Sequence[Lane]:
        """The routes for runs: all except the shadow route."""
        hidden = None if self.shadows is None else self.shadows.route
        return self.lanes if hidden is None else [lane for lane in self.lanes if lane.name != hidden]

    def lane(self, name: str) -> Lane | None:
        """A route by its name."""
        return next((lane for lane in self.lanes if lane.name == name), None)

    def policy(self, need: Need, options: RunOptions, attempts: Sequence[Attempt]) -> Policy:
        """How often a job may run: by default, only once if it calls paid services."""
        if options.policy is not None:
            return options.policy
        ran = {attempt.route for attempt in attempts if attempt.ran}
        said = {lane.route.policy for lane in self.lanes if lane.name in ran} - {None}
        usual: Policy = "at-most-once" if need.partner_nodes else "at-least-once"
        return "at-most-once" if "at-most-once" in said else "at-least-once" if said else usual

    def runs_left(self, need: Need, options: RunOptions, attempts: Sequence[Attempt]) -> int:
        """How many further attempts of a job may run."""
        most = 1 if self.policy(need, options, attempts) == "at-most-once" else self.runs
        return most - sum(attempt.ran for attempt in attempts)

    @property
    def experiment(self) -> str | None:
        """The current experiment; None if no route has a share of users."""
        on = any(share_of(lane, self.flags) is not None for lane in self.lanes)
        return self.preference.experiment if on else None

    def choice(
        self,
        need: Need,
        sizes: dict[str, int],
        options: RunOptions,
        attempts: Sequence[Attempt],
        user_key: str,
        without: Mapping[str, str],
    ) -> Choice:
        """The routes for a run now; its arm is that of its first attempt, if it had one."""
        first = attempts[0].arm if attempts else arm(self.lanes, self.flags, self.preference, user_key)
        lanes = [lane for lane in self.serving if lane.name not in without]
        return choose(
            lanes,
            need,
            sizes,
            options,
            flags=self.flags,
            preference=self.preference,
            first=first,
            avoid={
                attempt.route for attempt in attempts if attempt.ended and (attempt.ran or attempt.outcome in _WAITED)
            },
            spent_usd=sum(attempt.cost_usd or 0.0 for attempt in attempts),
        )

    def handed(self, lane: Lane) -> None:
        """Count a run for a route. A route that was down does not get every run until its count has caught up."""
        lane.handed += 1
        most = max(other.handed / other.route.weight for other in self.lanes)
        for other in self.lanes:
            other.handed = max(other.handed, (most - _BEHIND) * other.route.weight)

    def none_left(
        self, choice: Choice, tried: Mapping[str, str], need: Need, sizes: dict[str, int], last: EngineError | None
    ) -> EngineError:
        """The error if no route accepts a run, with the reason for each route, and when to try again.

        Only routes that can run the graph say when: to wait for any other one would be in vain.
        """
        reasons = {**choice.dropped, **tried}
        why = "; ".join(f"{name}: {reason}" for name, reason in reasons.items()) or "there are no routes"
        passing = choice.passing or (last is not None and not isinstance(last, (EngineDenied, EngineRefused)))
        if not passing:
            return last or EngineRefused(f"no route can run this graph: {why}")
        usable = [lane for lane in self.lanes if lane.name in reasons and not self._never(lane, need, sizes)]
        if usable and all(self._denied(lane) for lane in usable):
            return EngineDenied(f"every route denies access: {why}")
        waits = [shown.next_try for lane in usable if (shown := lane.breaker.shown()).next_try is not None]
        return EngineBusy(f"no route accepts the run now: {why}", retry_after=min(waits, default=None))

    @staticmethod
    def _denied(lane: Lane) -> bool:
        shown = lane.breaker.shown()
        return shown.state == "open" and shown.next_try is None

    def _never(self, lane: Lane, need: Need, sizes: dict[str, int]) -> bool:
        flag = self.flags.of(lane.name)
        return not lane.route.on or (flag is not None and not flag.on) or bool(lane.unable(need, sizes))

    def write(self, run_id: str, attempts: Sequence[Attempt]) -> None:
        """Store the attempts of a job."""
        self.journal.write(run_id, attempts)

    def shown(self) -> list[dict[str, Any]]:
        """The state of all routes."""
        rows = []
        for lane in self.lanes:
            flag, share = self.flags.of(lane.name), share_of(lane, self.flags)
            on = lane.route.on and (flag is None or flag.on)
            rows.append(lane.to_dict() | {"on": on, "share": None if share is None else share / 100})
        return rows
