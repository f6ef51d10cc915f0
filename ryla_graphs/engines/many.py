"""Runs many graphs on one engine, in parallel; a failing run does not affect the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar, overload

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.base import Engine, Inputs, Result, Run, follow, prepared
from ryla_graphs.engines.events import Event
from ryla_graphs.engines.inputs import check_names, file_inputs
from ryla_graphs.problems import Cancelled, EngineError, EngineUnreachable, InvalidWorkflow, Problem
from ryla_graphs.workflow import Workflow

if TYPE_CHECKING:
    from rich.table import Table

K = TypeVar("K")
Watch = Callable[[Event], None]


@dataclass(frozen=True)
class Order(Generic[K]):
    """A graph to run, with the caller's key for it."""

    key: K
    workflow: CompiledWorkflow
    inputs: Inputs = field(default_factory=dict)
    run_id: str | None = None
    """The id of the run. If the engine already has a run with this id, it resumes it, and never runs it twice."""


@dataclass(frozen=True)
class Ended(Generic[K]):
    """The end of a run."""

    key: K
    result: Result | None = None
    error: EngineError | None = None
    """Why there is no result."""


def run_each(
    engine: Engine, orders: Iterable[Order[K]], *, at_once: int | None = None, on_event: Watch | None = None
) -> Generator[Ended[K]]:
    """Run graphs, `at_once` or as many as the engine accepts in parallel, and yield each when it ends.

    A failing run does not affect the others; if the engine is gone, the rest is not tried. Closing the iterator cancels
    the active runs.
    """
    runs = _Runs(engine, on_event)
    with ThreadPoolExecutor(max(1, at_once or engine.slots), thread_name_prefix="many") as pool:
        try:
            for future in as_completed([pool.submit(runs.one, order) for order in orders]):
                yield future.result()
        except BaseException:
            runs.stop(Cancelled("the other runs were stopped"))
            raise


def own_inputs(workflow: CompiledWorkflow, inputs: Inputs) -> Inputs:
    """The files among `inputs` that a graph names."""
    named = {file for _, _, file in file_inputs(workflow)}
    return {file: content for file, content in inputs.items() if file in named}


class _Runs:
    """The active runs, and the reason for starting no more."""

    def __init__(self, engine: Engine, on_event: Watch | None) -> None:
        self._engine = engine
        self._on_event = on_event
        self._on: set[Run] = set()
        self._lock = threading.Lock()
        self._ended: EngineError | None = None

    def one(self, order: Order[K]) -> Ended[K]:
        """Run one graph to its end, successful or not."""
        if self._ended is not None:
            return Ended(order.key, error=self._ended)
        try:
            if order.run_id is None:
                run = self._engine.start(order.workflow, order.inputs)
            else:
                run = self._engine.start(order.workflow, order.inputs, run_id=order.run_id)
            return Ended(order.key, self._followed(run))
        except EngineError as error:
            if isinstance(error, EngineUnreachable):
                self._ended = error
            return Ended(order.key, error=error)

    def _followed(self, run: Run) -> Result:
        with self._lock:
            self._on.add(run)
        if self._ended is not None:
            run.cancel()
        try:
            return follow(run, on_event=self._on_event)
        finally:
            with self._lock:
                self._on.discard(run)

    def stop(self, reason: EngineError) -> None:
        """Start no more runs, and cancel the active ones."""
        self._ended = reason
        with self._lock:
            for run in self._on:
                run.cancel()


class ManyResults(Sequence[Ended[str]]):
    """The results of many runs, in the order of the graphs; prints as a table."""

    def __init__(self, ended: Iterable[Ended[str]]) -> None:
        self._ended = tuple(ended)

    @overload
    def __getitem__(self, place: int) -> Ended[str]: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Ended[str]]: ...
    def __getitem__(self, place: int | slice) -> Ended[str] | Sequence[Ended[str]]:
        return self._ended[place]

    def __len__(self) -> int:
        return len(self._ended)

    @property
    def failed(self) -> Mapping[str, EngineError]:
        """The errors of failed runs, by name."""
        return {each.key: each.error for each in self if each.error is not None}

    def rows(self) -> list[tuple[str, str, str, str]]:
        """The rows of the table: name, state, seconds, and outputs or error."""
        return [
            (each.key, "done", f"{each.result.seconds:.1f}", ", ".join(a.filename for a in each.result.outputs))
            if each.result is not None
            else (each.key, "failed", "", str(each.error).splitlines()[0])
            for each in self
        ]

    def __str__(self) -> str:
        rows = [("run", "state", "seconds", "outputs"), *self.rows()]
        widths = [max(len(row[place]) for row in rows) for place in range(3)]
        padded = [[*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]] for row in rows]
        return "\n".join("  ".join(row).rstrip() for row in padded)

    def __repr__(self) -> str:
        return f"<ManyResults: {len(self) - len(self.failed)} done, {len(self.failed)} failed>"

    def table(self) -> Table:
        """The results as a rich table."""
        from rich.table import Table  # noqa: PLC0415 - a third of the start-up time

        table = Table("run", "state", "seconds", "outputs", box=None)
        for row in self.rows():
            table.add_row(*row)
        return table


