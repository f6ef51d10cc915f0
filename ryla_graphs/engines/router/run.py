"""One run of a router: handed to a route, followed, and moved to another route if that is free or allowed.

Moving is free if a route has not accepted the run, or has returned it before it started. Attempts that may have run
count, and a job has at most as many as its policy allows, over all routes, restarts and outside retries.
"""

from __future__ import annotations

import logging
import random
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.base import Run
from ryla_graphs.engines.events import (
    Cancelled,
    Event,
    Failed,
    Finished,
    OutputReady,
    Queued,
    Retrying,
    Routed,
    Started,
)
from ryla_graphs.engines.router.attempt import ActiveAttempt, Order, cost_of, error_of, slow
from ryla_graphs.engines.router.breaker import Permit
from ryla_graphs.engines.router.budgets import Budgets, Late
from ryla_graphs.engines.router.choosing import Choice
from ryla_graphs.engines.router.journal import Attempt, Outcome
from ryla_graphs.engines.router.route import Lane
from ryla_graphs.engines.router.state import RouterState
from ryla_graphs.engines.router.verdicts import Verdict, report, verdict_on
from ryla_graphs.problems import EngineDenied, EngineError, RunLost, RunUncertain

KEPT_BYTES = 64 * 2**20
"""Outputs up to this many bytes are read before the run counts as done; larger ones are read on request."""
log = logging.getLogger("ryla_graphs.router")


