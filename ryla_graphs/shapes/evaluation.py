"""The shapes of a prompt before it runs: what each reached node outputs, `Unknown` if only the run can tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ryla_graphs import sockets
from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.prompt import Prompt, PromptNode
from ryla_graphs.shapes.calls import Wire
from ryla_graphs.shapes.execution import Cycle, Execution, Task
from ryla_graphs.shapes.guessing import guessed_outputs
from ryla_graphs.shapes.registry import Call, Guessed, NodeFails
from ryla_graphs.shapes.rules import rule
from ryla_graphs.shapes.unknown import Undecided, Unknown
from ryla_graphs.shapes.values import Blocked, Several, unknown_of

_WITH_SHAPES = frozenset({"IMAGE", "MASK", "LATENT", "VIDEO", "AUDIO"})
_MAX_TEXT = 100_000
_MAX_BITS = 1_000
_MAX_LIST = 4_096


@dataclass(frozen=True, slots=True)
class NodeShapes:
    """One node and what comes out of it."""

    node: str
    class_type: str
    outputs: tuple[Wire, ...]
    """The values along the link of each output; a link is a list. One `Unknown` if the class is unknown."""
    sockets: tuple[str, ...] = ()
    """The type that each output declares."""

    def first(self, slot: int = 0) -> Any:
        """The first value of an output; None if there is none."""
        wire = self.outputs[slot] if slot < len(self.outputs) else []
        if isinstance(wire, list):
            return wire[0] if wire else None
        return wire if isinstance(wire, Unknown) else wire.item


class Shapes(Mapping[str, NodeShapes]):
    """What each node that runs outputs, by id."""

    def __init__(self, nodes: Mapping[str, NodeShapes]) -> None:
        self._nodes = nodes

    def __getitem__(self, number: str) -> NodeShapes:
        return self._nodes[number]

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)


def evaluate(prompt: Prompt, *, files: Mapping[str, Any] | None = None, guess: bool = False) -> Shapes:
    """The shapes of all nodes that some output needs, in the order in which they run.

    `files` has the shapes of input files by name, as far as they are known. With `guess`, a class without a rule
    outputs what its inputs and their names suggest, as in a simulated run; else it outputs `Unknown`. Nothing is
    raised, whatever the prompt holds: nodes that wait for each other are left out. The outputs of a node that fails
    are `Blocked`, as is everything that needs them.

    >>> from ryla_graphs import catalogs
    >>> latent = {"class_type": "EmptyLatentImage", "inputs": {"width": 1024, "height": 768, "batch_size": 2}}
    >>> saved = {"class_type": "SaveLatent", "inputs": {"samples": ["1", 0], "filename_prefix": "x"}}
    >>> evaluate(Prompt({"1": latent, "2": saved}, catalogs.bundled()))["1"].first().samples
    (2, 4, 96, 128)
    """
    execution = Execution(prompt)
    given = files or {}
    try:
        while (task := execution.next()) is not None:
            _work(execution, task, given, guess)
    except Cycle:
        pass
    return Shapes(dict(_reported(execution)))


def _reported(execution: Execution) -> Iterator[tuple[str, NodeShapes]]:
    for number, wires in execution.results.items():
        node = execution.nodes[number]
        outputs = (wires,) if isinstance(wires, Unknown) else wires
        declared = node.schema.output_types if isinstance(node, PromptNode) else ()
        types = tuple(map(socket_of, declared)) or ("*",)
        yield number, NodeShapes(number, node.class_type, outputs, types)


def _work(execution: Execution, task: Task, files: Mapping[str, Any], guess: bool) -> None:
    try:
        calls = task.calls()
        results = [given if isinstance(given, Blocked) else _outputs_of(task, given, files, guess) for given in calls]
    except NodeFails as failure:
        execution.fail(task, str(failure))
    else:
        execution.finish(task, results)


def _outputs_of(task: Task, given: Mapping[str, Any], files: Mapping[str, Any], guess: bool) -> tuple[Any, ...]:
    return outputs_of(Call(task.node, task.schema, _typed(given, task.schema), files), guess=guess)


def _typed(given: Mapping[str, Any], schema: NodeSchema) -> Mapping[str, Any]:
    """The arguments, with each unknown one given the type that its input takes."""
    for value in given.values():
        if isinstance(value, Unknown):
            break
    else:
        return given
    specs = schema.flat_inputs(given)
    return {
        name: unknown_of(socket_of(specs[name].type), value.reason)
        if isinstance(value, Unknown) and name in specs and specs[name].type in _WITH_SHAPES
        else value
        for name, value in given.items()
    }


def outputs_of(call: Call, *, guess: bool = False) -> tuple[Any, ...]:
    """The outputs of one call. Raises `NodeFails` if the real node surely raises."""
    row = rule.get(call.class_type)
    if row is None and guess:
        try:
            return _shapes_alone(call, guessed_outputs(call)[0])
        except (Undecided, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            pass
    if row is None:
        return unknown_outputs(call.schema, f"what {call.class_type} gives is unknown until it has run")
    try:
        outputs = row(call)
        if isinstance(outputs, Guessed):
            return _shapes_alone(call, outputs) if guess else unknown_outputs(call.schema, outputs.reason)
        return tuple(_bounded(value) for value in outputs)
    except Undecided as why:
        return unknown_outputs(call.schema, str(why))
    except (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError) as error:
        unknown = next((value for value in call.inputs.values() if isinstance(value, Unknown)), None)
        if unknown is not None:
            return unknown_outputs(call.schema, unknown.reason)
        raise NodeFails(f"{type(error).__name__}: {error}") from error


def _shapes_alone(call: Call, guessed: tuple[Any, ...]) -> tuple[Any, ...]:
    """Guesses without their numbers and texts: a guessed size may match the inputs, a guessed number does not."""
    unknown = unknown_outputs(call.schema, f"what {call.class_type} gives is unknown until it has run")
    plain = (int, float, str, bool, type(None))
    return tuple(why if isinstance(value, plain) else value for value, why in zip(guessed, unknown, strict=True))


def unknown_outputs(schema: NodeSchema, reason: str) -> tuple[Any, ...]:
    """An unknown value for every output of a class."""
    values = [unknown_of(socket_of(output.type), reason) for output in schema.outputs]
    lists = [output.is_list for output in schema.outputs]
    count = Unknown(reason, 0)
    return tuple(Several(value, count) if many else value for value, many in zip(values, lists, strict=True))


def socket_of(declared: sockets.WireType) -> str:
    """One socket type for what an output declares; the first of a union."""
    return "COMBO" if isinstance(declared, tuple) else _first_of(declared)


@lru_cache(4096)
def _first_of(union: str) -> str:
    return union.partition(",")[0].strip()


def _bounded(value: Any) -> Any:
    """The value, or `Unknown` if keeping it would cost more than it is worth before a run."""
    too_long = isinstance(value, str) and len(value) > _MAX_TEXT
    if too_long or (isinstance(value, int) and value.bit_length() > _MAX_BITS):
        return Unknown("a value that is too long to compute before the run")
    if isinstance(value, list) and len(value) > _MAX_LIST:
        return Unknown("a list that is too long to compute before the run")
    return value
