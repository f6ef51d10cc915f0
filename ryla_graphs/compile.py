"""From a graph to what an engine runs: merge, write, check, describe."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ryla_graphs.catalog.object_info import Catalog
from ryla_graphs.families.evidence import Files
from ryla_graphs.formats import api
from ryla_graphs.graph.graph import Graph
from ryla_graphs.graph.passes import merge_twins
from ryla_graphs.outputs import PromisedOutput, promised_outputs
from ryla_graphs.problems import InvalidWorkflow, Problem
from ryla_graphs.validation import View, problems_of

if TYPE_CHECKING:
    from ryla_graphs.plan import Plan, StagePlan

Decisions = Mapping[tuple[str, str], tuple[str, ...]]
"""Node id and input name to the preset parameters that decide the input."""


@dataclass(frozen=True)
class WorkflowOrigin:
    """The preset that a workflow came from, if one did."""

    preset: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The parameters as they were used, defaults and the seed that was drawn included."""
    notices: tuple[Problem, ...] = ()
    """What the preset has to say about its parameters."""
    decisions: Callable[[], Decisions] = dict
    """Finds out which parameters decide which inputs."""

    def prefixed(self, part: str) -> WorkflowOrigin:
        """The origin of the same workflow as a part of a larger one."""
        found = self.decisions
        return replace(self, decisions=lambda: {(f"{part}/{node}", name): by for (node, name), by in found().items()})


@dataclass(frozen=True)
class CompiledWorkflow:
    """A graph that is ready to run: JSON, and what is known about it. Equal graphs compile to equal bytes."""

    prompt: api.ApiDocument
    """The API-format document that ``POST /prompt`` takes."""
    outputs: tuple[PromisedOutput, ...]
    """What the run must deliver; a runtime never answers success with one of these missing."""
    problems: tuple[Problem, ...] = ()
    """Warnings; a graph with errors does not compile."""
    name: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    """Node id to the `file:line` that made the node, for graphs written in Python."""
    catalog: Catalog = field(default_factory=lambda: Catalog({}), repr=False, compare=False)
    """The classes that the graph was checked against."""
    origin: WorkflowOrigin = field(default_factory=WorkflowOrigin, repr=False, compare=False)

    def json(self) -> bytes:
        """The prompt as canonical bytes."""
        return self._bytes

    @cached_property
    def _bytes(self) -> bytes:
        return api.encode(self.prompt)

    @cached_property
    def digest(self) -> str:
        """The sha256 of `json()`, in hexadecimal."""
        return hashlib.sha256(self._bytes).hexdigest()

    @cached_property
    def view(self) -> View:
        """The prompt as everybody asks it: its nodes, wires, order, and what stands behind its inputs."""
        return View(self.prompt, self.catalog)

    @cached_property
    def plan(self) -> Plan:
        """What a run needs and costs, as an estimate: weights, node packs, ComfyUI, memory, GPU, seconds, money."""
        from ryla_graphs.plan import plan_of  # noqa: PLC0415 - few need it, and all would wait for it

        return plan_of(self.view)

    @cached_property
    def stages(self) -> tuple[StagePlan, ...]:
        """Those of the plan, without the rest of it: how large, how many, how often each model is run."""
        from ryla_graphs.plan import stages_of  # noqa: PLC0415 - as for the plan

        return stages_of(self.view)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The preset parameters that made the graph, the seed that was drawn included."""
        return self.origin.parameters

    @cached_property
    def decisions(self) -> Decisions:
        """Which preset parameters decide which inputs; empty where the graph is not from a preset."""
        return self.origin.decisions()

    def explain(self, problem: Problem) -> Problem:
        """A problem of an engine or a rule with the source line and the preset parameters filled in."""
        return _located(problem, self.sources, self.decisions)


@contextmanager
def _collector_paused(nodes: int) -> Iterator[None]:
    """Leave Python's cycle collector out of large graphs.

    Compiling makes many small objects that all live to the end and form no cycles, so every look the
    collector takes at them is wasted: a third of the time at 100,000 nodes.
    """
    if nodes < _LARGE or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


_LARGE = 1_000


def compile_graph(
    graph: Graph,
    *,
    catalog: Catalog,
    name: str | None = None,
    origin: WorkflowOrigin | None = None,
    files: Files | None = None,
) -> CompiledWorkflow:
    """Compile a graph. Raises `InvalidWorkflow` with all problems where one is an error."""
    with _collector_paused(len(graph.nodes)):
        return _compile(merge_twins(graph), catalog, name, origin or WorkflowOrigin(), files)


def _compile(
    graph: Graph, catalog: Catalog, name: str | None, origin: WorkflowOrigin, files: Files | None
) -> CompiledWorkflow:
    prompt = api.dump(graph)
    sources = _Sources(graph)
    view = View(prompt, catalog, files=files, sources=sources)
    problems = problems_of(view)
    if any(problem.level == "error" for problem in problems):
        raise InvalidWorkflow(_explained(problems, sources, origin))
    compiled = CompiledWorkflow(
        prompt=prompt,
        outputs=promised_outputs(view),
        problems=tuple(_explained(problems, sources, origin)),
        name=name,
        sources=sources,
        catalog=catalog,
        origin=origin,
    )
    compiled.json()
    return compiled


def check_graph(graph: Graph, *, catalog: Catalog, origin: WorkflowOrigin, files: Files | None = None) -> list[Problem]:
    """All problems of a graph, each with the line that wrote it."""
    try:
        with _collector_paused(len(graph.nodes)):
            graph = merge_twins(graph)
            sources = _Sources(graph)
            problems = problems_of(View(api.dump(graph), catalog, files=files, sources=sources))
    except InvalidWorkflow as error:
        return list(error.problems)
    return _explained(problems, sources, origin)


def _explained(problems: list[Problem], sources: Mapping[str, str], origin: WorkflowOrigin) -> list[Problem]:
    """Problems with their source lines and preset parameters, and what the preset itself has to say."""
    # Finding the parameters costs a build for each, which a note, such as of a value between two steps, is not worth.
    grave = any(problem.level != "note" for problem in problems)
    decisions = origin.decisions() if grave else {}
    return [*(_located(problem, sources, decisions) for problem in problems), *origin.notices]


def _located(problem: Problem, sources: Mapping[str, str], decisions: Decisions) -> Problem:
    if problem.node is None:
        return problem
    found = decisions.get((problem.node, problem.input), ()) if problem.input else ()
    return problem.at(source=problem.source or sources.get(problem.node), parameters=problem.parameters or found)


class _Sources(Mapping[str, str]):
    """Source lines by node id, looked up only when somebody asks."""

    def __init__(self, graph: Graph) -> None:
        self._nodes = {number: node for node, number in graph.ids.items()}

    def __getitem__(self, number: str) -> str:
        source = self._nodes[number].source_
        if source is None:
            raise KeyError(number)
        return source

    def __iter__(self) -> Any:
        return (number for number, node in self._nodes.items() if node.source_ is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)
