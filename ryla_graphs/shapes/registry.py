"""What each node class does: a table of functions, filled by the modules of `ryla_graphs.shapes.rules`.

A rule takes a node's inputs by name and returns its outputs: one value, or a tuple. Dotted inputs arrive under their
first part, as a dictionary of the rest, as in the real node. ``**others`` takes all inputs that it does not name, and
``call`` the call itself. A rule raises `NodeFails` where the real node raises. Outputs that are only guessed come in a
`Guessed`.

    @rule("EmptyImage")
    def empty_image(width: Whole, height: Whole, batch_size: Whole) -> ImageShape:
        return ImageShape(batch_size, height, width)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ryla_graphs.catalog.schema import InputSpec, Kind, NodeSchema
from ryla_graphs.shapes.unknown import Undecided, Unknown


class NodeFails(Exception):
    """The real node raises here; the argument is what it says, in our words."""


class Guessed(tuple[Any, ...]):
    """Outputs that a rule is not sure of, and why: the rule returns this instead of a plain tuple.

    >>> Guessed((1, 2), "nothing is known about the VAE").reason
    'nothing is known about the VAE'
    """

    reason: str

    def __new__(cls, outputs: Iterable[Any], reason: str) -> Guessed:
        made = super().__new__(cls, outputs)
        made.reason = reason
        return made


class ReadsContent(Undecided):
    """The output depends on pixels or samples, which only a run has."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a node: the node, its inputs, and the files of the run."""

    node: str
    schema: NodeSchema
    inputs: Mapping[str, Any]
    """By input name: each link followed, each value converted, defaults filled in."""
    files: Mapping[str, Any] = field(default_factory=dict)
    """Shapes of input files by name, as far as they are known."""
    world: Any = None
    """The engine's own context, which rules do not use."""

    @property
    def class_type(self) -> str:
        """The node's class."""
        return self.schema.class_type

    def file(self, name: str, kind: type) -> Any:
        """The shape of an input file; an `Unknown` if it is not given. Raises `NodeFails` if it is of another kind."""
        found = self.files.get(name)
        if found is None:
            return Unknown(f"the size of '{name}' is unknown without the file")
        if not isinstance(found, kind):
            raise NodeFails(f"the input file '{name}' is not {_AS_TEXT.get(kind.__name__, 'of the kind it reads')}")
        return found


_AS_TEXT = {"ImageShape": "a picture", "VideoShape": "a video", "AudioShape": "sound"}


Rule = Callable[..., Any]
AnyRule = TypeVar("AnyRule", bound=Rule)


@dataclass(frozen=True, slots=True)
class Row:
    """A rule and how it is called."""

    work: Rule
    names: tuple[str, ...]
    takes_others: bool
    takes_call: bool

    def __call__(self, call: Call) -> tuple[Any, ...]:
        """The outputs. Raises what the rule raises, `TypeError` if a required input is missing."""
        inputs = nested(call.inputs, call.schema) if call.schema.is_dynamic else call.inputs
        given = dict(inputs) if self.takes_others else {name: inputs[name] for name in self.names if name in inputs}
        if self.takes_call:
            given["call"] = call
        outputs = self.work(**given)
        return outputs if isinstance(outputs, tuple) else (outputs,)


class Rules(Mapping[str, Row]):
    """Rules by class."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}

    def __call__(self, *class_types: str) -> Callable[[AnyRule], AnyRule]:
        """Register a function for node classes. Raises `ValueError` if a class has a rule already."""

        def register(work: AnyRule) -> AnyRule:
            row = _row(work)
            for class_type in class_types:
                if class_type in self._rows:
                    raise ValueError(f"{class_type} has two rules")
                self._rows[class_type] = row
            return work

        return register

    def __getitem__(self, class_type: str) -> Row:
        return self._rows[class_type]

    def get(self, class_type: str, default: Any = None) -> Any:
        """The rule of a class, if it has one. Faster than `Mapping.get`, which catches an error if there is none."""
        return self._rows.get(class_type, default)

    def __iter__(self) -> Any:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


_VARIADIC = 8
"""The flag of a code object that takes ``**others``."""


def _row(work: Rule) -> Row:
    code: Any = work.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    others = bool(code.co_flags & _VARIADIC)
    return Row(work, tuple(name for name in names if name != "call"), others, "call" in names)


def nested(inputs: Mapping[str, Any], schema: NodeSchema) -> dict[str, Any]:
    """Inputs with dotted names gathered in dictionaries, as the server hands them to a node.

    ``{"mode": "by width", "mode.width": 5, "images.image0": x}`` becomes
    ``{"mode": {"mode": "by width", "width": 5}, "images": {"image0": x}}``; links of one autogrow input are in the
    order of its slots.
    """
    result: dict[str, Any] = {}
    _gather(schema.inputs, inputs, result)
    taken = {name.partition(".")[0] for name in result}
    result.update((name, value) for name, value in inputs.items() if name.partition(".")[0] not in taken)
    return result


def _gather(specs: Iterable[InputSpec], inputs: Mapping[str, Any], into: dict[str, Any]) -> None:
    """Put each dynamic input into the dictionary that it belongs to."""
    for spec in specs:
        if spec.kind is Kind.AUTOGROW:
            into[spec.key] = {slot.key: inputs[slot.name] for slot in spec.slots if slot.name in inputs}
        elif spec.kind is Kind.DYNAMIC_COMBO and spec.name in inputs:
            chosen = inputs[spec.name]
            inside = into[spec.key] = {spec.key: chosen}
            option = next((option for option in spec.options if option.key == chosen), None)
            if option is not None:
                _gather(option.inputs, inputs, inside)
        elif "." in spec.name and spec.name in inputs:
            into[spec.key] = inputs[spec.name]


rule = Rules()
"""The table of all rules; call it to add to it."""

Needs = Callable[[Mapping[str, Any], frozenset[str]], Iterable[str]]
"""Which of the waiting inputs are needed, given the known values of the others."""


@dataclass(frozen=True, slots=True)
class Lazy:
    """Which inputs of a class are lazy, and which of them it needs."""

    is_lazy: Callable[[str], bool]
    needs: Needs


LAZY: dict[str, Lazy] = {}
"""Classes with inputs that are only computed when needed."""


def lazy(*class_types: str, inputs: Callable[[str], bool]) -> Callable[[Needs], Needs]:
    """Register which lazy inputs classes need; `inputs` tells which of their inputs are lazy."""

    def register(needs: Needs) -> Needs:
        LAZY.update(dict.fromkeys(class_types, Lazy(inputs, needs)))
        return needs

    return register
