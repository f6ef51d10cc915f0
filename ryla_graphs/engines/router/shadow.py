"""Copies runs to a shadow route and drops the results, to test it with real traffic at a limited price.

A share of the successful runs is repeated there, one at a time, after their callers have their results. Only the
outcome, the duration and the number of outputs are recorded. Runs with input files, which may be people's pictures, are
only copied if the owner allows it; runs that call paid services never are.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.base import Inputs
from ryla_graphs.engines.events import Failed, Finished
from ryla_graphs.engines.router.needs import Need
from ryla_graphs.engines.router.route import Lane
from ryla_graphs.engines.router.shares import WHOLE, bucket
from ryla_graphs.problems import EngineError

WAITING = 16
"""How many copies may wait; further ones are dropped."""

log = logging.getLogger("ryla_graphs.router")


@dataclass(frozen=True, slots=True)
class Shadow:
    """Which runs are copied, and to which route."""

    route: str
    share: int
    """The share of runs to copy, in basis points."""
    with_inputs: bool = False
    """Whether runs with input files are copied, too."""


class Shadows:
    """Runs the copies, in a thread that starts with the first one. The route's own budget limits their cost."""

    def __init__(self, shadow: Shadow, lane: Lane) -> None:
        self._shadow, self._lane = shadow, lane
        self._queue: queue.Queue[tuple[CompiledWorkflow, Inputs, int]] = queue.Queue(WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.outcomes: Counter[str] = Counter()

    @property
    def route(self) -> str:
        """The name of the route that gets copies."""
        return self._shadow.route

    def consider(self, run_id: str, need: Need, inputs: Inputs | None, outputs: int) -> None:
        """Copy a successful run, if it is in the share."""
        if need.partner_nodes or (inputs and not self._shadow.with_inputs) or inputs is None:
            return
        if bucket(f"shadow:{self._shadow.route}", run_id) >= self._shadow.share % (WHOLE + 1):
            return
        sizes = {name: len(content) for name, content in inputs.items()}
        if self._lane.draining or self._lane.over_budget() or self._lane.unable(need, sizes):
            self.outcomes["left out"] += 1
            return
        try:
            self._queue.put_nowait((need.workflow, inputs, outputs))
        except queue.Full:
            self.outcomes["left out"] += 1
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True, name="ryla-shadow")
                self._thread.start()

    def to_dict(self) -> dict[str, Any]:
        """The results of the copies."""
        return {"route": self._shadow.route, "share": self._shadow.share / 100, "runs": dict(self.outcomes)}

    def _work(self) -> None:
        while True:
            workflow, inputs, outputs = self._queue.get()
            try:
                self.outcomes[self._run(workflow, inputs, outputs)] += 1
            except Exception:
                log.exception("a bug interrupted a copy of a run")
            finally:
                self._queue.task_done()

    def _run(self, workflow: CompiledWorkflow, inputs: Inputs, outputs: int) -> str:
        lane, run_id, begun = self._lane, str(uuid.uuid4()), time.monotonic()
        lane.begin(run_id)
        outcome, cost = "failed", None
        try:
            for event in lane.route.engine.start(workflow, inputs, run_id=run_id, fresh=True).events():
                if isinstance(event, Finished):
                    outcome = "same" if len(event.outputs) == outputs else "other outputs"
                    cost = round(event.seconds * lane.route.usd_per_second, 6)
                    lane.took(None, time.monotonic() - begun)
                elif isinstance(event, Failed):
                    log.info("a copy of a run failed at '%s': %s", lane.name, event.error)
        except EngineError as error:
            log.info("'%s' did not accept a copy of a run: %s", lane.name, error)
        lane.end(run_id, "shadow", cost)
        return outcome

    def wait(self) -> None:
        """Wait until no copy is running."""
        self._queue.join()
