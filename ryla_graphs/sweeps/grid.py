"""`grid`: one workflow for every combination of some parameters' values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import product
from typing import Any, TypeVar

from pydantic import BeforeValidator
from pydantic.fields import FieldInfo

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.origins import Decisions, WorkflowOrigin
from ryla_graphs.presets.base import Preset
from ryla_graphs.presets.parameters import DRAWN
from ryla_graphs.problems import InvalidParameters, InvalidWorkflow, Problem
from ryla_graphs.sweeps.axes import Axis, axes_of, axis_problems, named_twice
from ryla_graphs.workflow import Workflow

MOST_CELLS = 100
"""A sweep of more cells is refused unless explicitly requested: a typo on one axis costs hours of GPU time."""

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Cell:
    """One combination of values, and its workflow."""

    parts: tuple[str, ...]
    """`seed=7`, `guidance=2.5`, …, by parameter's name, whatever the order of the axes."""
    labels: Mapping[str, str]
    """The label of each parameter's value, in the order of the axes."""
    values: Mapping[str, Any]
    workflow: Workflow

    @property
    def name(self) -> str:
        """The name of the cell and its files: `guidance=2.5,seed=7`."""
        return ",".join(self.parts)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """All parameters as used if a preset made the cell; otherwise those that vary."""
        return self.workflow.origin.parameters or self.values


class Grid:
    """The cells of a sweep, with the last axis changing fastest: as separate workflows, or as one graph."""

    def __init__(
        self,
        name: str | None,
        axes: tuple[Axis, ...],
        fixed: Mapping[str, Any],
        cells: tuple[Cell, ...],
        catalog: Catalog | None = None,
        *,
        zipped: bool = False,
    ) -> None:
        self.name = name
        self.axes = axes
        self.fixed = fixed
        """The parameters that were given and do not vary, and what was drawn for all cells, such as a seed."""
        self.cells = cells
        self.catalog = catalog
        """What the cells are checked against; None for what each workflow has by default."""
        self.zipped = zipped
        """Whether the axes go in step: the first values of all, then the second, and so on."""

    @property
    def preset(self) -> str | None:
        """The preset that all cells share; None if there are several, or none."""
        return _one(cell.workflow.origin.preset for cell in self.cells)

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self) -> Iterator[Cell]:
        return iter(self.cells)

    def __repr__(self) -> str:
        sizes = (" + " if self.zipped else " x ").join(f"{axis.parameter}[{len(axis.values)}]" for axis in self.axes)
        return f"<Grid {self.name or ''} {sizes}: {len(self)} cells>"

    def workflows(self) -> dict[str, Workflow]:
        """A workflow for each cell, by the cell's name."""
        return {cell.name: cell.workflow for cell in self.cells}

    def workflow(self) -> Workflow:
        """One graph of all cells, in which loaders and other equal nodes exist only once.

        An id begins with the values that distinguish the node: `guidance=2.5/seed=7/save`.
        """
        return self._workflow

    @cached_property
    def _workflow(self) -> Workflow:
        parts = (reduce(Workflow.prefixed, reversed(cell.parts), cell.workflow) for cell in self.cells)
        joined = Workflow.join(*parts, name=self.name)
        swept = {axis.parameter: list(axis.values) for axis in self.axes}
        joined.origin = WorkflowOrigin(
            preset=self.preset,
            parameters=dict(self.fixed) | swept,
            notices=joined.origin.notices,
            decisions=self._decisions,
        )
        return joined

    def _decisions(self) -> Decisions:
        """Which parameters decide which inputs; the first cell stands for all."""
        first = self.cells[0].workflow.origin.decisions()
        parts = {part for cell in self.cells for part in cell.parts}
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        for node, number in self.workflow().graph.ids.items():
            inner = [part for part in node.origin_.scope if part not in parts]
            own = "/".join([*inner, node.origin_.name or ""])
            found |= {(number, name): by for (other, name), by in first.items() if other == own}
        return found

    def cells_of(self, node: str) -> tuple[Cell, ...]:
        """The cells that a node of the single graph belongs to, by its id."""
        scope = set(self._nodes[node].origin_.scope)
        parts = scope.intersection(part for cell in self.cells for part in cell.parts)
        return tuple(cell for cell in self.cells if parts <= set(cell.parts))

    @cached_property
    def _nodes(self) -> Mapping[str, Any]:
        return {number: node for node, number in self.workflow().graph.ids.items()}

    def judged_by(self, catalog: Catalog | None) -> Grid:
        """The same cells, checked against the classes of a server: `swept.judged_by(judge_of(engine))`."""
        return Grid(self.name, self.axes, self.fixed, self.cells, catalog, zipped=self.zipped)

    @cached_property
    def whole(self) -> CompiledWorkflow:
        """The single graph of all cells, compiled. Raises `InvalidWorkflow`."""
        return self.workflow().compile(self.catalog)

    @cached_property
    def compiled(self) -> Mapping[Cell, CompiledWorkflow]:
        """Every cell compiled. Raises `InvalidWorkflow` with the problems of all of them, each once."""
        compiled, problems = _collected(self.cells, lambda cell: cell.workflow.compile(self.catalog))
        if problems:
            raise InvalidWorkflow(_each_once(problems, self.cells))
        return compiled

    @property
    def problems(self) -> list[Problem]:
        """The warnings and notes of all cells, each once; raises as `compiled` does."""
        return list(_each_once({cell: each.problems for cell, each in self.compiled.items()}, self.cells))


