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
    """What the preset says of itself."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The parameters as they were used, defaults and the seed that was drawn included."""
    notices: tuple[Problem, ...] = ()
    """What the preset has to say about its parameters."""
    source: str | None = None
    """`file:line` of the caller that asked the preset for the workflow."""
    decisions: Callable[[], Decisions] = dict
    """Finds out which parameters decide which inputs."""
    ui: Mapping[str, Any] | None = None
    """The editor's file that the graph was read from: engines pass it on, so that saved pictures carry the layout."""

    def settled(self) -> WorkflowOrigin:
        """The same with the decisions found, so that it can be pickled."""
        found = dict(self.decisions())
        return replace(self, decisions=found.copy)

    def edited(self) -> WorkflowOrigin:
        """The origin of a graph that has changed since: the editor's file no longer shows it."""
        return replace(self, ui=None)

    def prefixed(self, part: str) -> WorkflowOrigin:
        """The origin of the same workflow as a part of a larger one."""
        found = self.decisions

        def renamed() -> Decisions:
            return {(f"{part}/{node}", name): by for (node, name), by in found().items()}

        return replace(self.edited(), decisions=renamed)
