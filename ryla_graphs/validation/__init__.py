"""Checking graphs: the server's own verdict, and what the server finds too late or never.

A rule is one function in one file that yields every problem of its kind and never raises; `RULES` is the
rule book. `validate` applies all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.families.evidence import Files
from ryla_graphs.problems import CODES, Problem
from ryla_graphs.prompt.collector import collector_paused
from ryla_graphs.validation.added_choices import added_choices
from ryla_graphs.validation.depth import depth
from ryla_graphs.validation.dynamic_choices import dynamic_choices
from ryla_graphs.validation.families import FAMILY_RULES
from ryla_graphs.validation.fatal import fatal
from ryla_graphs.validation.json_values import json_values
from ryla_graphs.validation.link_only import link_only
from ryla_graphs.validation.matched_types import matched_types
from ryla_graphs.validation.own_checks import own_checks
from ryla_graphs.validation.replaced_classes import replaced_classes
from ryla_graphs.validation.server import Verdict, verdict
from ryla_graphs.validation.server_errors import server_errors
from ryla_graphs.validation.steps import steps
from ryla_graphs.validation.unknown_inputs import unknown_inputs
from ryla_graphs.validation.unreached import unreached
from ryla_graphs.validation.view import View

Rule = Callable[[View], Iterator[Problem]]

RULES: tuple[Rule, ...] = (
    server_errors,
    json_values,
    replaced_classes,
    unknown_inputs,
    own_checks,
    added_choices,
    fatal,
    dynamic_choices,
    link_only,
    matched_types,
    steps,
    unreached,
    depth,
    *FAMILY_RULES,
)


def validate(prompt: Any, catalog: Catalog, *, files: Files | None = None) -> list[Problem]:
    """Everything that is wrong with a prompt, errors first; an empty list if nothing is.

    `prompt` is parsed API JSON, however broken; its contents never raise an exception. `files` has what the headers of
    weight files say, if they were read.
    """
    with collector_paused(len(prompt) if isinstance(prompt, dict) else 0):
        return problems_of(View(prompt, catalog, files=files))


def problems_of(view: View) -> list[Problem]:
    """All problems that the rule book finds in a view, errors first. A rule that finds thousands is stopped."""
    found: list[Problem] = []
    stopped = False
    for rule in RULES:
        before = len(found)
        found += [_weighed(problem, view) for problem in islice(rule(view), _MOST)]
        stopped = stopped or len(found) - before == _MOST
    if stopped:
        message = f"there may be more problems of a kind than {_MOST:,}, which is where the search stops"
        found.append(Problem(code="more_problems", message=message, level="note"))
    found.sort(key=lambda problem: (_GRAVITY[problem.level], problem.tier))
    found[:_HINTED] = [problem.hinted() for problem in found[:_HINTED]]
    return found


_MOST = 2_000
"""The most findings of one rule; more are not worth reading, and a request of some megabytes can have millions."""
_HINTED = 20
"""How many problems get a hint with the nearest known name: a lookup takes milliseconds, and more are not read."""


def _weighed(problem: Problem, view: View) -> Problem:
    """The problem, as a warning if only our own rules object to a node that was not written in Python.

    What the server accepts is accepted here too. Proven problems remain errors: families that do not fit, values that
    JSON cannot hold, and links that stop the server. `unknown_input` sets its own level.
    """
    if problem.level != "error" or problem.tier != 2 or problem.code in _PROVEN or problem.node in view.sources:
        return problem
    return problem.at(level="warning")


_PROVEN = frozenset(
    {code for code, row in CODES.items() if row.group == "families"}
    | {"not_json", "unknown_input", "link_to_missing_node"}
)


_GRAVITY = {"error": 0, "warning": 1, "note": 2}


__all__ = ["RULES", "Rule", "Verdict", "View", "problems_of", "validate", "verdict"]