def run_many(
    engine: Engine,
    workflows: Mapping[str, Workflow | CompiledWorkflow] | Iterable[Workflow | CompiledWorkflow],
    inputs: Inputs | None = None,
    *,
    at_once: int | None = None,
    show: bool | None = None,
    on_event: Watch | None = None,
) -> ManyResults:
    """Run many graphs, with a progress bar, and a table at the end if standard error is a terminal.

    They are named by their keys, or numbered. `at_once` is how many run at a time, by default as many as the engine
    accepts. `inputs` are the files of all graphs: each gets those that it names. `show` forces the bar and the table on
    or off. All graphs are checked before the first one runs.

    Raises `InvalidWorkflow` with the problems of all graphs, `EngineRefused` for a file that no graph names, and
    `EngineUnreachable`. A failing run raises nothing: `ManyResults.failed` has its error.

    >>> from ryla_graphs import Workflow, connect, run_many
    >>> from ryla_graphs.nodes import EmptyImage, SaveImage
    >>> sizes = {f"{size}px": Workflow(SaveImage(images=EmptyImage(width=size, height=size))) for size in (32, 64)}
    >>> [(each.key, len(each.result.outputs)) for each in run_many(connect("simulator"), sizes, at_once=2)]
    [('32px', 1), ('64px', 1)]
    """
    if at_once is not None and at_once < 1:
        raise ValueError(f"at_once must be at least 1, not {at_once}")
    orders = _orders(engine, _named(workflows), inputs or {})
    health = engine.health()
    if not health.ready:
        raise EngineUnreachable(health.reason)
    ended: dict[str, Ended[str]] = {}
    with progress_of(len(orders), show=show) as advance:
        for each in run_each(engine, orders, at_once=at_once, on_event=on_event):
            ended[each.key] = each
            advance(each.key, failed=each.error is not None)
    results = ManyResults(ended[order.key] for order in orders)
    if orders and _shown(show):
        from rich.console import Console  # noqa: PLC0415

        Console(stderr=True, highlight=False).print(results.table())
    return results


def _named(
    workflows: Mapping[str, Workflow | CompiledWorkflow] | Iterable[Workflow | CompiledWorkflow],
) -> Mapping[str, Workflow | CompiledWorkflow]:
    if isinstance(workflows, Mapping):
        return {str(name): workflow for name, workflow in workflows.items()}
    return {str(number): workflow for number, workflow in enumerate(workflows, start=1)}


def _orders(engine: Engine, workflows: Mapping[str, Workflow | CompiledWorkflow], inputs: Inputs) -> list[Order[str]]:
    compiled: dict[str, CompiledWorkflow] = {}
    problems: list[Problem] = []
    for name, workflow in workflows.items():
        try:
            compiled[name] = prepared(engine, workflow).workflow
        except InvalidWorkflow as error:
            problems += (problem.at(message=f"{problem.message} (in {name})") for problem in error.problems)
    if problems:
        raise InvalidWorkflow(problems)
    used: set[str] = set()
    orders = []
    for name, workflow in compiled.items():
        own = own_inputs(workflow, inputs)
        used |= own.keys()
        orders.append(Order(name, workflow, own))
    if compiled and inputs.keys() - used:
        check_names(next(iter(compiled.values())), {name: inputs[name] for name in inputs.keys() - used})
    return orders


def _shown(show: bool | None) -> bool:
    from rich.console import Console  # noqa: PLC0415

    return Console(stderr=True).is_terminal if show is None else show


@contextmanager
def progress_of(total: int, *, show: bool | None) -> Iterator[Callable[..., None]]:
    """One progress bar for many runs, on standard error; call `advance(name, failed=…)` when each ends."""
    if not _shown(show):
        yield lambda _name, **_: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, failures = bar.add_task("", total=total), 0

        def advance(name: str, *, failed: bool) -> None:
            nonlocal failures
            failures += failed
            bar.update(task, advance=1, description=f"{name}{f', {failures} failed' if failures else ''}")

        yield advance
