"""Recorded prompts, run in the simulator with input files of the recorded sizes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from benchmarks.shape_agreement.files import made
from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.events import Failed, Finished
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.engines.simulator.engine import simulated_run
from ryla_graphs.problems import EngineError
from ryla_graphs.shapes.calls import Wire
from ryla_graphs.shapes.registry import rule
from ryla_graphs.shapes.unknown import Unknown
from ryla_graphs.validation import View

PROBE = "ProbeShape"
_PROBE = {
    "input": {"required": {"value": ["*", {}]}},
    "output": [],
    "output_node": True,
    "name": PROBE,
    "python_module": "custom_nodes.probe",
}


@dataclass(frozen=True)
class Ran:
    """How a prompt ended here."""

    wires: dict[tuple[str, int], Wire] = field(default_factory=dict)
    """What came out of the nodes that were looked at."""
    saved: tuple[Artifact, ...] = ()
    error: EngineError | None = None
    refused: bool = False
    guessed: tuple[str, ...] = ()


@rule(PROBE)
def _probe(value: Any) -> tuple[()]:  # noqa: ARG001 - looks and gives nothing
    return ()


def _catalog() -> Catalog:
    return catalogs.bundled() | Catalog({PROBE: _PROBE}, name="probe")


CATALOG = _catalog()


def ran(row: dict[str, Any]) -> Ran:
    """One row run again."""
    view = View(row["prompt"], CATALOG)
    if row.get("error", {}).get("refused") and not view.verdict.accepted:
        return Ran(refused=True)
    files = {name: made(name, facts) for name, facts in row["inputs"].items()}
    run = simulated_run(CompiledWorkflow(view=view, outputs=()), files, Simulator())
    error: EngineError | None = None
    saved: tuple[Artifact, ...] = ()
    for event in run.events():
        if isinstance(event, Failed):
            error = event.error
        elif isinstance(event, Finished):
            saved = event.outputs
    wires = {}
    for probe in row["outputs"].values():
        node, slot = probe["from"]
        found = run.execution.results.get(node, ())
        if not isinstance(found, Unknown) and slot < len(found):
            wires[node, slot] = found[slot]
    guessed = tuple(reason for reasons in run.execution.guessed.values() for reason in reasons)
    return Ran(wires, saved, error, guessed=guessed)
