"""The value behind an input: the one resolver, which follows primitives, reroutes and switches to any depth.

>>> from ryla_graphs import catalogs
>>> from ryla_graphs.prompt import Prompt
>>> prompt = Prompt({
...     "steps": {"class_type": "PrimitiveInt", "inputs": {"value": 30}},
...     "again": {"class_type": "PrimitiveInt", "inputs": {"value": ["steps", 0]}},
...     "sampler": {"class_type": "KSampler", "inputs": {"steps": ["again", 0], "seed": ["nowhere", 0]}},
... }, catalogs.bundled())
>>> prompt.value(prompt.nodes["sampler"], "steps")
Known(value=30, node='steps', input='value')
>>> prompt.value(prompt.nodes["sampler"], "seed").why
"it is linked to 'nowhere', which is no known node"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ryla_graphs.catalog.schema import InputSpec, Kind
from ryla_graphs.problems.text import shorten
from ryla_graphs.prompt import expressions
from ryla_graphs.prompt.links import is_link, unwrap
from ryla_graphs.prompt.nodes import PromptNode


class Known(NamedTuple):
    """A value that is known before the run, and the input where it is written."""

    value: Any
    node: str
    input: str


class Unknown(NamedTuple):
    """A value that only a run can reveal."""

    why: str
    node: str
    """The node at which the search ended."""


PASSES: Mapping[str, str] = {
    # ComfyUI
    "PrimitiveBoolean": "value",
    "PrimitiveFloat": "value",
    "PrimitiveInt": "value",
    "PrimitiveString": "value",
    "PrimitiveStringMultiline": "value",
    "Reroute": "",
    # ComfyUI-KJNodes
    "BOOLConstant": "value",
    "FloatConstant": "value",
    "INTConstant": "value",
    "StringConstant": "string",
}
"""Classes whose first output is the value of an input, and that input; "" if the class has only one input."""

SWITCHES: Mapping[str, tuple[str, Callable[[Any], str]]] = {
    "ComfySwitchNode": ("switch", lambda on: "on_true" if on else "on_false"),
    "LazySwitchKJ": ("switch", lambda on: "on_true" if on else "on_false"),
    "ImpactSwitch": ("select", lambda number: f"input{number}"),
    "LatentSwitch": ("select", lambda number: f"input{number}"),
    "SEGSSwitch": ("select", lambda number: f"input{number}"),
}
"""Classes whose first output is one of their inputs: the deciding input, and the input that its value selects."""

CONVERTERS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.INT: int,
    Kind.FLOAT: float,
    Kind.STRING: str,
    Kind.BOOLEAN: bool,
}
"""What the server calls on a value before it checks it and passes it to the node: text becomes a number."""


def converted(spec: InputSpec, value: Any) -> Any:
    """The value that the node receives: unwrapped, and converted as the server converts it.

    Raises `TypeError`, `ValueError` or `OverflowError` if the server refuses it.

    >>> from ryla_graphs import catalogs
    >>> converted(catalogs.bundled()["KSampler"].flat_inputs({})["cfg"], "7.5")
    7.5
    """
    value = unwrap(value)
    convert = CONVERTERS.get(spec.kind)
    return value if convert is None else convert(value)


Place = tuple[str, str]
"""An input: the id of its node, and its name."""
Found = dict[Place, Known | Unknown]


class Values:
    """The values behind the inputs of some nodes. It caches what it resolves on the way."""

    def __init__(self, nodes: Mapping[str, PromptNode]) -> None:
        self._nodes = nodes
        self._found: Found = {}

    def value(self, node: PromptNode, name: str) -> Known | Unknown:
        """The value of an input: its own, or the one behind its link if that is known before a run."""
        return resolve(self._nodes, node, name, self._found)

    def literal(self, node: PromptNode, name: str) -> Any:
        """The value of an input; None if it is unknown, or is null."""
        value = node.inputs.get(name)
        if not isinstance(value, list):  # `is_link` inlined, for speed
            return value
        found = resolve(self._nodes, node, name, self._found)
        return found.value if isinstance(found, Known) else None


def resolve(nodes: Mapping[str, PromptNode], node: PromptNode, name: str, found: Found) -> Known | Unknown:
    """The value that reaches an input, converted as the server converts it, or why it is unknown before a run.

    An input that is left out has its default. `found` caches what was resolved on the way.
    """
    stack: dict[Place, None] = {(node.id, name): None}
    while stack:
        here = next(reversed(stack))
        step = _step(nodes, nodes[here[0]], here[1], found)
        if isinstance(step, tuple) and not isinstance(step, (Known, Unknown)):
            if step not in stack:
                stack[step] = None
                continue
            step = Unknown("its links run in a cycle", here[0])
        found[here] = step
        del stack[here]
    return found[node.id, name]


def _step(nodes: Mapping[str, PromptNode], node: PromptNode, name: str, found: Found) -> Known | Unknown | Place:
    """The value of an input, or the place that must be resolved first."""
    value = node.inputs.get(name)
    if not is_link(value):
        return _written(node, name)
    link = node.wires.get(name)
    source = nodes.get(link.node) if link is not None else None
    if link is None or source is None:
        return Unknown(f"it is linked to {shorten(value[0]) if value else 'nothing'}, which is no known node", node.id)
    class_type = source.class_type
    if link.slot == 0 and (passed := PASSES.get(class_type)) is not None:
        place = source.id, passed or next(iter(source.inputs), "")
        return found.get(place, place)
    if link.slot == 0 and class_type in SWITCHES:
        condition, choose = SWITCHES[class_type]
        decided = found.get((source.id, condition))
        if not isinstance(decided, Known):
            return decided or (source.id, condition)
        place = source.id, choose(decided.value)
        return found.get(place, place)
    if class_type == expressions.CLASS:
        return _computed(source, link.slot, found)
    return Unknown(f"{class_type} '{source.id}' computes it", source.id)


def _computed(node: PromptNode, slot: int, found: Found) -> Known | Unknown | Place:
    """The value of an expression's output, once all values it uses are known."""
    names: dict[str, Any] = {}
    for name in (expressions.INPUT, *(name for name in node.inputs if name.startswith(expressions.VALUES))):
        value = found.get((node.id, name))
        if not isinstance(value, Known):
            return value or (node.id, name)
        names[name.removeprefix(expressions.VALUES)] = value.value
    try:
        results = expressions.outputs(expressions.evaluate(str(names.pop(expressions.INPUT)), names))
        return Known(results[slot], node.id, expressions.INPUT)
    except (ValueError, IndexError):
        return Unknown(f"{node.class_type} '{node.id}' computes it", node.id)


def _written(node: PromptNode, name: str) -> Known | Unknown:
    spec = node.known.get(name)
    if name not in node.inputs:
        if spec is None or not spec.has_default:
            return Unknown(f"{node.class_type} '{node.id}' is not given `{name}`", node.id)
        return Known(spec.default, node.id, name)
    value = unwrap(node.inputs[name])
    try:
        return Known(value if spec is None else converted(spec, value), node.id, name)
    except (TypeError, ValueError, OverflowError):
        return Known(value, node.id, name)
