"""The protocol of engines: start a compiled graph, follow its events, cancel its run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalogs import bundled
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.events import Cancelled as CancelledEvent
from ryla_graphs.engines.events import Event, Failed, Finished, Queued
from ryla_graphs.engines.partial import GoodPart, good_part, optional
from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.outputs import OVER_SOCKET, PromisedOutput
from ryla_graphs.problems import Cancelled, EngineError, OutputMissing, Problem
from ryla_graphs.workflow import Workflow

SIMULATOR = "simulator"

Inputs = Mapping[str, bytes]
"""Input files by the names that the graph uses."""


class Run(Protocol):
    """One run of a graph."""

    @property
    def id(self) -> str:
        """The run's own id, a UUID."""
        ...

    def events(self) -> Iterator[Event]:
        """The events, up to the terminal one. Read them once, in one thread; never raises if the run fails."""
        ...

    def cancel(self) -> None:
        """Ask for the run to be cancelled; may be called from any thread, also after the end; never raises.

        The last event tells how the run ended: a run that was faster has `Finished`.
        """
        ...


@dataclass(frozen=True)
class Health:
    """Whether an engine can accept work."""

    ready: bool
    reason: str = ""
    """Why the engine is not ready, for people; empty if it is."""
    queued: int | None = None
    """Waiting and active runs; None if the engine does not report them."""


@runtime_checkable
class Comparing(Protocol):
    """An engine that knows which release of ComfyUI it runs."""

    def compare(self, used: Catalog) -> None:
        """Log, once, if the engine runs another release than that of a catalog."""
        ...


class LogLine(NamedTuple):
    """A line of an engine's log."""

    at: float
    """Seconds since 1970."""
    text: str


@runtime_checkable
class Logged(Protocol):
    """An engine that can return its machine's log of a run."""

    def log_of(self, run_id: str, began: float, ended: float | None) -> Sequence[LogLine]:
        """The lines that still exist, of a run with these times; never raises."""
        ...


class Engine(Protocol):
    """Runs compiled graphs. All methods may be called from any thread.

    >>> from ryla_graphs import connect
    >>> connect("simulator").health().ready
    True
    """

    @property
    def name(self) -> str:
        """The engine's name in messages."""
        ...

    @property
    def slots(self) -> int:
        """How many runs to give the engine at once; a further one would wait there instead of here."""
        ...

    def catalog(self) -> Catalog:
        """The engine's node classes. Raises `EngineUnreachable`."""
        ...

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
    ) -> Run:
        """Submit a graph. Raises `EngineRefused` or `EngineUnreachable`; later failures are events.

        `run_id` is a lower-case UUID for the run, for callers that store it first. If the engine already has a run
        with this id, it resumes that run, and never runs it twice. `fresh` means that the id is new, which saves the
        engine a lookup. `gpu` is the kind of GPU to run on; engines with only one kind ignore it. `partner_key` pays
        for the partners' services that the graph calls.
        """
        ...

    def resume(self, run_id: str, workflow: CompiledWorkflow) -> Run:
        """Resume a run that `start` started, also in another process; its events repeat all outputs.

        If the engine no longer knows the run, its last event is `Failed` with `RunLost`.
        """
        ...

    def health(self) -> Health:
        """Whether the engine can accept work now; never raises."""
        ...

    def close(self) -> None:
        """Close connections and threads; active runs continue on the engine, and can be resumed."""
        ...


class LostRun:
    """A run that is lost; its only event is the reason."""

    def __init__(self, run_id: str, error: EngineError) -> None:
        self.id = run_id
        self._error = error

    def events(self) -> Iterator[Event]:
        """The failure."""
        yield Queued(self.id)
        yield Failed(self.id, self._error)

    def cancel(self) -> None:
        """Does nothing: a lost run has nothing to cancel."""


@dataclass(frozen=True)
class Result:
    """The result of a successful run.

    >>> from ryla_graphs import Workflow, connect, run
    >>> from ryla_graphs.nodes import EmptyImage, SaveImage
    >>> result = run(connect("simulator"), Workflow(SaveImage(images=EmptyImage(width=64, height=64))))
    >>> [output.kind for output in result.outputs]
    ['image']
    """

    run: str
    outputs: tuple[Artifact, ...]
    seconds: float
    left_out: tuple[Problem, ...] = ()
    """The problems of outputs that were not run, if the caller allowed that."""

    @property
    def guessed(self) -> tuple[str, ...]:
        """Why outputs are guessed, each reason once; empty for a real run."""
        return tuple(dict.fromkeys(reason for artifact in self.outputs for reason in artifact.guessed))

    def without(self, left_out: Iterable[Problem]) -> Result:
        """The same result, with further outputs that were left out before the engine got the graph."""
        ours = tuple(left_out)
        nodes = {problem.node for problem in ours}
        return replace(self, left_out=(*ours, *(p for p in self.left_out if p.node not in nodes)))

    def _repr_html_(self) -> str:
        """HTML for notebooks: the pictures and texts, and the names of other files."""
        return f"<div>{''.join(artifact.to_html() for artifact in self.outputs)}</div>"

    def save(self, directory: Path) -> tuple[Path, ...]:
        """Write all outputs into a directory."""
        return tuple(artifact.save(directory) for artifact in self.outputs)