def grid(
    target: Preset[Any] | Callable[..., Workflow],
    axes: Mapping[str, Any],
    parameters: Mapping[str, Any] | None = None,
    /,
    *,
    most_cells: int = MOST_CELLS,
    zipped: bool = False,
    **more: Any,
) -> Grid:
    """A workflow for every combination of values: `grid(flux_dev, {"seed": [1, 2]}, prompt="a red bicycle")`.

    `target` is a preset, or any function from parameters to a workflow. `axes` has the values of each parameter that
    varies, as a list or as a mapping from labels; the other parameters are given as to `Preset.build`. A random value,
    such as a seed that is not given, is drawn once for all cells. On the axis of a seed, each -1 draws one, which all
    cells with that value share. With `zipped`, the axes go in step: the first values of all, then the second. Raises
    `InvalidParameters` with everything that is wrong in any cell, each once.
    """
    named = names_of(target)
    given = {**(parameters or {}), **more}
    twice = (*named_twice(axes, named), *named_twice(given, named))
    seeds = _seeds(target)
    swept = {named.get(parameter, parameter): values for parameter, values in axes.items()}
    swept = {
        name: _with_drawn(seeds[name], values, most_cells) if name in seeds else values
        for name, values in swept.items()
    }
    fixed = {named.get(key, key): value for key, value in given.items()}
    if problems := [*twice, *axis_problems(swept, fixed, most_cells, zipped=zipped)]:
        raise InvalidParameters(problems)
    # Seeds that are to be drawn are drawn as if left out: once for all cells.
    fixed = {name: value for name, value in fixed.items() if name not in seeds or value not in DRAWN}
    fixed |= drawn(target, swept.keys() | fixed.keys())
    made = axes_of(swept)
    cells = list(_combinations(made, zipped=zipped))
    build = target.build if isinstance(target, Preset) else target
    built, found = _collected(cells, lambda cell: build(**fixed, **cell.values))
    if found:
        raise InvalidParameters(_each_once(found, cells))
    name = _one(workflow.name for workflow in built.values())
    filled = tuple(replace(cell, workflow=workflow) for cell, workflow in built.items())
    return Grid(name, made, fixed, filled, zipped=zipped)


def _one(names: Iterable[str | None]) -> str | None:
    """The name that all share; None if they differ."""
    found = set(names)
    return found.pop() if len(found) == 1 else None


def names_of(target: Any) -> dict[str, str]:
    """The one name of each parameter of a preset, by the names it goes by."""
    if not isinstance(target, Preset):
        return {}
    aliases = {field: fact.alias or field for field, fact in target.parameters.model_fields.items()}
    return aliases | {alias: alias for alias in aliases.values()}


def drawn(target: Any, given: set[str]) -> dict[str, Any]:
    """What a preset would draw for each cell, although every cell must share it."""
    if not isinstance(target, Preset):
        return {}
    fields = target.parameters.model_fields.values()
    return {
        fact.alias: fact.get_default(call_default_factory=True)
        for fact in fields
        if fact.default_factory is not None and not fact.default_factory_takes_validated_data
        if fact.alias and fact.alias not in given
    }


def _seeds(target: Any) -> dict[str, FieldInfo]:
    """The parameters of a preset that are drawn if they are left out or given as -1."""
    fields = target.parameters.model_fields.values() if isinstance(target, Preset) else ()
    free = [fact for fact in fields if fact.default_factory and not fact.default_factory_takes_validated_data]
    return {
        fact.alias: fact
        for fact in free
        if fact.alias and any(isinstance(mark, BeforeValidator) for mark in fact.metadata)
    }


def _with_drawn(seed: FieldInfo, values: Any, most: int) -> Any:
    """The values of an axis, with a seed drawn for each that needs one, so that all cells with that value share it."""

    def one(value: Any) -> Any:
        return seed.get_default(call_default_factory=True) if value in DRAWN else value

    if not isinstance(values, (Sequence, Mapping)) or isinstance(values, (str, bytes)) or len(values) > most:
        return values  # reported elsewhere
    if isinstance(values, Mapping):
        return {label: one(value) for label, value in values.items()}
    return [one(value) for value in values]


def _combinations(axes: tuple[Axis, ...], *, zipped: bool) -> Iterator[Cell]:
    ranges = [range(len(axis.values)) for axis in axes]
    for places in zip(*ranges, strict=True) if zipped else product(*ranges):
        chosen = list(zip(axes, places, strict=True))
        yield Cell(
            parts=tuple(sorted(axis.names[place] for axis, place in chosen)),
            labels={axis.parameter: axis.labels[place] for axis, place in chosen},
            values={axis.parameter: axis.values[place] for axis, place in chosen},
            workflow=Workflow(),
        )


def _collected(
    cells: Sequence[Cell], make: Callable[[Cell], T]
) -> tuple[dict[Cell, T], dict[Cell, tuple[Problem, ...]]]:
    """The result of each cell, and the problems of the cells that fail."""
    done: dict[Cell, T] = {}
    problems: dict[Cell, tuple[Problem, ...]] = {}
    for cell in cells:
        try:
            done[cell] = make(cell)
        except (InvalidParameters, InvalidWorkflow) as error:
            problems[cell] = error.problems
    return done, problems


def _each_once(found: Mapping[Cell, tuple[Problem, ...]], cells: Sequence[Cell]) -> Iterator[Problem]:
    """The problems of all cells, each once; one that affects only some cells names them."""
    where: list[tuple[Problem, list[str]]] = []
    for cell, problems in found.items():
        for problem in problems:
            names = next((names for other, names in where if other == problem), None)
            if names is None:
                where.append((problem, [cell.name]))
            elif cell.name not in names:
                names.append(cell.name)
    for problem, names in where:
        everywhere = len(names) == len(cells) or problem.parameter in cells[0].values
        some = f"{'; '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"
        yield problem if everywhere else problem.at(message=f"{problem.message} (in {some})")
