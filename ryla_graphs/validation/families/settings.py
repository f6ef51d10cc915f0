"""Rule: settings reach a model that reads them."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.problems import Problem
from ryla_graphs.validation.families.wording import by_restriction, problem, refusal
from ryla_graphs.validation.view import View


def settings(view: View) -> Iterator[Problem]:
    """A guidance that the model does not read has no effect; Flux.1's schedule is wrong for other models."""
    for found in by_restriction(view, "setting"):
        yield problem(
            found,
            "setting_family",
            refusal(found, view),
            "take the node out, or use the one that the model reads",
            level="warning",
        )
