"""A simulator whose runs can be held, for tests of what happens in the middle."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from ryla_graphs import CompiledWorkflow
from ryla_graphs.engines import Inputs, Run
from ryla_graphs.engines.events import Event
from ryla_graphs.engines.simulator import Simulator


class HeldRun:
    """A simulated run that waits at its first node until it may go on."""

    def __init__(self, inner: Run, go: threading.Event) -> None:
        self.id = inner.id
        self._inner = inner
        self._go = go

    def events(self) -> Iterator[Event]:
        for event in self._inner.events():
            yield event
            if event.kind == "node":
                self._go.wait(60)

    def cancel(self) -> None:
        self._inner.cancel()
        self._go.set()


class HeldSimulator(Simulator):
    """A simulator whose runs can be held, one at a time."""

    slots = 1

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.go.set()

    def start(  # type: ignore[override]
        self, workflow: CompiledWorkflow, inputs: Inputs | None = None, **options: Any
    ) -> HeldRun:
        return HeldRun(super().start(workflow, inputs, **options), self.go)
