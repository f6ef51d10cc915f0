"""Checking graphs: the server's own verdict, and what the server finds too late or never.

A rule is one function in one file that yields every problem of its kind and never raises; `RULES` is the
rule book. `validate` applies all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ryla_graphs.catalog.object_info import Catalog
from ryla_graphs.families.evidence import Files
from ryla_graphs.problems import Problem
from ryla_graphs.validation.dangling_links import dangling_links
from ryla_graphs.validation.depth import depth
from ryla_graphs.validation.dynamic_choices import dynamic_choices
from ryla_graphs.validation.families import FAMILY_RULES
from ryla_graphs.validation.matched_types import matched_types
from ryla_graphs.validation.replaced_classes import replaced_classes
from ryla_graphs.validation.server import Verdict, verdict
from ryla_graphs.validation.server_errors import server_errors
from ryla_graphs.validation.steps import steps
from ryla_graphs.validation.unknown_inputs import unknown_inputs
from ryla_graphs.validation.unreached import unreached
from ryla_graphs.validation.view import View
from ryla_graphs.validation.wire_only import wire_only

Rule = Callable[[View], Iterator[Problem]]

RULES: tuple[Rule, ...] = (
    server_errors,
    replaced_classes,
    unknown_inputs,
    dangling_links,
    dynamic_choices,
    wire_only,
    matched_types,
    steps,
    unreached,
    depth,
    *FAMILY_RULES,
)


def validate(prompt: Any, catalog: Catalog, *, files: Files | None = None) -> list[Problem]:
    """Everything that is wrong with a prompt, errors first; an empty list where nothing is.

    `prompt` is API JSON as parsed, however broken; nothing is raised for what is in it. `files` tells what the
    headers of weight files say, where somebody has read them.
    """
    return problems_of(View(prompt, catalog, files=files))


def problems_of(view: View) -> list[Problem]:
    """All problems that the rule book finds in a view."""
    found = [problem for rule in RULES for problem in rule(view)]
    return sorted(found, key=lambda problem: (_GRAVITY[problem.level], problem.tier))


_GRAVITY = {"error": 0, "warning": 1, "note": 2}


__all__ = ["RULES", "Rule", "Verdict", "View", "problems_of", "validate", "verdict"]
