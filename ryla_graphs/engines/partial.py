"""The valid part of a graph: the outputs that a server runs although others are invalid."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.problems import InvalidWorkflow, Problem
from ryla_graphs.prompt import Prompt
from ryla_graphs.workflow import Workflow


class GoodPart(NamedTuple):
    """A graph of which only the valid outputs will run."""

    workflow: CompiledWorkflow
    """The whole graph, but with only the valid outputs promised, of which an engine may leave out more."""
    left_out: tuple[Problem, ...]
    """The problems of the other outputs."""


def good_part(workflow: Workflow, catalog: Catalog | None = None) -> GoodPart:
    """The part of a graph that ComfyUI would run; `catalog` has the server's classes.

    ComfyUI checks each output separately: it runs those without errors upstream, and leaves the others out. Raises
    `InvalidWorkflow` if no output is valid, and if the part that would run has an error that the server does not
    detect.
    """
    problems = workflow.validate(catalog)
    errors = [problem for problem in problems if problem.level == "error"]
    compiled = workflow.compile(catalog, check=False)
    verdict = compiled.view.verdict
    behind = {output.node: upstream(compiled.view, output.node) for output in compiled.outputs}
    good = [output for output in compiled.outputs if behind[output.node].isdisjoint(verdict.nodes)]
    all_known = all(problem.code != "more_problems" for problem in problems)
    if not verdict.accepted or not good or not all_known:
        raise InvalidWorkflow(errors or problems)
    runs = set[str]().union(*(behind[output.node] for output in good))
    standing = [problem for problem in errors if problem.node is None or problem.node in runs]
    if standing:
        raise InvalidWorkflow(standing)
    kept = tuple(problem for problem in problems if problem.level != "error")
    return GoodPart(replace(optional(compiled, {output.node for output in good}), problems=kept), tuple(errors))


def optional(workflow: CompiledWorkflow, nodes: set[str] | None = None) -> CompiledWorkflow:
    """The workflow with only these output nodes (default all), each of them optional."""
    kept = (output for output in workflow.outputs if nodes is None or output.node in nodes)
    return replace(workflow, outputs=tuple(replace(output, optional=True) for output in kept))


def upstream(prompt: Prompt, *nodes: str) -> set[str]:
    """Nodes, and all nodes upstream of them."""
    found, stack = {*nodes}, [*nodes]
    while stack:
        for source in prompt.links.get(stack.pop(), ()):
            if source not in found:
                found.add(source)
                stack.append(source)
    return found
