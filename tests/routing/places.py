"""Places to run that do what a test says, in memory, and count what they executed."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalogs import bundled
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines import Artifact, Health, Inputs
from ryla_graphs.engines.base import LostRun
from ryla_graphs.engines.events import Cancelled, Event, Failed, Finished, OutputReady, Queued, Started
from ryla_graphs.engines.router import Route, Router
from ryla_graphs.problems import EngineError, RunLost
from tests.engines.stub.script import PNG

Act = str | EngineError | Callable[[], EngineError]
"""`well`; `no worker`; `waits` in the queue, `works` forever, both until it is cancelled; `deaf`, which ignores that;
`unreadable`; an error that the start raises; or, in a call, one that the run ends with after it began."""


class Place:
    """An engine."""

    def __init__(self, name: str, *acts: Act, slots: int = 2, usually: Act = "well") -> None:
        self.name, self.slots = name, slots
        self.acts, self.usually = list(acts), usually
        self.executed: Counter[str] = Counter()
        self.started: list[str] = []
        self.runs: dict[str, PlaceRun] = {}
        self.healthy, self.closed, self.catalogs_asked = True, False, 0
        self.known: Catalog = bundled()
        self.lock, self.working = threading.Lock(), threading.Event()

    def catalog(self) -> Catalog:
        self.catalogs_asked += 1
        return self.known

    def start(
        self, workflow: CompiledWorkflow, inputs: Inputs | None = None, *, run_id: str | None = None, **_: Any
    ) -> PlaceRun:
        run_id = run_id or str(uuid.uuid4())
        with self.lock:
            act = self.acts.pop(0) if self.acts else self.usually
            self.started.append(run_id)
        if isinstance(act, EngineError):
            raise act
        run = self.runs[run_id] = PlaceRun(self, run_id, workflow, act)
        return run

    def resume(self, run_id: str, workflow: CompiledWorkflow) -> PlaceRun | LostRun:
        return self.runs.get(run_id) or LostRun(run_id, RunLost("never heard of it"))

    def health(self) -> Health:
        return Health(self.healthy, "" if self.healthy else "it is unwell")

    def close(self) -> None:
        self.closed = True


class PlaceRun:
    """A run."""

    def __init__(self, place: Place, run_id: str, workflow: CompiledWorkflow, act: Act) -> None:
        self.id, self.remote_id = run_id, f"remote-{run_id}"
        self._place, self._workflow, self._act = place, workflow, act
        self.ending = threading.Event()

    def events(self) -> Iterator[Event]:
        yield Queued(self.id)
        if self._act == "no worker":
            yield Failed(self.id, RunLost("no place took it", began=False))
            return
        if self._act == "waits":
            assert self.ending.wait(60)
            yield Cancelled(self.id)
            return
        with self._place.lock:
            self._place.executed[self._workflow.digest] += 1
        yield Started(self.id)
        self._place.working.set()  # whoever asks for the next event has seen that it began
        if self._act in ("works", "deaf"):
            assert self.ending.wait(60)
            if self._act == "works":
                yield Cancelled(self.id)
                return
        if callable(self._act):
            yield Failed(self.id, self._act())
            return
        outputs = tuple(
            self._output(promise.node, number)
            for promise in self._workflow.outputs
            for number in range(promise.at_least)
        )
        for output in outputs:
            yield OutputReady(self.id, output)
        yield Finished(self.id, 0.5, outputs)

    def _output(self, node: str, number: int) -> Artifact:
        def read() -> bytes:
            if self._act == "unreadable":
                raise EngineError("cut off")
            return PNG

        return Artifact(node, "image", f"{node}_{number}.png", read=read)

    def cancel(self) -> None:
        self.ending.set()


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def router_of(*places: Place, clock: Clock | None = None, **options: Any) -> Router:
    """The places one after the other, by priority."""
    routes = [Route(place.name, place, priority) for priority, place in enumerate(places, start=1)]
    return Router(routes, spread_seconds=0, clock=clock or Clock(), **options)
