"""Executes one call of a node: by its rule, or by a guess if it has none, and gives its outputs content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ryla_graphs.engines.simulator.captions import caption
from ryla_graphs.engines.simulator.computed import computed
from ryla_graphs.engines.simulator.pictures import give_content, stand_in
from ryla_graphs.engines.simulator.saving import SAVERS
from ryla_graphs.engines.simulator.world import Node, World, failed
from ryla_graphs.outputs import SILENT
from ryla_graphs.shapes.execution import Task
from ryla_graphs.shapes.guessing import known_outputs, unknown_size, without_unknown
from ryla_graphs.shapes.registry import Call, Guessed, NodeFails
from ryla_graphs.shapes.rules import rule
from ryla_graphs.shapes.unknown import Undecided

_RAISED = (ArithmeticError, AttributeError, LookupError, MemoryError, OverflowError, TypeError, ValueError)


def call_of(task: Task, inputs: Mapping[str, Any], world: World) -> Call:
    """A call of a task in a world."""
    return Call(task.node, task.schema, inputs, world.files, world)


def guessed_call(call: Call, key: str) -> tuple[Call, tuple[str, ...]]:
    """A call with guesses for its unknown inputs, such as outputs of unknown classes, and the reasons."""
    guess, reasons = without_unknown(call)
    if not reasons:
        return call, ()
    inputs = {name: stand_in(call, value, f"{key}.{name}") for name, value in guess.inputs.items()}
    return replace(guess, inputs=inputs), reasons


def worked(call: Call, key: str, *, unsure: bool = False) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """The outputs of a call, and why they are guessed. Raises `ExecutionFailed` if the real node would fail.

    If a call is `unsure`, because its inputs depend on guesses, it guesses its outputs instead of failing.
    """
    with _failing(call):
        try:
            outputs, reasons = _outputs(call)
        except (NodeFails, *_RAISED) as failure:
            if not unsure:
                raise
            outputs, _ = known_outputs(call)
            reasons = (f"{call.class_type} '{call.node}' would fail with the guessed inputs: {failure}",)
        if call.schema.api_node:
            reasons = (f"{call.class_type} '{call.node}' calls a paid service; this is a placeholder for its answer",)
        said = caption(call, call.world.prompt)
        return give_content(call, outputs, key, f"GUESSED {said}" if reasons else said), reasons


def save(node: Node) -> tuple[str, ...]:
    """Write the files of an output node; returns why they are guessed, which they always are for an unknown node.

    An unknown node gets a text as output, since no output would mean that it failed. Raises `ExecutionFailed`.
    """
    saver = SAVERS.get(node.call.class_type)
    if saver is None and node.call.schema.output_node and node.call.class_type not in SILENT:
        unknown = f"it is unknown what {node.call.class_type} '{node.call.node}' saves or shows"
        replace(node, guessed=(*node.guessed, unknown)).say(f"simulated: {unknown}")
        return (unknown,)
    if saver is not None:
        with _failing(node.call):
            saver(node)
    return ()


@contextmanager
def _failing(call: Call) -> Iterator[None]:
    """Turn any exception into a failure of the node; the real node mostly fails for the same inputs."""
    try:
        yield
    except NodeFails as failure:
        raise failed(call, str(failure)) from failure
    except Undecided as why:
        raise failed(call, f"the simulator does not know this node's inputs: {why}") from why
    except _RAISED as error:
        raise failed(call, f"{type(error).__name__}: {error}") from error


def _outputs(call: Call) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    row = computed.get(call.class_type) or rule.get(call.class_type)
    if row is None:
        return known_outputs(call)
    try:
        outputs = row(call)
    except Undecided as why:
        outputs, _ = known_outputs(call)
        return outputs, (f"the outputs of {call.class_type} '{call.node}' are unknown: {why}",)
    reasons = [outputs.reason] if isinstance(outputs, Guessed) else []
    unknown = {slot: reason for slot, value in enumerate(outputs) if (reason := unknown_size(value)) is not None}
    if unknown:
        instead, _ = known_outputs(call)
        outputs = tuple(instead[slot] if slot in unknown else value for slot, value in enumerate(outputs))
        reasons += unknown.values()
    said = f"the outputs of {call.class_type} '{call.node}' are unknown"
    return outputs, tuple(dict.fromkeys(f"{said}: {why}" for why in reasons))
