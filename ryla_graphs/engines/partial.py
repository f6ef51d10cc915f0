"""Part of a graph: the outputs that a server would run although others are wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.problems import InvalidWorkflow, Problem
from ryla_graphs.prompt import Prompt
from ryla_graphs.workflow import Workflow


class GoodPart(NamedTuple):
    """A graph that will run only some of its outputs."""

    workflow: CompiledWorkflow
    """All of the graph, but only the good outputs are promised, and an engine may leave out more of them."""
    left_out: tuple[Problem, ...]
    """What is wrong with the others."""


def good_part(workflow: Workflow, catalog: Catalog | None = None) -> GoodPart:
    """What ComfyUI would run of a graph; `catalog` is what the server has.

    ComfyUI judges each output by itself: it runs those behind which nothing is wrong, and leaves the others out.
    Raises `InvalidWorkflow` if no output is good, and if the part that would run has an error that the
    server does not see.
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
    """The same, with these output nodes alone, by default all, and none of them so wanted that the rest may not run."""
    kept = (output for output in workflow.outputs if nodes is None or output.node in nodes)
    return replace(workflow, outputs=tuple(replace(output, optional=True) for output in kept))


def upstream(prompt: Prompt, node: str) -> set[str]:
    """The nodes that one needs, itself among them."""
    found, stack = {node}, [node]
    while stack:
        for source in prompt.links.get(stack.pop(), ()):
            if source not in found:
                found.add(source)
                stack.append(source)
    return found
