"""An engine that does what a test says, on top of the simulator."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines import Artifact, Health, Inputs, Run
from ryla_graphs.engines.base import LostRun
from ryla_graphs.engines.events import Event, Failed, Finished, Queued, Started
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.problems import EngineError, RunLost
from tests.engines.stub.script import PNG

Act = Callable[[Iterator[Event]], Iterator[Event]]
"""What a run tells, given what the simulator would."""


class ScriptedRun:
    """A run that tells what an act says."""

    def __init__(self, inner: Run, act: Act) -> None:
        self.id = inner.id
        self._inner = inner
        self._act = act

    def events(self) -> Iterator[Event]:
        return self._act(self._inner.events())

    def cancel(self) -> None:
        self._inner.cancel()


class ScriptedEngine(Simulator):
    """Plays one act a call, then simulates; an act may be an error that the call raises."""

    def __init__(self, *acts: Act | EngineError, slots: int = 1) -> None:
        super().__init__()
        self.slots = slots
        self.acts = list(acts)
        self.calls: list[tuple[str, str]] = []
        """`start` or `resume`, and the id of the run."""
        self.well = True
        self._known: dict[str, tuple[CompiledWorkflow, Inputs]] = {}
        self._lock = threading.Lock()

    def start(  # type: ignore[override]
        self, workflow: CompiledWorkflow, inputs: Inputs | None = None, *, run_id: str | None = None, **more: Any
    ) -> ScriptedRun:
        assert run_id is not None
        act = self._next("start", run_id)
        self._known[run_id] = workflow, inputs or {}
        return ScriptedRun(super().start(workflow, inputs, run_id=run_id, **more), act)

    def resume(self, run_id: str, workflow: CompiledWorkflow) -> ScriptedRun | LostRun:  # type: ignore[override]
        act = self._next("resume", run_id)
        if run_id not in self._known:
            return LostRun(run_id, RunLost("never heard of it"))
        return ScriptedRun(super().start(workflow, self._known[run_id][1], run_id=run_id), act)

    def health(self) -> Health:
        return Health(ready=self.well, reason="" if self.well else "the GPU is on fire")

    def _next(self, call: str, run_id: str) -> Act:
        with self._lock:
            self.calls.append((call, run_id))
            act = self.acts.pop(0) if self.acts else iter
        if isinstance(act, EngineError):
            raise act
        return act


def ending(error: EngineError, after: int = 3) -> Act:
    """The act that ends with this error after some events."""

    def act(events: Iterator[Event]) -> Iterator[Event]:
        run = ""
        for number, event in enumerate(events):
            run = event.run
            if number == after:
                break
            yield event
        yield Failed(run, error)

    return act


class Held:
    """The act that waits in the middle until it is let go."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.go = threading.Event()

    def __call__(self, events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            yield event
            if event.kind == "node" and not self.reached.is_set():
                self.reached.set()
                assert self.go.wait(120)  # as long as `until` waits


class InstantEngine(Simulator):
    """Gives what a graph promises at once, without drawing it."""

    def start(  # type: ignore[override]
        self, workflow: CompiledWorkflow, inputs: Inputs | None = None, *, run_id: str | None = None, **more: Any
    ) -> InstantRun:
        return InstantRun(run_id or "", workflow)


class InstantRun:
    """A run that is over before it began."""

    def __init__(self, run_id: str, workflow: CompiledWorkflow) -> None:
        self.id = run_id
        self._workflow = workflow

    def events(self) -> Iterator[Event]:
        yield Queued(self.id)
        yield Started(self.id)
        outputs = tuple(
            Artifact(promise.node, "image", f"{promise.node}_{number}.png", read=lambda: PNG)
            for promise in self._workflow.outputs
            for number in range(promise.at_least)
        )
        yield Finished(self.id, 0.0, outputs)

    def cancel(self) -> None:
        pass
