"""The needs of a graph, computed once, and what a route offers, read from time to time but not for each job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from ryla_graphs.answers.words import OutputKind
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.plan.services import calls_services
from ryla_graphs.prompt.files import weights_named


@runtime_checkable
class Choosy(Protocol):
    """An engine that cannot run every graph of its classes."""

    def unfit(self, workflow: CompiledWorkflow, inputs: Mapping[str, int]) -> str:
        """Why the engine cannot run a graph with input files of these sizes; empty if it can."""
        ...


@dataclass(frozen=True, slots=True)
class Accepts:
    """What a route accepts. None means no limit; an empty set accepts nothing."""

    classes: frozenset[str] | None = None
    """Node classes, in addition to or instead of what its engine reports."""
    outputs: frozenset[OutputKind] | None = None
    input_bytes: int | None = None
    memory_gb: float | None = None
    """The memory of its GPU in GB."""
    partner_nodes: bool = True
    gpu: str | None = None
    """The name of its GPU."""


@dataclass(frozen=True)
class Need:
    """The needs of a graph. Two graphs that differ only in prompts and seeds have the same needs."""

    classes: frozenset[str]
    weights: frozenset[tuple[str, str, str]]
    """Class, input and file."""
    outputs: frozenset[OutputKind]
    partner_nodes: bool
    workflow: CompiledWorkflow = field(compare=False, repr=False)

    @classmethod
    def of(cls, workflow: CompiledWorkflow) -> Need:
        """The needs of a graph."""
        prompt = workflow.view
        return cls(
            frozenset(body["class_type"] for body in workflow.document.values()),
            frozenset((file.class_type, file.input, file.name) for file in weights_named(prompt)),
            frozenset(output.kind for output in workflow.outputs if output.kind != "unknown"),
            calls_services(prompt),
            workflow,
        )

    @property
    def memory_gb(self) -> float | None:
        """The least GPU memory in GB, by the plan; None if unknown."""
        peak = self.workflow.plan.peak_bytes_at_least
        return None if peak is None else peak / 1e9

    def seconds(self, gpu: str | None) -> float | None:
        """The seconds that it takes, by the plan; None if unknown."""
        rows = self.workflow.plan.gpus
        known = [row.seconds for row in rows if row.seconds is not None and gpu in (None, row.gpu)]
        return min(known, default=None)


def lacks(need: Need, accepts: Accepts, known: Catalog | None) -> str:
    """Why a route cannot meet the needs; empty if it can, or if that is unknown."""
    if need.partner_nodes and not accepts.partner_nodes:
        return "it runs no partner nodes"
    if accepts.outputs is not None and (missing := need.outputs - accepts.outputs):
        return f"it delivers no {' and no '.join(sorted(missing))}"
    have = accepts.classes
    absent = {name for name in need.classes if not ((have and name in have) or known is None or name in known)}
    if have is not None and known is None:
        absent = set(need.classes - have)
    if absent:
        return f"it has no {', '.join(sorted(absent)[:3])}"
    if known is not None:
        for class_type, name, file in sorted(need.weights):
            if (choices := _choices(known, class_type, name)) is not None and file not in choices:
                return f"it has no '{file}' for {class_type}"
    if accepts.memory_gb is not None and (memory := need.memory_gb) is not None and memory > accepts.memory_gb:
        return f"its GPU has {accepts.memory_gb:.0f} GB, but the graph needs {memory:.0f} GB"
    return ""


def _choices(known: Catalog, class_type: str, name: str) -> frozenset[str] | None:
    """The files that an input lists; None if the list says nothing."""
    if class_type not in known:
        return None
    spec = next((spec for spec in known[class_type].every_input() if spec.name == name), None)
    if spec is None or spec.open or not spec.choices:
        return None
    return frozenset(str(choice) for choice in spec.choices)
