"""`Route`: a place where runs may go; `Lane`: its state in this process."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.engines.base import Engine
from ryla_graphs.engines.router.breaker import Breaker
from ryla_graphs.engines.router.journal import Policy
from ryla_graphs.engines.router.needs import Accepts, Choosy, Need, lacks

_DAY = 86_400.0
_LAST, _HALF_LIFE = 20, 600.0
_REMEMBERED = 512


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits of a route."""

    usd_per_day: float | None = None
    """US dollars per day in this process, counted from midnight UTC."""
    at_once: int | None = None
    """The most concurrent runs; None prefers the engine's slots, without a limit."""


@dataclass(frozen=True)
class Route:
    """A place where runs may go."""

    name: str
    engine: Engine
    priority: int = 1
    """Routes with a lower number are used first; the next ones if none of them accepts a run."""
    weight: float = 1.0
    """Among routes with the same priority: twice the weight means twice the runs."""
    usd_per_second: float = 0.0
    start_seconds: float | None = None
    """Seconds after which a run that has not started moves to another route."""
    run_seconds: float | None = None
    """Seconds that a run may take from its start."""
    total_seconds: float | None = None
    """Seconds that a run may take from its acceptance, including the queue."""
    budget: Budget = field(default_factory=Budget)
    accepts: Accepts = field(default_factory=Accepts)
    share: int | None = None
    """The share of users whose runs try this route first, in basis points; None uses the priority."""
    policy: Policy | None = None
    on: bool = True
    probe: bool = True
    """Whether its health is checked between runs; False if that would wake a sleeping service, which costs money."""


@dataclass
class Lane:
    """A route with its state in this process."""

    route: Route
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    breaker: Breaker = field(init=False)
    draining: bool = False
    known: Catalog | None = None
    """The classes of its engine, as last read."""

    def __post_init__(self) -> None:
        self.breaker = Breaker(clock=self.clock)
        self._lock = threading.Lock()
        self._running: set[str] = set()
        self._seconds: dict[str | None, deque[tuple[float, float]]] = {}
        self._day, self._spent = 0.0, 0.0
        self._verdicts: dict[Need, str] = {}
        self.handed = 0.0
        """Runs handed over, so that weights hold even while no run is active."""
        self.outcomes: Counter[str] = Counter()
        self.cost_usd = 0.0

    @property
    def name(self) -> str:
        """The route's."""
        return self.route.name

    @property
    def running(self) -> int:
        """The number of active runs from this process."""
        return len(self._running)

    def learn(self, known: Catalog | None) -> None:
        """Store the classes that its engine has listed."""
        self.known = known
        self._verdicts.clear()

    def unable(self, need: Need, sizes: dict[str, int]) -> str:
        """Why the route cannot run a graph; empty if it can, or if that is unknown."""
        route = self.route
        if route.accepts.input_bytes is not None and (size := sum(sizes.values())) > route.accepts.input_bytes:
            return f"it accepts {route.accepts.input_bytes / 1e6:.1f} MB of input files, not {size / 1e6:.1f} MB"
        verdict = self._verdicts.get(need)
        if verdict is None:
            verdict = lacks(need, route.accepts, self.known) or self._too_slow(need)
            if len(self._verdicts) > _REMEMBERED:
                self._verdicts.clear()
            self._verdicts[need] = verdict
        if not verdict and isinstance(route.engine, Choosy):
            return route.engine.unfit(need.workflow, sizes)
        return verdict

    def _too_slow(self, need: Need) -> str:
        limit = min((each for each in (self.route.run_seconds, self.route.total_seconds) if each), default=None)
        if limit is None or (expected := need.seconds(self.route.accepts.gpu)) is None or expected <= limit:
            return ""
        return f"too_slow: the plan expects {expected:.0f} s, but a run may take {limit:.0f} s"

    def expected(self, preset: str | None) -> float | None:
        """The expected seconds of a run, from recent runs; older ones count less."""
        with self._lock:
            rows = tuple(self._seconds.get(preset) or self._seconds.get(None) or ())
        if not rows:
            return None
        now = self.clock()
        weights = [0.5 ** ((now - at) / _HALF_LIFE) for at, _ in rows]
        whole = sum(weights)
        return sum(w * seconds for w, (_, seconds) in zip(weights, rows, strict=True)) / whole if whole else None

    def took(self, preset: str | None, seconds: float) -> None:
        """Record how long a run took, from acceptance to end."""
        with self._lock:
            for key in {preset, None}:
                self._seconds.setdefault(key, deque(maxlen=_LAST)).append((self.clock(), seconds))

    def begin(self, run_id: str) -> None:
        """Record that a run was handed to the route."""
        with self._lock:
            self._running.add(run_id)

    def end(self, run_id: str, outcome: str, cost: float | None) -> None:
        """Record that a run has left the route."""
        with self._lock:
            self._running.discard(run_id)
            self.outcomes[outcome] += 1
            self.cost_usd += cost or 0.0
            self._turn_day()
            self._spent += cost or 0.0

    def over_budget(self) -> str:
        """Why the route may get no further run; empty if it may."""
        budget = self.route.budget
        if budget.at_once is not None and self.running >= budget.at_once:
            return f"it has {self.running} runs, which is its limit"
        if budget.usd_per_day is not None:
            with self._lock:
                self._turn_day()
                if self._spent >= budget.usd_per_day:
                    return f"its budget of ${budget.usd_per_day:g} for today is spent"
        return ""

    def _turn_day(self) -> None:
        if (today := self.wall() // _DAY) != self._day:
            self._day, self._spent = today, 0.0

    @property
    def spent_today(self) -> float:
        """US dollars spent since midnight UTC."""
        with self._lock:
            self._turn_day()
            return self._spent

    def _counts(self) -> dict[str, int]:
        with self._lock:
            return dict(self.outcomes)

    def to_dict(self) -> dict[str, Any]:
        """The state of the route, as JSON-ready data without secrets."""
        shown, route = self.breaker.shown(), self.route
        return {
            "name": self.name,
            "engine": route.engine.name,
            "priority": route.priority,
            "weight": route.weight,
            "state": shown.state,
            "reason": shown.reason,
            "next_try_seconds": None if shown.next_try is None else round(shown.next_try, 1),
            "draining": self.draining,
            "running": self.running,
            "slots": route.engine.slots,
            "expected_seconds": None if (seconds := self.expected(None)) is None else round(seconds, 2),
            "runs": self._counts(),
            "cost_usd": round(self.cost_usd, 6),
            "spent_today_usd": round(self.spent_today, 6),
        }
