"""One call of a node: computed by its rule, guessed where there is none, and given something to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ryla_graphs.engines.simulator.captions import caption
from ryla_graphs.engines.simulator.pictures import give_content
from ryla_graphs.engines.simulator.saving import SAVERS
from ryla_graphs.engines.simulator.world import Node, World, failed
from ryla_graphs.outputs import SILENT
from ryla_graphs.shapes.execution import Task
from ryla_graphs.shapes.guessing import guessed_outputs
from ryla_graphs.shapes.registry import Call, NodeFails, Rules
from ryla_graphs.shapes.rules import rule
from ryla_graphs.shapes.unknown import Undecided

done = Rules()
"""Classes whose results depend on pixels or samples, which only a run has; before the rules of `ryla_graphs.shapes`."""

_RAISED = (ArithmeticError, AttributeError, LookupError, MemoryError, OverflowError, TypeError, ValueError)


def call_of(task: Task, inputs: Mapping[str, Any], world: World) -> Call:
    """A call of a task in a world."""
    return Call(task.node, task.schema, inputs, world.files, world)


def worked(call: Call, key: str) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """What a call gives, and the reasons why it is only guessed. Raises `ExecutionFailed` where the real node fails."""
    with _failing(call):
        outputs, reasons = _outputs(call)
        if call.schema.api_node:
            reasons = (f"{call.class_type} '{call.node}' calls a paid service; this is a stand-in for its answer",)
        return give_content(call, outputs, key, caption(call, call.world.prompt)), reasons


def save(node: Node) -> None:
    """Write the files of an output node; one that is not known says so, since to give nothing means to have failed.

    Raises `ExecutionFailed`.
    """
    saver = SAVERS.get(node.call.class_type)
    if saver is None and node.call.schema.output_node and node.call.class_type not in SILENT:
        unknown = f"what {node.call.class_type} '{node.call.node}' saves or shows is not known"
        replace(node, guessed=(*node.guessed, unknown)).say(f"simulated: {unknown}")
    if saver is not None:
        with _failing(node.call):
            saver(node)


@contextmanager
def _failing(call: Call) -> Iterator[None]:
    """Whatever is raised is the failure of the node; a real one raises the same for the same inputs, mostly."""
    try:
        yield
    except NodeFails as failure:
        raise failed(call, str(failure)) from failure
    except _RAISED as error:
        raise failed(call, f"{type(error).__name__}: {error}") from error


def _outputs(call: Call) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    row = done.get(call.class_type) or rule.get(call.class_type)
    if row is None:
        return guessed_outputs(call)
    try:
        return row(call), ()
    except Undecided as why:
        outputs, _ = guessed_outputs(call)
        return outputs, (f"what {call.class_type} '{call.node}' gives is not known: {why}",)
