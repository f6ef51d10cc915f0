"""Runs a sweep cell by cell, or all in one graph; a failure loses nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.base import Engine, Inputs, Run, follow, judge_of, missing_output
from ryla_graphs.engines.events import Event, OutputReady
from ryla_graphs.engines.inputs import check_names
from ryla_graphs.engines.many import Order, own_inputs, run_each
from ryla_graphs.outputs import PromisedOutput
from ryla_graphs.problems import EngineError, EngineUnreachable
from ryla_graphs.sweeps.grid import Cell, Grid

Watch = Callable[[Event], None]


@dataclass(frozen=True)
class CellResult:
    """The outcome of a cell."""

    cell: Cell
    outputs: tuple[Artifact, ...] = ()
    error: EngineError | None = None
    """Why outputs are missing."""
    seconds: float | None = None
    """How long its run took, if it had its own."""


def run_grid(
    engine: Engine,
    grid: Grid,
    inputs: Inputs | None = None,
    *,
    one_graph: bool = False,
    on_event: Watch | None = None,
) -> Iterator[CellResult]:
    """Run a sweep, cell by cell or as one graph, and yield each cell when it ends.

    Cell by cell, as many run at once as the engine takes. If one fails, the others continue; if the engine is gone, the
    rest are not tried. If a single graph fails, cells whose outputs had arrived count as good. Close the iterator to
    cancel what runs. Cells are checked against the catalog of the grid, or else of the engine, as in `run`.

    Before anything runs, raises `InvalidWorkflow` with the problems of all cells, `EngineUnreachable` if the engine
    does not answer, and `EngineRefused` for inputs that no cell uses, or if the engine refuses the single graph.
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
    return _run_cells(engine, cells, inputs or {}, on_event)


def _run_cells(
    engine: Engine, cells: Mapping[Cell, CompiledWorkflow], inputs: Inputs, on_event: Watch | None
) -> Iterator[CellResult]:
    orders = [Order(cell, each, own_inputs(each, inputs)) for cell, each in cells.items()]
    with closing(run_each(engine, orders, on_event=on_event)) as runs:
        for ended in runs:
            if ended.result is None:
                yield CellResult(ended.key, error=ended.error)
            else:
                yield CellResult(ended.key, ended.result.outputs, seconds=ended.result.seconds)


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
