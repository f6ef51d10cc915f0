"""Judges a graph without running it: ComfyUI's verdict, every finding, a drawing, the plan."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.families.evidence import Files
from ryla_graphs.formats.drawing import drawn
from ryla_graphs.formats.read import Document
from ryla_graphs.pipelines.graph_forms import form_of
from ryla_graphs.plan import check
from ryla_graphs.problems import CannotRunHere, InvalidInputs, InvalidWorkflow, Problem
from ryla_graphs.prompt.files import input_files
from ryla_graphs.server.errors import problem_rows
from ryla_graphs.server.safety.confine import confined
from ryla_graphs.server.safety.media import MediaFacts, inspect
from ryla_graphs.server.settings import Settings
from ryla_graphs.server.submit.uploads import shapes_of
from ryla_graphs.server.threads import checkpoint
from ryla_graphs.shapes import ImageShape, Unknown
from ryla_graphs.validation import Verdict, View, problems_of
from ryla_graphs.workflow import Workflow

MOST_DRAWN = 2_000
"""Larger graphs are judged but not drawn: their drawing is unreadable, and each thousand nodes takes half a second."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges graphs for one caller; runs, fetches and stores nothing."""

    catalog: Catalog
    settings: Settings
    files: Files | None
    allowed: Collection[Callable[[CompiledWorkflow], object]]
    """Checks that raise `CannotRunHere` for a forbidden service call or choice of GPU."""

    def document(self, document: Document) -> Judgement:
        """Judge a document that a caller sent."""
        view = View(document.prompt, self.catalog, files=self.files)
        problems = [*document.problems, *problems_of(view)]
        checkpoint()
        compiled = None if _errors(problems) else self._compiled(document, problems)
        return self._judged(view, problems, compiled, document.inputs)

    def preset(self, workflow: Workflow) -> Judgement:
        """Judge the graph of a preset."""
        compiled = workflow.compile(self.catalog, files=self.files, check=False)
        problems = workflow.validate(self.catalog, files=self.files)
        return self._judged(compiled.view, problems, None if _errors(problems) else compiled, {})

    def _judged(
        self, view: View, problems: list[Problem], compiled: CompiledWorkflow | None, inputs: Mapping[str, Any]
    ) -> Judgement:
        checkpoint()
        here = [] if compiled is None else _not_here(compiled, inputs, self.settings, self.allowed)
        return Judgement(view, problems, here, compiled)

    def _compiled(self, document: Document, problems: list[Problem]) -> CompiledWorkflow | None:
        """The compiled graph; adds problems that only compiling finds to `problems`."""
        try:
            return Workflow.of_document(document, catalog=self.catalog).compile(self.catalog, files=self.files)
        except InvalidWorkflow as error:
            problems += error.problems
            return None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a graph."""

    view: View
    problems: list[Problem]
    here: list[Problem]
    """Why this deployment would not run a valid graph."""
    compiled: CompiledWorkflow | None
    """The compiled graph, if it has no errors."""

    def _facts(self) -> dict[str, Any]:
        valid = not _errors(self.problems)
        return {
            "valid": valid,
            "runs_here": valid and not self.here,
            "problems": problem_rows([*self.problems, *self.here]),
            "plan": self.compiled.plan.to_dict() if self.compiled is not None else None,
        }

    def opened(self, document: Document) -> dict[str, Any]:
        """The answer of `/workflow/graph` for the judged document, with the inputs that can be changed."""
        drawn_too = len(self.view.document) <= MOST_DRAWN
        form = form_of(document, self.view.catalog) if drawn_too else None
        files = {name: _as_text(content) for name, content in document.inputs.items()}
        return {**_about(document), **self.graph(), "form": form, "files": files}

    def graph(self) -> dict[str, Any]:
        """The answer of `/presets/{name}/graph`."""
        checkpoint()
        used = dict(self.compiled.parameters) if self.compiled is not None else {}
        drawing = drawn(self.view).to_dict() if len(self.view.document) <= MOST_DRAWN else None
        return {"prompt": self.view.document, "drawing": drawing, "parameters": used, **self._facts()}

    def of_document(self, document: Document) -> dict[str, Any]:
        """The answer of `/validate` for the judged document."""
        verdict, compiled = self.view.verdict, self.compiled
        return {
            **_about(document),
            "verdict": {"accepted": verdict.accepted, "error": verdict.error, "nodes": _errors_by_node(verdict)},
            "outputs": [output.to_dict() for output in compiled.outputs] if compiled is not None else [],
            **self._facts(),
        }


def _about(document: Document) -> dict[str, Any]:
    """The facts about the document itself."""
    return {**document.facts(), "inputs": sorted(document.inputs)}


def _as_text(content: bytes | str) -> str:
    """A file in the form that `inputs` of a body accept."""
    return content if isinstance(content, str) else f"data:;base64,{b64encode(content).decode()}"


def _errors_by_node(verdict: Verdict) -> dict[str, list[dict[str, str | None]]]:
    return {
        number: [{"type": kind, "input_name": name} for kind, name in errors]
        for number, errors in verdict.nodes.items()
    }


def _errors(problems: list[Problem]) -> bool:
    return any(problem.level == "error" for problem in problems)


def _not_here(
    compiled: CompiledWorkflow,
    inputs: Mapping[str, Any],
    settings: Settings,
    allowed: Collection[Callable[[CompiledWorkflow], object]],
) -> list[Problem]:
    """Why this deployment would not run a valid graph."""
    found: list[Problem] = []
    try:
        confined(compiled, "ryla", inputs, settings.confinement)
    except InvalidWorkflow as error:
        found += error.problems
    facts: dict[str, MediaFacts] = {}
    for name, content in inputs.items():
        try:
            if isinstance(content, bytes):
                facts[name] = inspect(content, name=name, limits=settings.media)
        except InvalidInputs as error:
            found += error.problems
    if settings.limits is not None:
        files = {**_any_size(compiled), **shapes_of(facts)}
        found += (compiled.explain(problem) for problem in check(compiled.view, settings.limits, files=files))
    for may_be in allowed:
        try:
            may_be(compiled)
        except CannotRunHere as error:
            found += error.problems
    return found


def _any_size(compiled: CompiledWorkflow) -> dict[str, ImageShape]:
    """Shapes for input files whose size is unknown, so that limits only count what the graph does to them."""
    side = Unknown("the size of an input file is unknown until it is sent", 1, 1_024)
    return {file.name: ImageShape(1, side, side) for file in input_files(compiled.view)}
