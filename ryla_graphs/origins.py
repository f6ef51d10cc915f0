"""Where a workflow came from: a preset and its parameters, or a file of the editor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ryla_graphs.problems import Problem

Decisions = Mapping[tuple[str, str], tuple[str, ...]]
"""Node id and input name to the preset parameters that decide the input."""


@dataclass(frozen=True)
class WorkflowOrigin:
    """The preset that a workflow came from, if one did."""

    preset: str | None = None
    description: str = ""
    """The preset's own description."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The parameters as used, including defaults and the drawn seed."""
    notices: tuple[Problem, ...] = ()
    """The preset's notices about its parameters."""
    source: str | None = None
    """`file:line` of the call that built the workflow from the preset."""
    decisions: Callable[[], Decisions] = dict
    """Computes which parameters decide which inputs."""
    ui: Mapping[str, Any] | None = None
    """The editor's file that the graph was read from; engines pass it on, so that saved pictures contain the layout."""

    def settled(self) -> WorkflowOrigin:
        """The same origin with its decisions computed, so that it can be pickled."""
        found = dict(self.decisions())
        return replace(self, decisions=found.copy)

    def edited(self) -> WorkflowOrigin:
        """The origin after an edit: without the editor's file, which no longer matches the graph."""
        return replace(self, ui=None)

    def prefixed(self, part: str) -> WorkflowOrigin:
        """The origin of the same workflow as a part of a larger one."""
        found = self.decisions

        def renamed() -> Decisions:
            return {(f"{part}/{node}", name): by for (node, name), by in found().items()}

        return replace(self.edited(), decisions=renamed)
