"""From a graph, or a prompt that was read, to what an engine runs: merge, write, check, describe."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.families.evidence import Files
from ryla_graphs.formats import api
from ryla_graphs.formats.drafts import draft
from ryla_graphs.graph.construction import bad_name
from ryla_graphs.graph.graph import Graph
from ryla_graphs.graph.passes import merge_twins
from ryla_graphs.origins import Decisions, WorkflowOrigin
from ryla_graphs.outputs import PromisedOutput, promised_outputs
from ryla_graphs.problems import InvalidWorkflow, Problem
from ryla_graphs.prompt.collector import collector_paused
from ryla_graphs.prompt.floats import with_floats
from ryla_graphs.prompt.frozen import FrozenDict, frozen
from ryla_graphs.prompt.prompt import Glance
from ryla_graphs.validation import View, problems_of

if TYPE_CHECKING:
    from ryla_graphs.plan import Plan, StagePlan


@dataclass(frozen=True, eq=False)
class CompiledWorkflow:
    """A checked graph that an engine can run: API JSON, and facts about it. Equal graphs compile to equal bytes.

    It never changes. Two are equal if their JSON bytes, outputs and names are.

    >>> from ryla_graphs import presets
    >>> compiled = presets.get("flux-dev").build(prompt="a red bicycle", seed=1).compile()
    >>> [output.class_type for output in compiled.outputs]
    ['SaveImage']
    """

    view: View = field(repr=False)
    """The prompt and facts about it: its nodes, links, order, and the values behind its inputs."""
    outputs: tuple[PromisedOutput, ...]
    """What a run must deliver; a run that lacks one of these fails."""
    problems: tuple[Problem, ...] = ()
    """Warnings and notes; a graph with errors does not compile."""
    name: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Node id to the `file:line` that made the node, for graphs written in Python."""
    origin: WorkflowOrigin = field(default_factory=WorkflowOrigin, repr=False)

    @property
    def document(self) -> api.ApiDocument:
        """The JSON as a plain dict. Do not change it; `prompt` refuses changes."""
        document: api.ApiDocument = self.view.document
        return document

    @cached_property
    def prompt(self) -> FrozenDict:
        """The API JSON that ComfyUI's ``POST /prompt`` takes, as a dict that refuses changes."""
        made: FrozenDict = frozen(self.document)
        return made

    @property
    def catalog(self) -> Catalog:
        """The classes that the graph was checked against."""
        return self.view.catalog

    def with_document(self, document: api.ApiDocument) -> CompiledWorkflow:
        """The same workflow with other values in its JSON, such as file names. Nodes and links must be the same."""
        view = View(document, self.catalog, files=self.view.files, sources=self.sources, glance=self._glance(document))
        return replace(self, view=view)

    def _glance(self, document: api.ApiDocument) -> Glance | None:
        """What is known about another prompt with the same nodes; identical nodes need not be read again."""
        view, before = self.view, self.document
        if view.admission.schemas is None or view.admission.replaced or document.keys() != before.keys():
            return None
        odd = {node.id for node in view.odd}
        same = {key: node for key, node in view.nodes.items() if document[key] is before[key] and key not in odd}
        return Glance(dict(view.admission.schemas), same)

    def json(self) -> bytes:
        """The API JSON as bytes, in a canonical form."""
        return self._bytes

    @cached_property
    def _bytes(self) -> bytes:
        return self.view.encoded

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of `json()`, in hexadecimal."""
        return hashlib.sha256(self._bytes).hexdigest()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CompiledWorkflow):
            return NotImplemented
        return (self.digest, self.outputs, self.name) == (other.digest, other.outputs, other.name)

    def __hash__(self) -> int:
        return hash(self.digest)

    def __copy__(self) -> CompiledWorkflow:
        return self

    def __deepcopy__(self, _: Any) -> CompiledWorkflow:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        facts = {"outputs": self.outputs, "problems": self.problems, "name": self.name, "sources": dict(self.sources)}
        return _unpickled, (self.document, self.catalog, facts, self.origin.settled())

    @cached_property
    def plan(self) -> Plan:
        """An estimate of what a run needs and costs: weights, node packs, ComfyUI, memory, GPU, seconds, money."""
        from ryla_graphs.plan import plan_of  # noqa: PLC0415 - few need it, and it slows the import

        return plan_of(self.view)

    @cached_property
    def stages(self) -> tuple[StagePlan, ...]:
        """The stages of the plan, without the rest: sizes, counts, and how often each model runs."""
        from ryla_graphs.plan import stages_of  # noqa: PLC0415 - as for the plan

        return stages_of(self.view)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The preset parameters that made the graph, including the drawn seed."""
        return self.origin.parameters

    @cached_property
    def decisions(self) -> Decisions:
        """Which preset parameters decide which inputs; empty if the graph is not from a preset."""
        return self.origin.decisions()

    def explain(self, problem: Problem) -> Problem:
        """The problem of an engine or a rule, with the source line and the preset parameters added."""
        return _located(problem, self.sources, self.decisions, self.origin)


def compile_graph(
    graph: Graph,
    *,
    catalog: Catalog,
    name: str | None = None,
    origin: WorkflowOrigin | None = None,
    files: Files | None = None,
    check: bool = True,
) -> CompiledWorkflow:
    """Compile a graph. Raises `InvalidWorkflow` with all problems if one is an error.

    `check=False` skips all checks, for callers that have already validated the same graph.
    """
    with collector_paused(len(graph.nodes)):
        view = _written(graph, catalog, files)
        return compile_view(view, name=name, origin=origin, check=check)


