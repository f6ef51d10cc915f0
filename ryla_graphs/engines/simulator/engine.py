"""`Simulator`, the engine that is always available."""

from __future__ import annotations

import hashlib
import io
import os
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.base import Health, Inputs, LostRun, missing_output
from ryla_graphs.engines.events import (
    Cancelled,
    Event,
    Failed,
    Finished,
    NodeStarted,
    OutputReady,
    Preview,
    Progress,
    Queued,
    Started,
)
from ryla_graphs.engines.inputs import check_names, file_inputs
from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.engines.simulator.drawing import draw
from ryla_graphs.engines.simulator.inputs import InputFiles
from ryla_graphs.engines.simulator.names import FileNames
from ryla_graphs.engines.simulator.node_calls import call_of, guessed_call, save, worked
from ryla_graphs.engines.simulator.progress import STEPS
from ryla_graphs.engines.simulator.world import Node, World, failed
from ryla_graphs.problems import EngineError, EngineRefused, ExecutionFailed, RunLost
from ryla_graphs.shapes.execution import Cycle, Execution, Task
from ryla_graphs.shapes.registry import Call, NodeFails
from ryla_graphs.shapes.values import Blocked


class Simulator:
    """Runs graphs without models. Its numbering of files continues from run to run.

    It guesses the outputs of nodes that it does not know, and marks everything that depends on a guess. A `strict`
    simulator fails instead, and lists what it would have guessed; ``RYLA_SIMULATOR_STRICT`` makes every one strict.
    """

    name = "simulator"
    slots = 4

    def __init__(self, *, strict: bool | None = None, catalog: Catalog | None = None) -> None:
        self.names = FileNames()
        self._strict = strict
        self._catalog = catalog

    @property
    def strict(self) -> bool:
        """Whether it refuses to guess."""
        if self._strict is not None:
            return self._strict
        return os.environ.get("RYLA_SIMULATOR_STRICT", "").lower() not in ("", "0", "false", "no")

    def catalog(self) -> Catalog:
        """The given classes, or the bundled ones; it also simulates any other class by its schema."""
        return catalogs.bundled() if self._catalog is None else self._catalog

    def start(
        self,
        workflow: CompiledWorkflow,
        inputs: Inputs | None = None,
        *,
        run_id: str | None = None,
        fresh: bool = False,  # noqa: ARG002 - it remembers no runs
        previews: bool = False,
        gpu: str | None = None,  # noqa: ARG002 - it has one kind
        partner_key: PartnerKey | None = None,  # noqa: ARG002 - it calls no service
    ) -> SimulatedRun:
        """Start a run. Raises `EngineRefused` if an input file of the graph is missing."""
        files = dict(inputs or {})
        check_names(workflow, files)
        for number, name, value in file_inputs(workflow):
            if value not in files:
                parameter = next(iter(workflow.decisions.get((number, name), ())), f"{number}.{name}")
                raise EngineRefused(
                    f"the simulator has no input file '{value}', which '{number}'.{name} names;"
                    f" give it with the run: inputs={{'{value}': content}}, or on the command line -p {parameter}=@FILE"
                )
        run = simulated_run(workflow, files, self, run_id)
        run.previews, run.strict = previews, self.strict
        return run

    def resume(self, run_id: str, workflow: CompiledWorkflow) -> LostRun:  # noqa: ARG002 - it is lost in any case
        """Always a lost run, since a simulated run ends with its process."""
        return LostRun(run_id, RunLost(f"the simulator does not know run {run_id}: it ended with its process"))

    def health(self) -> Health:
        """Always ready."""
        return Health(ready=True)

    def close(self) -> None:
        """Does nothing, since it holds nothing."""


