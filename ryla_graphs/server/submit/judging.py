"""What would become of a graph here, without running it: ComfyUI's verdict, every finding, the plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.families.evidence import Files
from ryla_graphs.formats.read import Document
from ryla_graphs.plan import check
from ryla_graphs.problems import CannotRunHere, InvalidInputs, InvalidWorkflow, Problem
from ryla_graphs.prompt.files import input_files
from ryla_graphs.server.errors import told
from ryla_graphs.server.safety.confine import confined
from ryla_graphs.server.safety.media import MediaFacts, inspect
from ryla_graphs.server.settings import Settings
from ryla_graphs.server.submit.uploads import shapes_of
from ryla_graphs.server.threads import checkpoint
from ryla_graphs.server.wishes import NO_WISHES, anywhere
from ryla_graphs.shapes import ImageShape, Unknown
from ryla_graphs.validation import Verdict, View, problems_of
from ryla_graphs.workflow import Workflow


def judged(
    document: Document,
    catalog: Catalog,
    settings: Settings,
    files: Files | None,
    may_pay: Callable[[CompiledWorkflow], None],
) -> dict[str, Any]:
    """A document, judged: nothing of it is run, fetched or kept. `may_pay` raises where services must not be called."""
    view = View(document.prompt, catalog, files=files)
    verdict = view.verdict
    problems = [*document.problems, *problems_of(view)]
    checkpoint()
    compiled = None if _errors(problems) else _compiled(document, catalog, files, problems)
    checkpoint()
    here = [] if compiled is None else list(_not_here(compiled, document, settings, may_pay))
    return {
        "kind": document.kind,
        "used": document.used,
        "valid": not _errors(problems),
        "runs_here": not _errors(problems) and not here,
        "verdict": {"accepted": verdict.accepted, "error": verdict.error, "nodes": _errors_by_node(verdict)},
        "problems": told([*problems, *here]),
        "left_out": [left.to_dict() for left in document.left_out],
        "unread": list(document.unread),
        "inputs": sorted(document.inputs),
        "outputs": [output.to_dict() for output in compiled.outputs] if compiled is not None else [],
        "plan": compiled.plan.to_dict() if compiled is not None else None,
    }


def _errors_by_node(verdict: Verdict) -> dict[str, list[dict[str, str | None]]]:
    return {
        number: [{"type": kind, "input_name": name} for kind, name in errors]
        for number, errors in verdict.nodes.items()
    }


def _errors(problems: list[Problem]) -> bool:
    return any(problem.level == "error" for problem in problems)


def _compiled(
    document: Document, catalog: Catalog, files: Files | None, problems: list[Problem]
) -> CompiledWorkflow | None:
    """The graph as it would be run; what compiling finds beyond the rules joins the problems."""
    try:
        return Workflow.of_document(document, catalog=catalog).compile(catalog, files=files)
    except InvalidWorkflow as error:
        problems += error.problems
        return None


def _not_here(
    compiled: CompiledWorkflow, document: Document, settings: Settings, may_pay: Callable[[CompiledWorkflow], None]
) -> list[Problem]:
    """Why a good graph would not be run on this deployment."""
    found: list[Problem] = []
    try:
        confined(compiled, "ryla", document.inputs, settings.confinement)
    except InvalidWorkflow as error:
        found += error.problems
    facts: dict[str, MediaFacts] = {}
    for name, content in document.inputs.items():
        try:
            if isinstance(content, bytes):
                facts[name] = inspect(content, name=name, limits=settings.media)
        except InvalidInputs as error:
            found += error.problems
    if settings.limits is not None:
        files = {**_any_size(compiled), **shapes_of(facts)}
        found += (compiled.explain(problem) for problem in check(compiled.view, settings.limits, files=files))
    for allowed in (may_pay, lambda graph: (settings.place or anywhere)(graph, NO_WISHES)):
        try:
            allowed(compiled)
        except CannotRunHere as error:
            found += error.problems
    return found


def _any_size(compiled: CompiledWorkflow) -> dict[str, ImageShape]:
    """Shapes for the input files that a graph names: of those that did not come only what is done to them counts."""
    side = Unknown("the size of an input file is known only when it comes", 1, 1_024)
    return {file.name: ImageShape(1, side, side) for file in input_files(compiled.view)}