def compile_view(
    view: View, *, name: str | None = None, origin: WorkflowOrigin | None = None, check: bool = True
) -> CompiledWorkflow:
    """Compile a prompt that was read. Raises `InvalidWorkflow` with all problems if one is an error."""
    origin = origin or WorkflowOrigin()
    with collector_paused(len(view.nodes)):
        with suppress(InvalidWorkflow):  # the rule on values reports it, with the places
            view.encoded  # noqa: B018 - so that the rule need not look
        problems = explained(problems_of(view), view.sources, origin) if check else []
        if any(problem.level == "error" for problem in problems):
            raise InvalidWorkflow(problems)
        view = _completed(view)
        compiled = CompiledWorkflow(
            view=view,
            outputs=promised_outputs(view),
            problems=tuple(problems),
            name=name,
            sources=view.sources,
            origin=origin,
        )
        compiled.json()
    return compiled


def _completed(view: View) -> View:
    """The view with `inputs` in every node: ComfyUI stops on a node without, even if no output needs it."""
    if len(view.nodes) == len(view.bodies):
        return view
    prompt = view.document
    bare = {
        number: {**body, "inputs": {}}
        for number, body in prompt.items()
        if isinstance(body, dict) and "inputs" not in body
    }
    return View({**prompt, **bare}, view.catalog, files=view.files, sources=view.sources) if bare else view


def _written(graph: Graph, catalog: Catalog, files: Files | None) -> View:
    """A graph as a prompt, with equal nodes merged."""
    graph = merge_twins(graph)
    document, glance = draft(graph, catalog)
    return View(document, catalog, files=files, sources=_Sources(graph), glance=glance)


def view_of(document: Any, catalog: Catalog) -> View:
    """A prompt as it is read and checked, without the parts that no node reads; raises like `Workflow.load`."""
    with collector_paused(len(document) if isinstance(document, Mapping) else 0):
        prompt = api.plain(document)
        view = View(copy.deepcopy(document) if prompt is None else with_floats(prompt, catalog), catalog)
    if prompt is None:
        bad = [bad_name("", number, None) for number in document if not api.is_id(number)]
        found = [*bad, *problems_of(view)]
        # The server ignores nodes that no output needs, so those may be unreadable.
        if any(problem.level == "error" for problem in found):
            raise InvalidWorkflow(found)
    return view


def digest_of(made: Graph | View) -> str | None:
    """The SHA-256 of the JSON of a graph or a prompt; None if it cannot be written as JSON."""
    try:
        document = api.dump(merge_twins(made)) if isinstance(made, Graph) else made.document
        return hashlib.sha256(api.encode(document)).hexdigest()
    except InvalidWorkflow:
        return None


def check_graph(graph: Graph, *, catalog: Catalog, origin: WorkflowOrigin, files: Files | None = None) -> list[Problem]:
    """All problems of a graph, each with the line that wrote it."""
    try:
        with collector_paused(len(graph.nodes)):
            view = _written(graph, catalog, files)
            return explained(problems_of(view), view.sources, origin)
    except InvalidWorkflow as error:
        return list(error.problems)


def explained(problems: list[Problem], sources: Mapping[str, str], origin: WorkflowOrigin) -> list[Problem]:
    """The problems with their source lines and preset parameters, and the preset's own notices."""
    # Notes, such as on a value between two steps, are not worth computing the preset's decisions.
    grave = any(problem.level != "note" for problem in problems)
    decisions = origin.decisions() if grave else {}
    asked = [problem for problem in problems if not _is_presets_own(problem, sources, origin)]
    return [*(_located(problem, sources, decisions, origin) for problem in asked), *origin.notices]


def _is_presets_own(problem: Problem, sources: Mapping[str, str], origin: WorkflowOrigin) -> bool:
    """Whether it is a note about a number that a preset of ours chose, rather than one of its parameters."""
    if problem.code != "off_step" or problem.level != "note" or problem.node is None:
        return False
    return sources.get(problem.node, "").startswith(_PRESETS) and not _holds(origin.parameters, problem.given)


def _holds(parameters: Any, value: Any) -> bool:
    if isinstance(parameters, Mapping):
        return any(_holds(each, value) for each in parameters.values())
    return any(_holds(each, value) for each in parameters) if isinstance(parameters, list) else parameters == value


def _located(problem: Problem, sources: Mapping[str, str], decisions: Decisions, origin: WorkflowOrigin) -> Problem:
    if problem.node is None:
        return problem
    found = decisions.get((problem.node, problem.input), ()) if problem.input else ()
    # The parameter whose value the input holds comes first: it is the one to change.
    found = tuple(sorted(found, key=lambda name: origin.parameters.get(name) != problem.given))
    source = problem.source or sources.get(problem.node)
    if source is not None and source.startswith(_PRESETS):
        source = origin.source
    return problem.at(source=source, parameters=problem.parameters or found)


_PRESETS = f"{__name__.partition('.')[0]}/presets/"
"""The folder of presets, as in `Origin.source`: lines in there do not help a caller."""


def _unpickled(
    document: api.ApiDocument, catalog: Catalog, facts: dict[str, Any], origin: WorkflowOrigin
) -> CompiledWorkflow:
    return CompiledWorkflow(view=View(document, catalog, sources=facts["sources"]), origin=origin, **facts)


class _Sources(Mapping[str, str]):
    """Source lines by node id, looked up only on access."""

    def __init__(self, graph: Graph) -> None:
        self._nodes = {number: node for node, number in graph.ids.items()}

    def __getitem__(self, number: str) -> str:
        source = self._nodes[number].source_
        if source is None:
            raise KeyError(number)
        return source

    def __contains__(self, number: object) -> bool:
        node = self._nodes.get(number) if isinstance(number, str) else None
        return node is not None and node.origin_.code is not None

    def __iter__(self) -> Any:
        return (number for number in self._nodes if number in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)
