"""`Router`: several routes as one engine; it chooses one for each run by its needs, its cost and its user."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Protocol, Self, runtime_checkable

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.base import Comparing, Engine, Health, Inputs, LostRun
from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.engines.router.attempt import Order
from ryla_graphs.engines.router.catalogs import joined
from ryla_graphs.engines.router.choosing import Preference
from ryla_graphs.engines.router.flags import Flags
from ryla_graphs.engines.router.journal import Journal, MemoryJournal
from ryla_graphs.engines.router.needs import Need
from ryla_graphs.engines.router.route import Lane, Route
from ryla_graphs.engines.router.run import RoutedRun
from ryla_graphs.engines.router.shadow import Shadow, Shadows
from ryla_graphs.engines.router.state import RouterState
from ryla_graphs.problems import (
    AtField,
    CannotRunHere,
    EngineError,
    EngineUnreachable,
    InvalidDocument,
    InvalidSettings,
    NotFound,
    Problem,
    RunLost,
    RunUncertain,
)

MOST_SLOTS = 64
PROBE_SECONDS = 5.0
"""Seconds between two health checks of a route."""


@runtime_checkable
class Remembering(Protocol):
    """An engine that can only find a run of an earlier process by the service's own id."""

    def remember(self, run_id: str, remote_id: str) -> None:
        """Remember which job a run is."""
        ...


@runtime_checkable
class Hinted(Protocol):
    """An engine that can poll a run at once after a hint that it has changed."""

    def hint(self, run_id: str) -> None:
        """Poll a run now."""
        ...