def run(
    engine: Engine,
    workflow: Workflow | CompiledWorkflow,
    inputs: Inputs | None = None,
    *,
    on_event: Callable[[Event], None] | None = None,
    previews: bool = False,
    partial: bool = False,
    partner_key: PartnerKey | None = None,
) -> Result:
    """Run a graph to its end.

    A `Workflow` is compiled first, with the engine's own catalog. If some outputs of the graph are invalid, `partial`
    runs the others, as ComfyUI does, and `Result.left_out` has the problems. `partner_key` pays for the partners'
    services that the graph calls.

    Raises `InvalidWorkflow`, or `EngineError`: `EngineRefused`, `EngineUnreachable`, `ExecutionFailed`,
    `OutputMissing`, `Cancelled`. An interrupt (Ctrl-C) or an exit cancels the run, and then propagates.

    >>> from ryla_graphs import Workflow, connect
    >>> from ryla_graphs.nodes import EmptyImage, SaveImage
    >>> workflow = Workflow(SaveImage(images=EmptyImage(width=64, height=64)))
    >>> len(run(connect("simulator"), workflow).outputs)
    1
    """
    part = prepared(engine, workflow, partial=partial)
    started = engine.start(part.workflow, inputs, previews=previews, partner_key=partner_key)
    result = follow(started, on_event=on_event)
    return result.without(part.left_out)


def prepared(engine: Engine, workflow: Workflow | CompiledWorkflow, *, partial: bool = False) -> GoodPart:
    """A graph as an engine gets it; raises `InvalidWorkflow`, or `EngineUnreachable` if its classes are needed."""
    if isinstance(engine, (str, Workflow, CompiledWorkflow)) or not isinstance(workflow, (Workflow, CompiledWorkflow)):
        given = ", ".join(type(each).__name__ for each in (engine, workflow))
        raise TypeError(f"run takes an engine and a workflow, not {given}: run(connect(address), Workflow(...))")
    if isinstance(workflow, CompiledWorkflow):
        if isinstance(engine, Comparing):
            engine.compare(bundled())
        return GoodPart(optional(workflow) if partial else workflow, ())
    catalog = judge_of(engine)
    return good_part(workflow, catalog) if partial else GoodPart(workflow.compile(catalog), ())


def judge_of(engine: Engine, chosen: Catalog | None = None) -> Catalog | None:
    """The catalog for checking a graph for an engine: the chosen one, or the engine's own.

    The engine's own catalog accepts any input file, since files may come with the run. None for a simulator without a
    catalog: it accepts any class, so the workflow's own catalog counts. Logs, once, if ComfyUI's release differs from
    that of the chosen catalog, or of typed nodes and presets. Raises `EngineUnreachable`.
    """
    if engine.name == SIMULATOR:
        own = engine.catalog()
        return own.replace(any_input_file=True) if chosen is None and own is not bundled() else chosen
    if isinstance(engine, Comparing):
        engine.compare(chosen or bundled())
    return engine.catalog().replace(any_input_file=True) if chosen is None else chosen


def follow(started: Run, *, on_event: Callable[[Event], None] | None = None) -> Result:
    """Follow a run to its end; raises as `run` does."""
    left_out: tuple[Problem, ...] = ()
    try:
        for event in started.events():
            if on_event is not None:
                on_event(event)
            if isinstance(event, Queued):
                left_out = event.left_out
            if isinstance(event, Finished):
                return Result(event.run, event.outputs, event.seconds, left_out)
            if isinstance(event, Failed):
                raise event.error
            if isinstance(event, CancelledEvent):
                raise Cancelled("the run was cancelled")
    except (KeyboardInterrupt, SystemExit):
        started.cancel()
        raise
    raise EngineError(f"the events of run {started.id} stopped before it ended")


def missing_output(workflow: CompiledWorkflow, outputs: tuple[Artifact, ...]) -> OutputMissing | None:
    """The error for the first promised output that is missing; None if none is."""
    for promised in workflow.outputs:
        arrived = sum(artifact.node == promised.node for artifact in outputs)
        if arrived < promised.at_least:
            message = f"{promised.class_type} '{promised.node}' {_shortfall(promised, arrived)}"
            return OutputMissing(message, node=promised.node, class_type=promised.class_type)
    return None


def _shortfall(promised: PromisedOutput, arrived: int) -> str:
    if promised.kind == "unknown":
        return "is an output node but delivered nothing"
    text = f"promised {promised.at_least} {promised.kind} outputs but delivered {arrived}"
    if promised.class_type in OVER_SOCKET:
        text += "; pictures sent over the socket are lost if it breaks: SaveImage stores them on the server"
    return text