class SimulatedRun:
    """A run; see `ryla_graphs.engines.base.Run`."""

    def __init__(self, run_id: str, workflow: CompiledWorkflow, world: World, execution: Execution) -> None:
        self.id = run_id
        self.previews = False
        self.strict = False
        self.execution = execution
        self._workflow = workflow
        self._world = world
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Cancel the run before its next step."""
        self._cancelled.set()

    def events(self) -> Iterator[Event]:
        """The events, up to the terminal one."""
        started = time.perf_counter()
        yield Queued(self.id, ahead=0)
        yield Started(self.id)
        try:
            for event in self._nodes():
                if self._cancelled.is_set():
                    yield Cancelled(self.id)
                    return
                yield event
        except EngineError as error:
            yield Failed(self.id, error)
            return
        outputs = tuple(self._world.saved)
        missing = missing_output(self._workflow, outputs)
        seconds = time.perf_counter() - started
        yield Failed(self.id, missing) if missing is not None else Finished(self.id, seconds, outputs)

    def _nodes(self) -> Iterator[Event]:
        guesses: dict[str, None] = {}
        try:
            while (task := self.execution.next()) is not None:
                yield NodeStarted(self.id, task.node, task.schema.class_type)
                yield from self._work(task, guesses)
        except Cycle as cycle:
            nodes: tuple[str, ...] = cycle.args[0]
            raise ExecutionFailed(f"the nodes {', '.join(nodes)} wait for each other", node=nodes[0]) from cycle
        except ExecutionFailed as failure:
            # The failure may be due to a guess.
            if guesses and self.strict:
                raise _not_guessing(guesses) from failure
            raise
        if guesses and self.strict:
            raise _not_guessing(guesses)
        yield from self._repeated()

    def _work(self, task: Task, guesses: dict[str, None]) -> Iterator[Event]:
        results: list[tuple[Any, ...] | Blocked] = []
        reasons: list[str] = []
        before = len(self._world.saved)
        for number, inputs in enumerate(self._calls(task)):
            if isinstance(inputs, Blocked):
                results.append(inputs)
                continue
            key = f"{task.key}.{number}"
            call, unknown = guessed_call(call_of(task, inputs, self._world), key)
            reasons += unknown
            guesses.update(dict.fromkeys(unknown))
            yield from self._steps(call, key)
            outputs, guessed = worked(call, key, unsure=bool(task.guessed or unknown))
            reasons += guessed
            guesses.update(dict.fromkeys(guessed))
            results.append(outputs)
            node = Node(call, outputs, key, tuple(dict.fromkeys((*task.guessed, *reasons))), self._world)
            guesses.update(dict.fromkeys(save(node)))
        self.execution.finish(task, results, reasons)
        for artifact in self._world.saved[before:]:
            yield OutputReady(self.id, artifact)

    def _calls(self, task: Task) -> list[dict[str, Any] | Blocked]:
        try:
            return task.calls()
        except NodeFails as failure:
            raise failed(call_of(task, {}, self._world), str(failure)) from failure

    def _steps(self, call: Call, key: str) -> Iterator[Event]:
        count = STEPS.get(call.class_type)
        steps = 0 if count is None else count(call)
        for step in range(1, steps + 1):
            yield Progress(self.id, call.node, step, steps)
            if self.previews:
                yield Preview(self.id, call.node, "image/jpeg", _thumbnail(key, step))

    def _repeated(self) -> Iterator[Event]:
        """Report the outputs of an equal node for each node that did not run because of it, as a server does."""
        for number, twin in self.execution.equal.items():
            for artifact in [artifact for artifact in self._world.saved if artifact.node == twin]:
                self._world.saved.append(replace(artifact, node=number))
                yield OutputReady(self.id, self._world.saved[-1])


def simulated_run(
    workflow: CompiledWorkflow, files: Mapping[str, bytes], simulator: Simulator, run_id: str | None = None
) -> SimulatedRun:
    """A run of a graph with these input files; does not check that the graph names them."""
    world = World(workflow.view, InputFiles(files), simulator.names, workflow.origin.ui)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    execution = Execution(workflow.view, _targets(workflow), digests=digests)
    return SimulatedRun(run_id or str(uuid.uuid4()), workflow, world, execution)


def _targets(workflow: CompiledWorkflow) -> list[str] | None:
    """The output nodes to run; all of them if none is promised."""
    return [output.node for output in workflow.outputs] or None


def _not_guessing(guesses: Iterable[str]) -> ExecutionFailed:
    return ExecutionFailed("\n- ".join(["the simulator is strict and would have to guess:", *guesses]))


def _thumbnail(key: str, step: int) -> bytes:
    buffer = io.BytesIO()
    draw(128, 128, key, step, f"step {step}").save(buffer, "JPEG", quality=70)
    return buffer.getvalue()
