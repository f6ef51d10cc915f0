"""Running a sweep: cell by cell, or all in one graph; what fails loses nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.base import Engine, Inputs, Result, Run, follow, judge_of, missing_output
from ryla_graphs.engines.events import Event, OutputReady
from ryla_graphs.engines.inputs import check_names, file_inputs
from ryla_graphs.outputs import PromisedOutput
from ryla_graphs.problems import Cancelled, EngineError, EngineUnreachable
from ryla_graphs.sweeps.grid import Cell, Grid

Watch = Callable[[Event], None]


@dataclass(frozen=True)
class CellResult:
    """What became of a cell."""

    cell: Cell
    outputs: tuple[Artifact, ...] = ()
    error: EngineError | None = None
    """Why there is not all of it."""
    seconds: float | None = None
    """How long its run took, where it had one of its own."""


def run_grid(
    engine: Engine,
    grid: Grid,
    inputs: Inputs | None = None,
    *,
    one_graph: bool = False,
    on_event: Watch | None = None,
) -> Iterator[CellResult]:
    """Run a sweep, cell by cell or as one graph, and give each cell as it ends.

    Cell by cell, as many run at once as the engine takes, a cell that fails loses no other, and once the engine is gone
    the rest is not tried. Of one graph that fails, the cells whose outputs had arrived are good all the same. Close the
    iterator to cancel what runs. Where the grid names no catalog, the engine's own judges, as for `run`.

    Raises `InvalidWorkflow` before anything runs, with the problems of all cells; `EngineUnreachable` where the
    engine is not there, and `EngineRefused` for inputs that no cell names, or where it does not take the one graph.
    """
    if grid.catalog is None:
        grid = grid.judged_by(judge_of(engine))
    cells, whole = grid.compiled, grid.whole
    if one_graph:
        return _run_one_graph(engine.start(whole, inputs), grid, whole, on_event)
    check_names(whole, inputs or {})
    health = engine.health()
    if not health.ready:
        raise EngineUnreachable(health.reason)
    return _run_cells(_Runs(engine, inputs, on_event), cells)


def _run_cells(runs: _Runs, cells: Mapping[Cell, CompiledWorkflow]) -> Iterator[CellResult]:
    with ThreadPoolExecutor(max(1, runs.engine.slots), thread_name_prefix="sweep") as pool:
        try:
            for future in as_completed([pool.submit(runs.cell, cell, each) for cell, each in cells.items()]):
                yield future.result()
        except BaseException:
            runs.stop(Cancelled("the sweep was stopped"))
            raise


class _Runs:
    """The runs of a sweep that are on, and why no more are to begin."""

    def __init__(self, engine: Engine, inputs: Inputs | None, on_event: Watch | None) -> None:
        self.engine = engine
        self._inputs = inputs or {}
        self._on_event = on_event
        self._on: set[Run] = set()
        self._lock = threading.Lock()
        self._ended: EngineError | None = None

    def cell(self, cell: Cell, workflow: CompiledWorkflow) -> CellResult:
        """Run one cell to its end, whatever that is."""
        if self._ended is not None:
            return CellResult(cell, error=self._ended)
        try:
            named = {file for _, _, file in file_inputs(workflow)}
            own = {file: content for file, content in self._inputs.items() if file in named}
            result = self._followed(self.engine.start(workflow, own))
        except EngineError as error:
            if isinstance(error, EngineUnreachable):
                self._ended = error
            return CellResult(cell, error=error)
        return CellResult(cell, result.outputs, seconds=result.seconds)

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
        """Begin no more runs, and cancel those that are on."""
        self._ended = reason
        with self._lock:
            for run in self._on:
                run.cancel()


def _run_one_graph(run: Run, grid: Grid, compiled: CompiledWorkflow, on_event: Watch | None) -> Iterator[CellResult]:
    arrived: dict[Cell, list[Artifact]] = {cell: [] for cell in grid}

    def watch(event: Event) -> None:
        if isinstance(event, OutputReady):
            for cell in grid.cells_of(event.artifact.node):
                arrived[cell].append(event.artifact)
        if on_event is not None:
            on_event(event)

    failure: EngineError | None = None
    try:
        follow(run, on_event=watch)
    except EngineError as error:
        failure = error
    promised: dict[Cell, list[PromisedOutput]] = {cell: [] for cell in grid}
    for output in compiled.outputs:
        for cell in grid.cells_of(output.node):
            promised[cell].append(output)
    for cell in grid:
        outputs = tuple(arrived[cell])
        missing = missing_output(replace(compiled, outputs=tuple(promised[cell])), outputs)
        yield CellResult(cell, outputs, missing and (failure or missing))
