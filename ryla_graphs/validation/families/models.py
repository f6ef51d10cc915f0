"""Rule: models that work together belong to one family."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.problems import Problem
from ryla_graphs.validation.families.wording import by_socket, disagreement, named, problem
from ryla_graphs.validation.view import View


def models(view: View) -> Iterator[Problem]:
    """Merging works layer by layer: models of two families have no layers in common, so nothing is merged."""
    for found in by_socket(view, "MODEL", "GUIDER"):
        hint = f"use another model of {named(found.other.families)}"
        yield problem(found, "model_family", disagreement(found, view), hint)
