"""Cuts a graph down to the outputs that a caller wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.partial import upstream
from ryla_graphs.problems import AtField, InvalidParameters, Problem, did_you_mean, shorten
from ryla_graphs.server.submit.options import OUTPUTS_NAME

_MOST_NAMED = 10


def with_outputs(workflow: CompiledWorkflow, wanted: Sequence[str]) -> CompiledWorkflow:
    """The graph with only these output nodes, and the nodes that they need.

    Raises `InvalidParameters` if one of them is not an output node of the graph, or if the list is empty.
    """
    known = dict.fromkeys(sorted(output.node for output in workflow.outputs))
    problems = [
        _unknown(node, [*known]) for node in islice((each for each in wanted if each not in known), _MOST_NAMED)
    ]
    if not wanted:
        problems = [_problem("names no node, so nothing would run", _hint([*known]))]
    if problems:
        raise InvalidParameters(problems)
    runs, chosen = upstream(workflow.view, *wanted), frozenset(wanted)
    part = workflow.with_document({node: body for node, body in workflow.document.items() if node in runs})
    return replace(part, outputs=tuple(output for output in workflow.outputs if output.node in chosen))


def _unknown(node: str, known: Sequence[str]) -> Problem:
    return _problem(f"{shorten(node)} is not an output node of the graph", did_you_mean(node, known) or _hint(known))


def _hint(known: Sequence[str]) -> str:
    more = ", …" if len(known) > _MOST_NAMED else ""
    return f"its output nodes are {', '.join(known[:_MOST_NAMED])}{more}"


def _problem(message: str, hint: str) -> Problem:
    return Problem(code="bad_parameter", message=message, subject=AtField("request", OUTPUTS_NAME), hint=hint)
