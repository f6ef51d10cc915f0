"""`Simulator`, the engine that is always there."""

from __future__ import annotations

import io
import threading
import time
import uuid
from collections.abc import Generator, Iterator, Mapping
from typing import Any

from ryla_graphs import catalogs
from ryla_graphs.catalog.object_info import Catalog
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
from ryla_graphs.engines.simulator import (  # noqa: F401 - they register their handlers
    pictures,
    regions,
    sampling,
    saving,
    upscaling,
)
from ryla_graphs.engines.simulator.call import HANDLERS, Call, Step, World
from ryla_graphs.engines.simulator.drawing import draw
from ryla_graphs.engines.simulator.files import FileNames
from ryla_graphs.engines.simulator.generic import simulate_by_schema
from ryla_graphs.engines.simulator.values import key_of
from ryla_graphs.problems import EngineError, EngineRefused, RunLost
from ryla_graphs.prompt import unwrap


class Simulator:
    """Runs graphs without a model. Its file names go on counting from run to run."""

    name = "simulator"
    slots = 4

    def __init__(self) -> None:
        self._names = FileNames()

    def catalog(self) -> Catalog:
        """The bundled classes; others are simulated by their schema."""
        return catalogs.bundled()

    def start(
        self,
        workflow: CompiledWorkflow,
        inputs: Inputs | None = None,
        *,
        run_id: str | None = None,
        fresh: bool = False,  # noqa: ARG002 - it knows no runs
        previews: bool = False,
        gpu: str | None = None,  # noqa: ARG002 - it has one kind
    ) -> SimulatedRun:
        """Begin a run. Raises `EngineRefused` where an input file that the graph names is not given."""
        files = dict(inputs or {})
        check_names(workflow, files)
        for number, name, value in file_inputs(workflow):
            if value not in files:
                parameter = next(iter(workflow.decisions.get((number, name), ())), f"{number}.{name}")
                raise EngineRefused(
                    f"the simulator has no input file '{value}', which '{number}'.{name} names;"
                    f" give it with the run: inputs={{'{value}': content}}, or on the command line -p {parameter}=@FILE"
                )
        world = World(workflow.document, files, self._names)
        return SimulatedRun(run_id or str(uuid.uuid4()), workflow, world, previews=previews)

    def resume(self, run_id: str, workflow: CompiledWorkflow) -> LostRun:  # noqa: ARG002 - it is lost, whatever it was
        """A simulated run lives and ends with its process."""
        return LostRun(run_id, RunLost(f"the simulator does not know run {run_id}: it ended with its process"))

    def health(self) -> Health:
        """It is always ready."""
        return Health(ready=True)

    def close(self) -> None:
        """It holds nothing."""


class SimulatedRun:
    """A run; see `ryla_graphs.engines.base.Run`."""

    def __init__(self, run_id: str, workflow: CompiledWorkflow, world: World, *, previews: bool) -> None:
        self.id = run_id
        self._workflow = workflow
        self._world = world
        self._previews = previews
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """End the run before its next step."""
        self._cancelled.set()

    def events(self) -> Iterator[Event]:
        """What happens, until the terminal event."""
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
        results: dict[str, tuple[Any, ...]] = {}
        needed = _needed(self._workflow)
        for number, body in self._workflow.document.items():
            if number not in needed:
                continue
            schema = self._workflow.catalog[body["class_type"]]
            inputs = {spec.name: spec.default for spec in schema.inputs if spec.has_default}
            inputs |= {name: _resolved(value, results) for name, value in body["inputs"].items()}
            call = Call(number, schema, inputs, key_of(schema.class_type, inputs), self._world)
            yield NodeStarted(self.id, number, schema.class_type)
            before = len(self._world.saved)
            results[number] = yield from self._work(call)
            for artifact in self._world.saved[before:]:
                yield OutputReady(self.id, artifact)

    def _work(self, call: Call) -> Generator[Event, None, tuple[Any, ...]]:
        handler = HANDLERS.get(call.schema.class_type, simulate_by_schema)
        try:
            work = handler(call)
            if not isinstance(work, Generator):
                return tuple(work)
            while True:
                try:
                    step: Step = next(work)
                except StopIteration as end:
                    return tuple(end.value)
                yield Progress(self.id, call.node, step.step, step.steps)
                if self._previews:
                    yield Preview(self.id, call.node, "image/jpeg", _thumbnail(call.key, step.step))
        except (KeyError, TypeError, AttributeError, ValueError, IndexError, ZeroDivisionError) as error:
            # Values that a real node would take and these few lines do not; the run fails, the caller does not.
            raise call.fail(f"cannot be simulated with these inputs ({type(error).__name__}: {error})") from error


def _needed(workflow: CompiledWorkflow) -> set[str]:
    """The nodes that some output needs; ComfyUI runs no others."""
    needed = {output.node for output in workflow.outputs}
    pending = list(needed)
    while pending:
        for value in workflow.document[pending.pop()]["inputs"].values():
            if isinstance(value, list) and value[0] not in needed:
                needed.add(value[0])
                pending.append(value[0])
    return needed


def _resolved(value: Any, results: Mapping[str, tuple[Any, ...]]) -> Any:
    return results[value[0]][value[1]] if isinstance(value, list) else unwrap(value)


def _thumbnail(key: str, step: int) -> bytes:
    buffer = io.BytesIO()
    draw(128, 128, key, step, f"step {step}").save(buffer, "JPEG", quality=70)
    return buffer.getvalue()
