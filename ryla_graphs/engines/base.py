"""The protocol of engines: start a compiled graph, follow its events, cancel it."""

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
"""Files that the graph names as its inputs, by that name."""


class Run(Protocol):
    """One run of a graph."""

    @property
    def id(self) -> str:
        """The run's own id, a UUID."""
        ...

    def events(self) -> Iterator[Event]:
        """What happens, until the terminal event. Read once, in one thread; never raises for the run's fate."""
        ...

    def cancel(self) -> None:
        """Ask for the run to end; may be called from any thread, also after the end; never raises.

        How the run ended its last event tells: a run that was faster has `Finished`.
        """
        ...


@dataclass(frozen=True)
class Health:
    """Whether an engine can take work."""

    ready: bool
    reason: str = ""
    """Why not, for people; empty if it is ready."""
    queued: int | None = None
    """Runs that wait or are on, where the engine tells."""


@runtime_checkable
class Comparing(Protocol):
    """An engine that can say which release of ComfyUI it runs."""

    def compare(self, used: Catalog) -> None:
        """Log, once, that it runs another release than a catalog is of."""
        ...


class LogLine(NamedTuple):
    """A line of an engine's log."""

    at: float
    """In seconds since 1970."""
    text: str


@runtime_checkable
class Logged(Protocol):
    """An engine that can say what its machine wrote while a run was on."""

    def log_of(self, run_id: str, began: float, ended: float | None) -> Sequence[LogLine]:
        """The lines that are still known, of a run that began and ended then; never raises."""
        ...


class Engine(Protocol):
    """Something that runs compiled graphs. All of it may be called from any thread.

    >>> from ryla_graphs import connect
    >>> connect("simulator").health().ready
    True
    """

    @property
    def name(self) -> str:
        """How messages call it."""
        ...

    @property
    def slots(self) -> int:
        """How many runs it is worth giving it at once: one more would only wait there instead of here."""
        ...

    def catalog(self) -> Catalog:
        """The node classes it has. Raises `EngineUnreachable`."""
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
        """Hand over a graph. Raises `EngineRefused` or `EngineUnreachable`; later troubles are events.

        `run_id` is a lower-case UUID for the run, for callers that write it down first. If
        the engine already has a run of that id, it takes it up as `resume` does and never runs it twice. `fresh` says
        that the id is new, which saves the engine the lookup. `gpu` is the kind of GPU to run on, for engines that
        have several; engines with one kind ignore it. `partner_key` pays for the
        partners' services that the graph calls.
        """
        ...

    def resume(self, run_id: str, workflow: CompiledWorkflow) -> Run:
        """Take up a run that `start` began, also in another process; its events tell all outputs again.

        Where the engine no longer knows it, the run's last event is `Failed` with `RunLost`.
        """
        ...

    def health(self) -> Health:
        """Whether it can take work now; never raises."""
        ...

    def close(self) -> None:
        """Give back connections and threads; runs that are on go on at the engine, and can be resumed."""
        ...


class LostRun:
    """A run that is gone; only the reason is left."""

    def __init__(self, run_id: str, error: EngineError) -> None:
        self.id = run_id
        self._error = error

    def events(self) -> Iterator[Event]:
        """The failure."""
        yield Queued(self.id)
        yield Failed(self.id, self._error)

    def cancel(self) -> None:
        """There is nothing to end."""


@dataclass(frozen=True)
class Result:
    """What a run that ended well gave.

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
    """What is wrong with the outputs that were not run, where the caller did without them."""

    @property
    def guessed(self) -> tuple[str, ...]:
        """Why outputs are only guessed, each reason once; nothing where the run was a real one."""
        return tuple(dict.fromkeys(reason for artifact in self.outputs for reason in artifact.guessed))

    def without(self, left_out: Iterable[Problem]) -> Result:
        """The same result, with more left out of the graph before the engine saw it."""
        ours = tuple(left_out)
        nodes = {problem.node for problem in ours}
        return replace(self, left_out=(*ours, *(p for p in self.left_out if p.node not in nodes)))

    def _repr_html_(self) -> str:
        """What a notebook shows: the pictures and texts, and the names of other files."""
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

    A `Workflow` is compiled first, against the engine's own catalog. `partial` runs what is good of a graph, as
    ComfyUI does, where some of its outputs are wrong; `Result.left_out` says what is wrong with them. `partner_key`
    pays for the partners' services that the graph calls.

    Raises `InvalidWorkflow`, or `EngineError`: `EngineRefused`, `EngineUnreachable`, `ExecutionFailed`,
    `OutputMissing`, `Cancelled`. An interrupt (Ctrl-C) or an exit cancels the run before it goes on up.

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
    """A graph as an engine gets it; raises `InvalidWorkflow`, or `EngineUnreachable` if the engine is to judge."""
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
    """The catalog that a graph for an engine is checked against: the chosen one, or the engine's own.

    Input files may still come with the run, so the engine's own misses none. None for a simulator that was given no
    catalog: it takes any class, so the workflow's own catalog judges. A ComfyUI of another release than the chosen
    catalog, or than typed nodes and presets are of, is logged once. Raises `EngineUnreachable`.
    """
    if engine.name == SIMULATOR:
        own = engine.catalog()
        return own.replace(any_input_file=True) if chosen is None and own is not bundled() else chosen
    if isinstance(engine, Comparing):
        engine.compare(chosen or bundled())
    return engine.catalog().replace(any_input_file=True) if chosen is None else chosen


def follow(started: Run, *, on_event: Callable[[Event], None] | None = None) -> Result:
    """Wait for the end of a run; raises as `run` does."""
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
    raise EngineError(f"run {started.id} reported no end")


def missing_output(workflow: CompiledWorkflow, outputs: tuple[Artifact, ...]) -> OutputMissing | None:
    """The error for the first promised output that is not among these; None if all are."""
    for promised in workflow.outputs:
        arrived = sum(artifact.node == promised.node for artifact in outputs)
        if arrived < promised.at_least:
            message = f"{promised.class_type} '{promised.node}' {_shortfall(promised, arrived)}"
            return OutputMissing(message, node=promised.node, class_type=promised.class_type)
    return None


def _shortfall(promised: PromisedOutput, arrived: int) -> str:
    if promised.kind == "unknown":
        return "is an output node, and delivered nothing"
    text = f"promised {promised.at_least} {promised.kind} outputs and gave {arrived}"
    if promised.class_type in OVER_SOCKET:
        text += "; pictures that are sent over the socket are lost where it breaks: SaveImage keeps them on the server"
    return text