class Router:
    """Routes as one engine.

    `journal` stores the attempts of each run; `flags` switch routes and shares at run time. A job is started at most
    `runs` times, and only once if it calls paid services; attempts that certainly did not run do not count.

    >>> Router([Route("pod", pod, priority=1), Route("cloud", cloud, priority=2)])  # doctest: +SKIP
    """

    def __init__(
        self,
        routes: Sequence[Route],
        *,
        journal: Journal | None = None,
        flags: str | None = None,
        preference: Preference | None = None,
        runs: int = 2,
        spread_seconds: float = 5.0,
        user_key: str | None = None,
        shadow: Shadow | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises `InvalidSettings`."""
        names = [route.name for route in routes]
        if not names or len(set(names)) < len(names):
            raise InvalidSettings(f"routes need unique names: {', '.join(names) or 'there are none'}")
        self._clock = clock
        self.state = RouterState(
            [Lane(route, clock) for route in sorted(routes, key=lambda route: route.priority)],
            journal or MemoryJournal(user_key),
            Flags(flags, frozenset(names), clock=clock),
            preference or Preference(),
            runs,
            spread_seconds,
        )
        if shadow is not None:
            lane = self.state.lane(shadow.route)
            if lane is None or len(names) < 2:
                raise InvalidSettings(
                    f"copies go to the route '{shadow.route}', so there must be another route for the runs"
                )
            self.state.shadows = Shadows(shadow, lane)
        self._probed: dict[str, float] = {}

    @property
    def name(self) -> str:
        return "routes " + ", ".join(lane.name for lane in self.state.lanes)

    @property
    def slots(self) -> int:
        """The slots of all routes."""
        return min(MOST_SLOTS, sum(_slots(lane.route) for lane in self.state.lanes)) or 1

    def keep_in(self, journal: Journal) -> None:
        """Store attempts in this journal from now on."""
        self.state.journal = journal

    def catalog(self) -> Catalog:
        """The classes of all routes together. Raises `EngineUnreachable` if no route reports any."""
        lanes = [lane for lane in self.state.lanes if lane.route.on]
        with ThreadPoolExecutor(max(1, len(lanes))) as pool:
            found = [known for known in pool.map(_learn, lanes) if known is not None]
        if not found:
            raise EngineUnreachable(f"{self.name}: none of them reports its node classes")
        return joined(found, name=self.name)

    def compare(self, used: Catalog) -> None:
        """Log each route that runs another release of ComfyUI than that of a catalog."""
        for lane in self.state.lanes:
            if isinstance(lane.route.engine, Comparing):
                lane.route.engine.compare(used)

    def check(self, workflow: CompiledWorkflow, sizes: Mapping[str, int]) -> None:
        """Raise `CannotRunHere` if no route could ever run a graph with input files of these sizes."""
        need = Need.of(workflow)
        reasons = {}
        for lane in self.state.serving:
            flag = self.state.flags.of(lane.name)
            off = not lane.route.on or (flag is not None and not flag.on)
            if not (reason := "it is switched off" if off else lane.unable(need, dict(sizes))):
                return
            reasons[lane.name] = reason
        raise CannotRunHere(
            Problem(code="no_route", message=reason, subject=AtField("route", name)) for name, reason in reasons.items()
        )

    def start(
        self,
        workflow: CompiledWorkflow,
        inputs: Inputs | None = None,
        *,
        run_id: str | None = None,
        fresh: bool = False,
        previews: bool = False,
        gpu: str | None = None,
        partner_key: PartnerKey | None = None,
    ) -> RoutedRun | LostRun:
        """Hand a graph to the first route that accepts it; if a run with this id exists, resume that."""
        if run_id is not None and not fresh and self._open(run_id):
            return self.resume(run_id, workflow)
        order = Order(workflow, Need.of(workflow), inputs or {}, previews, gpu, partner_key)
        run = RoutedRun(self.state, order, run_id or str(uuid.uuid4()))
        run.hand_over("the first by priority, price and time")
        return run

    def _open(self, run_id: str) -> bool:
        attempts = self.state.journal.attempts(run_id)
        return bool(attempts) and attempts[-1].ended is None

    def resume(self, run_id: str, workflow: CompiledWorkflow) -> RoutedRun | LostRun:
        """Resume a run on the route that has it: the last one that may have started it."""
        attempts = self.state.journal.attempts(run_id)
        if not attempts:
            return LostRun(run_id, RunLost("this run has no record, so it went to no route", began=False))
        last = next((attempt for attempt in reversed(attempts) if attempt.ran), attempts[-1])
        lane = self.state.lane(last.route)
        if lane is None:
            return LostRun(run_id, RunUncertain(f"the run went to the route '{last.route}', which no longer exists"))
        engine = lane.route.engine
        if last.remote_id is not None and isinstance(engine, Remembering):
            engine.remember(last.run_id, last.remote_id)
        run = RoutedRun(self.state, Order(workflow, Need.of(workflow), None), run_id)
        run.resume_attempt(last, lane, engine.resume(last.run_id, workflow))
        return run

    def health(self) -> Health:
        """Ready if a route may accept a run. A route that fails its health check opens; only a run closes it again."""
        ready, reasons = False, []
        for lane in self.state.serving:
            flag = self.state.flags.of(lane.name)
            if not lane.route.on or lane.draining or (flag is not None and not flag.on):
                continue
            self._probe(lane)
            shown = lane.breaker.shown()
            ready = ready or shown.state != "open"
            if shown.reason:
                reasons.append(f"{lane.name}: {shown.reason}")
        return Health(ready, "; ".join(reasons), sum(lane.running for lane in self.state.lanes))

    def _probe(self, lane: Lane) -> None:
        if not lane.route.probe:
            return
        if self._clock() >= self._probed.get(lane.name, 0.0) and lane.breaker.shown().state != "open":
            self._probed[lane.name] = self._clock() + PROBE_SECONDS
            health = lane.route.engine.health()
            if not health.ready:
                lane.breaker.suspect(health.reason)

    def drain(self, name: str, *, on: bool = True) -> dict[str, Any]:
        """Stop giving a route new runs, or resume; its current runs continue. Resuming also resets its breaker.

        Raises `NotFound`.
        """
        lane = self.state.lane(name)
        if lane is None:
            raise NotFound.among("route", name, [each.name for each in self.state.lanes])
        lane.draining = on
        if not on:
            lane.breaker.reset()
        return next(row for row in self.routes() if row["name"] == name)

    def hint(self, name: str, run_id: str) -> None:
        """Take a hint that a run of a route has changed: poll it. The hint may be false, so it has no other effect."""
        lane = self.state.lane(name)
        if lane is not None and isinstance(lane.route.engine, Hinted):
            lane.route.engine.hint(run_id)

    def routes(self) -> list[dict[str, Any]]:
        """The state of all routes, as JSON-ready data without secrets."""
        return self.state.shown()

    @property
    def trouble(self) -> str:
        """Why the newest flags are not in use; empty if they are."""
        return self.state.flags.trouble

    def close(self) -> None:
        """Close every engine; runs continue."""
        for lane in self.state.lanes:
            with suppress(EngineError):
                lane.route.engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def as_routes(engine: Engine) -> Engine:
    """The engine itself, or as a route if it needs a journal, because it finds runs only by stored ids."""
    return Router([Route("only", engine)]) if isinstance(engine, Remembering) else engine


def _slots(route: Route) -> int:
    return min(route.engine.slots, route.budget.at_once or route.engine.slots)


def _learn(lane: Lane) -> Catalog | None:
    """Read the classes of a route's engine; None, without any change, if it does not answer."""
    if lane.known is not None and not lane.route.probe:
        return lane.known
    try:
        known = lane.route.engine.catalog()
    except (EngineError, InvalidDocument):
        return lane.known
    lane.learn(known)
    return known
