"""The sentences of problems with one input: what was given, what was expected, what to do.

Nodes written in Python and graphs read from JSON fail for the same reasons, so both are told here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from ryla_graphs import sockets
from ryla_graphs.problems.codes import Tier
from ryla_graphs.problems.problem import AtNode, Problem
from ryla_graphs.problems.text import did_you_mean, shorten


class ChoiceFacts(Protocol):
    """One choice of a dynamic combo, as far as sentences need it."""

    @property
    def key(self) -> Any: ...


class InputFacts(Protocol):
    """What sentences need to know of an input; `catalog.schema.InputSpec` is one."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def is_wire_only(self) -> bool: ...
    @property
    def min(self) -> int | float | None: ...
    @property
    def max(self) -> int | float | None: ...
    @property
    def choices(self) -> Sequence[Any]: ...
    @property
    def options(self) -> Sequence[ChoiceFacts]: ...
    @property
    def open(self) -> bool: ...
    @property
    def upload(self) -> str | None: ...


_NUMBERS = {"int": "a whole number", "float": "a number"}
_PLAIN = {
    "string": "text",
    "boolean": "true or false",
    "dynamic combo": "one of its options",
    "autogrow": "a list of wires",
}


def expected(spec: InputFacts) -> str:
    """What an input takes, in words: ``a whole number from 1 to 10000``."""
    if spec.kind in _NUMBERS:
        return _NUMBERS[spec.kind] + _range(spec)
    if spec.kind == "combo":
        if spec.open:
            return "the name of a file or model that the server has"
        shown = ", ".join(repr(choice) for choice in spec.choices[:8])
        more = f", … ({len(spec.choices)} choices)" if len(spec.choices) > 8 else ""
        return f"one of {shown}{more}" if spec.choices else "a choice, of which this server has none"
    if spec.kind == "dynamic combo":
        return f"one of {', '.join(repr(option.key) for option in spec.options)}"
    if spec.kind in _PLAIN:
        return _PLAIN[spec.kind]
    if not spec.is_wire_only and not sockets.members(spec.type).isdisjoint(("INT", "FLOAT")):
        return f"a number{_range(spec)}, or a wire that carries {sockets.describe(spec.type)}"
    return f"a wire that carries {sockets.describe(spec.type)}"


def _range(spec: InputFacts) -> str:
    if spec.min is not None and spec.max is not None:
        return f" from {spec.min} to {spec.max}"
    if spec.min is not None:
        return f" of at least {spec.min}"
    return f" of at most {spec.max}" if spec.max is not None else ""


def _not_in_list(spec: InputFacts, given: Any) -> tuple[str, str | None]:
    choices = [str(choice) for choice in spec.choices]
    return f"{shorten(given)} is not one of {len(choices)} choices", did_you_mean(str(given), choices)


def _wrong_wire(spec: InputFacts, given: Any) -> tuple[str, str | None]:
    return f"{given} does not fit an input of type {sockets.describe(spec.type)}", None


_SENTENCES: dict[str, Callable[[InputFacts, Any], tuple[str, str | None]]] = {
    "required_input_missing": lambda _spec, _given: ("is missing", None),
    "bad_linked_input": lambda _spec, given: (
        f"a list is a link and must be [node id, output slot], not {shorten(given)}",
        'to give a list as a value, write {"__value__": [...]}',
    ),
    "return_type_mismatch": _wrong_wire,
    "invalid_input_type": lambda spec, given: (f"{shorten(given)} cannot be read as {expected(spec)}", None),
    "value_smaller_than_min": lambda spec, given: (
        f"{shorten(given)} is below the minimum {spec.min}",
        f"use {expected(spec)}",
    ),
    "value_bigger_than_max": lambda spec, given: (
        f"{shorten(given)} is above the maximum {spec.max}",
        f"use {expected(spec)}",
    ),
    "value_not_in_list": _not_in_list,
    "custom_validation_failed": lambda spec, given: (
        f"the node itself refuses {shorten(given)}",
        "upload the file to the server's input folder first" if spec.upload else None,
    ),
    "custom_validation_broke": lambda _spec, _given: (
        "the node's own check needs a value here and breaks without one",
        None,
    ),
    "value_cannot_be_compared": lambda _spec, given: (
        f"{shorten(given)} cannot be compared with the limits of this input",
        None,
    ),
    "not_a_wire": lambda spec, given: (
        f"{shorten(given)} is given to an input that takes only a wire",
        f"wire a node's {sockets.describe(spec.type)} output into it",
    ),
    "unknown_choice": lambda spec, given: (
        f"{shorten(given)} is not one of {len(spec.options)} options",
        did_you_mean(str(given), [str(option.key) for option in spec.options]),
    ),
}


def input_problem(code: str, class_type: str, spec: InputFacts, given: Any = None, *, tier: Tier = 1) -> Problem:
    """The problem `code` at one input of a node of this class."""
    message, hint = _SENTENCES[code](spec, given)
    return Problem(
        code=code,
        message=message,
        subject=AtNode(class_type=class_type, input=spec.name),
        tier=tier,
        given=given,
        expected=expected(spec),
        hint=hint,
    )


def unknown_input(class_type: str, name: str, known: Iterable[str], given: Any = None) -> Problem:
    """The problem of an input name that the class does not have. The server ignores it silently."""
    names = list(known)
    hint = did_you_mean(name, names) or (f"the inputs are {', '.join(names)}" if names else "it has no inputs")
    return Problem(
        code="unknown_input",
        message=f"{class_type} has no input `{name}`, so ComfyUI ignores it",
        subject=AtNode(class_type=class_type, input=name),
        given=given,
        hint=hint,
    )