class RoutedRun:
    """A run; see `ryla_graphs.engines.base.Run`."""

    def __init__(self, state: RouterState, order: Order, run_id: str) -> None:
        self.id = run_id
        self._state, self._order = state, order
        self._options = state.journal.options(run_id)
        self._attempts = list(state.journal.attempts(run_id))
        self._cancelling = threading.Event()
        self._active: ActiveAttempt | None = None
        self._routed: Routed | None = None
        self._reported_queue = self._reported_start = False
        self._kept: dict[Artifact, Artifact] = {}
        self._kept_bytes = 0

    # Handing over

    def hand_over(self, why: str, without: Mapping[str, str] | None = None) -> None:
        """Hand the run to the best route that accepts it, except those in `without`; raises `EngineError`."""
        tried = dict(without or {})
        last: EngineError | None = None
        while True:
            self._check_runs(last)
            choice = self._choice(tried)
            lane = next(iter(choice.order), None)
            if lane is None:
                raise self._state.none_left(choice, tried, self._order.need, self._order.sizes, last)
            permit = lane.breaker.enter()
            if permit is None:
                tried[lane.name] = "another run is testing it"
                continue
            experiment = self._state.experiment
            reasons = f"this user's arm in '{experiment}'" if experiment and lane.name == choice.arm else why
            dropped = {**choice.dropped, **tried}
            self._routed = Routed(self.id, lane.name, reasons, dropped, experiment, choice.arm)
            try:
                self._begin(lane, permit, reasons, choice.arm)
                return
            except EngineError as error:
                last = error
                tried[lane.name] = str(error).splitlines()[0]
                if not verdict_on(error, accepted=False).moves:
                    raise

    @property
    def _user_key(self) -> str:
        return self._options.user_key or self.id

    def _check_runs(self, last: EngineError | None) -> None:
        """Raise if no further attempt is allowed."""
        if self._state.runs_left(self._order.need, self._options, self._attempts) > 0:
            return
        ran = (attempt for attempt in self._attempts if attempt.ran)
        reasons = "; ".join(f"{attempt.route}: {attempt.reason or attempt.outcome or 'unknown'}" for attempt in ran)
        policy = self._state.policy(self._order.need, self._options, self._attempts)
        if last is not None:
            raise last
        unknown = any(attempt.outcome in ("", "uncertain") for attempt in self._attempts if attempt.ran)
        raise (RunUncertain if unknown else RunLost)(f"the run is not retried ({policy}): {reasons}")

    def _begin(self, lane: Lane, permit: Permit, why: str, arm: str | None) -> None:
        # A new id for each attempt: an engine that knows an id resumes that run instead of starting another.
        attempt_id = self.id if not self._attempts else str(uuid.uuid4())
        attempt = Attempt(lane.name, attempt_id, why, self._state.wall(), experiment=self._state.experiment, arm=arm)
        self._attempts.append(attempt)
        self._write()  # before the route gets it
        lane.begin(attempt_id)
        self._state.handed(lane)
        order = self._order
        try:
            run = lane.route.engine.start(
                order.workflow,
                order.inputs,
                run_id=attempt_id,
                fresh=True,
                previews=order.previews,
                gpu=order.gpu,
                partner_key=order.partner_key,
            )
        except EngineError as error:
            self._close(attempt, lane, permit, verdict_on(error, accepted=False), error)
            raise
        except BaseException:
            permit.release()
            lane.end(attempt_id, "failed", None)
            raise
        attempt.remote_id = getattr(run, "remote_id", None)
        if attempt.remote_id is not None:
            self._write()
        self._follow(attempt, lane, permit, run)

    def resume_attempt(self, attempt: Attempt, lane: Lane, run: Run) -> None:
        """Follow an attempt that an earlier process started."""
        self._attempts = [
            each if each.run_id != attempt.run_id else attempt for each in self._state.journal.attempts(self.id)
        ]
        lane.begin(attempt.run_id)
        self._follow(attempt, lane, lane.breaker.enter() or Permit(lane.breaker, trial=False), run)

    def _follow(self, attempt: Attempt, lane: Lane, permit: Permit, run: Run) -> None:
        def expire(kind: Late) -> bool:
            """End an attempt; one that only waits stays on its route if no other route would accept it."""
            if kind == "start" and not self._choice({lane.name: ""}).order:
                return False
            run.cancel()
            return True

        self._active = ActiveAttempt(attempt, lane, permit, run, Budgets(lane.route, expire), time.monotonic())
        if self._cancelling.is_set():
            run.cancel()

    def _choice(self, without: Mapping[str, str]) -> Choice:
        order = self._order
        return self._state.choice(order.need, order.sizes, self._options, self._attempts, self._user_key, without)

    def _write(self) -> None:
        self._state.write(self.id, self._attempts)

    def _close(
        self,
        attempt: Attempt,
        lane: Lane,
        permit: Permit,
        verdict: Verdict,
        error: EngineError,
        cost: float | None = None,
    ) -> None:
        """Store how an attempt failed, and report it to the route's breaker."""
        if report(lane, permit, verdict, error):
            log.error("the route '%s' gets no runs until its settings change: %s", lane.name, error)
        attempt.maybe_charged = verdict.ran and cost is None
        self._ended(attempt, lane, verdict.outcome, cost, ran=verdict.ran, reason=str(error).splitlines()[0])

    def _ended(
        self, attempt: Attempt, lane: Lane, outcome: Outcome, cost: float | None, *, ran: bool, reason: str = ""
    ) -> None:
        attempt.ended, attempt.outcome, attempt.reason = self._state.wall(), outcome, reason
        attempt.ran, attempt.cost_usd = ran, cost
        lane.end(attempt.run_id, outcome, cost)
        same = [
            each
            for each in self._attempts[:-1]
            if not ran and not each.ran and (each.route, each.outcome) == (attempt.route, outcome)
        ]
        # If a route rejected the run repeatedly, keep only its last attempt, and the first one, which has the arm.
        self._attempts = [each for each in self._attempts if each not in same[1:]]
        self._write()

    # Following

    def cancel(self) -> None:
        """Cancel the run, whatever route it is on."""
        self._cancelling.set()
        if (active := self._active) is not None:
            active.run.cancel()

    def events(self) -> Iterator[Event]:
        """The events, up to the terminal one."""
        try:
            while True:
                end: Event | None = None
                for event in self._active_events():
                    if event.terminal:
                        end = event
                        break
                    yield from self._new(event)
                if end is None:
                    return  # the engine was closed
                moved = self._moved(end)
                if isinstance(moved, Event):
                    yield moved
                    return
                if self._reported_start:
                    yield Retrying(self.id, len(self._attempts), moved)
        finally:
            if self._active is not None:
                self._active.budgets.stop()

    def _new(self, event: Event) -> Iterator[Event]:
        """An event of an attempt as an event of the run, which is queued and started only once."""
        if isinstance(event, Queued):
            if not self._reported_queue:
                self._reported_queue = True
                yield event
            if self._routed is not None:
                yield self._routed
        elif not isinstance(event, Started):
            yield event
        elif not self._reported_start:
            self._reported_start = True
            yield event

    def _active_events(self) -> Iterator[Event]:
        """The events of the current attempt, as events of this run."""
        active = self._active
        assert active is not None
        for event in active.run.events():
            if isinstance(event, Started) and active.began is None:
                active.began = time.monotonic()
                active.budgets.begun()
            try:
                yield replace(self._with_content(event), run=self.id)
            except EngineError as error:
                yield Failed(self.id, error)
                return

    def _with_content(self, event: Event) -> Event:
        """The event with downloaded outputs, so that an output that cannot be read fails the attempt."""
        if isinstance(event, OutputReady):
            return replace(event, artifact=self._here(event.artifact))
        if isinstance(event, Finished):
            return replace(event, outputs=tuple(self._here(artifact) for artifact in event.outputs))
        return event

    def _here(self, artifact: Artifact) -> Artifact:
        if artifact.text is not None or artifact.simulated or self._kept_bytes > KEPT_BYTES:
            return artifact
        if (kept := self._kept.get(artifact)) is None:
            try:
                content = artifact.read()
            except EngineError:
                content = artifact.read()  # a second try; then it is an error
            kept = self._kept[artifact] = replace(artifact, read=lambda: content)
            self._kept_bytes += len(content)
        return kept

    # Ending, or moving on

    def _moved(self, event: Event) -> Event | str:
        """The last event of the run, or, if it was handed to another route, why."""
        active = self._active
        assert active is not None
        active.budgets.stop()
        if isinstance(event, Finished):
            return self._finished(active, event)
        error = error_of(active, event, cancelling=self._cancelling.is_set())
        if error is None:
            active.permit.release()
            cost = cost_of(active)
            self._ended(active.attempt, active.lane, "cancelled", cost, ran=active.began is not None)
            return Cancelled(self.id)
        verdict = verdict_on(error, accepted=True)
        late = active.budgets.late
        if isinstance(event, Cancelled) and late is not None:
            verdict = slow(active, self._options.preset)
        self._close(
            active.attempt, active.lane, active.permit, verdict, error, cost_of(active) if verdict.ran else None
        )
        if self._order.inputs is None and verdict.moves:
            return Failed(self.id, self._for_the_caller(error, verdict))
        if not verdict.moves or self._cancelling.is_set() or not self._may_run_again(active, verdict):
            return Failed(self.id, error)
        return self._elsewhere(error, verdict)

    def _elsewhere(self, error: EngineError, verdict: Verdict) -> Event | str:
        if verdict.ran and self._cancelling.wait(random.random() * self._state.spread_seconds):
            return Cancelled(self.id)
        self._kept.clear()
        self._kept_bytes = 0
        reason, active = str(error).splitlines()[0], self._active
        # Do not retry on a route that may still have the run.
        there = (
            {active.lane.name: reason} if active is not None and verdict.outcome in ("unreachable", "uncertain") else {}
        )
        try:
            self.hand_over(f"fall-back: {reason}", there)
        except EngineDenied:
            return Failed(self.id, error)
        except EngineError as refused:
            log.warning("run %s is not retried: %s", self.id, refused)
            return Failed(self.id, error)
        return reason

    def _finished(self, active: ActiveAttempt, event: Finished) -> Event:
        active.permit.good()
        active.lane.took(self._options.preset, time.monotonic() - active.accepted)
        cost = event.usage.cost_usd
        if cost is None and active.lane.route.usd_per_second:
            seconds = event.usage.execution_seconds
            cost = round((event.seconds if seconds is None else seconds) * active.lane.route.usd_per_second, 6)
        self._ended(active.attempt, active.lane, "succeeded", cost, ran=True)
        if self._state.shadows is not None:
            self._state.shadows.consider(self.id, self._order.need, self._order.inputs, len(event.outputs))
        known = [attempt.cost_usd for attempt in self._attempts if attempt.cost_usd is not None]
        return replace(event, usage=replace(event.usage, cost_usd=sum(known) if known else None))

    def _may_run_again(self, active: ActiveAttempt, verdict: Verdict) -> bool:
        if verdict.more_memory:
            here = active.lane.route.accepts.memory_gb
            others = [lane.route.accepts.memory_gb for lane in self._state.lanes if lane is not active.lane]
            if here is None or not any(memory is not None and memory > here for memory in others):
                return False
        return not verdict.ran or self._state.runs_left(self._order.need, self._options, self._attempts) > 0

    def _for_the_caller(self, error: EngineError, verdict: Verdict) -> EngineError:
        """The error of a resumed run without its inputs; it says whether the caller may submit the run again."""
        if isinstance(error, RunLost) or not verdict.moves:
            return error
        if self._state.runs_left(self._order.need, self._options, self._attempts) > 0:
            return RunLost(str(error), began=verdict.ran)
        return error
