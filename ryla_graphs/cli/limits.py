"""Refuses graphs that exceed the limits, before they run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ryla_graphs.compile import CompiledWorkflow


def refuse_too_much(workflows: Iterable[CompiledWorkflow]) -> None:
    """Raise `CannotRunHere` with every limit that the graphs exceed, each once."""
    from ryla_graphs.plan import check  # noqa: PLC0415
    from ryla_graphs.problems import CannotRunHere, Problem  # noqa: PLC0415

    found: list[Problem] = []
    for compiled in workflows:
        problems = [compiled.explain(problem) for problem in check(compiled.view, refuse_unknown=False)]
        found += [problem for problem in problems if problem not in found]
    if found:
        raise CannotRunHere(found)
