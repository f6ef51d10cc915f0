"""The sentences of problems with one input: what was given, what was expected, what to do.

Nodes written in Python and graphs read from JSON fail for the same reasons, so both are worded here.
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
    """What sentences need to know about an input; `catalog.schema.InputSpec` is one."""

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


Hint = str | Callable[[], str | None] | None
"""A hint, or a function that looks for one among known names."""

_NUMBERS = {"int": "a whole number", "float": "a number"}
_PLAIN = {
    "string": "text",
    "boolean": "true or false",
    "dynamic combo": "one of its options",
    "autogrow": "a list of links",
}


_LISTED = 12
"""Lists of choices up to this length are shown whole; of longer ones, only the first few."""
_SHOWN = 8


def expected(spec: InputFacts) -> str:
    """What an input takes, in words: ``a whole number from 1 to 10000``."""
    if spec.kind in _NUMBERS:
        return _NUMBERS[spec.kind] + _range(spec)
    if spec.kind == "combo":
        if spec.open:
            return "the name of a file or model that the server has"
        few = len(spec.choices) if len(spec.choices) <= _LISTED else _SHOWN
        shown = ", ".join(repr(choice) for choice in spec.choices[:few])
        more = f", … ({len(spec.choices)} choices)" if few < len(spec.choices) else ""
        return f"one of {shown}{more}" if spec.choices else "one of the choices: this server has none"
    if spec.kind == "dynamic combo":
        return f"one of {', '.join(repr(option.key) for option in spec.options)}"
    if spec.kind in _PLAIN:
        return _PLAIN[spec.kind]
    if not spec.is_wire_only and not sockets.members(spec.type).isdisjoint(("INT", "FLOAT")):
        return f"a number{_range(spec)}, or a link that carries {sockets.describe(spec.type)}"
    return f"a link that carries {sockets.describe(spec.type)}"


def _range(spec: InputFacts) -> str:
    if spec.min is not None and spec.max is not None:
        return f" from {spec.min} to {spec.max}"
    if spec.min is not None:
        return f" of at least {spec.min}"
    return f" of at most {spec.max}" if spec.max is not None else ""


def _not_in_list(spec: InputFacts, given: Any) -> tuple[str, Hint]:
    name = given if isinstance(given, str) else shorten(given)
    return f"{shorten(given)} is not {expected(spec)}", lambda: did_you_mean(name, map(str, spec.choices))


def _wrong_wire(spec: InputFacts, given: Any) -> tuple[str, str | None]:
    return f"{given} does not fit an input of type {sockets.describe(spec.type)}", None


_SENTENCES: dict[str, Callable[[InputFacts, Any], tuple[str, Hint]]] = {
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
        "the node's own check needs a value here, and fails without one",
        None,
    ),
    "value_cannot_be_compared": lambda _spec, given: (
        f"{shorten(given)} cannot be compared with the minimum or maximum of this input",
        None,
    ),
    "not_a_wire": lambda spec, given: (
        f"{shorten(given)} is given to an input that takes only a link",
        f"link a node's {sockets.describe(spec.type)} output to it",
    ),
    "unknown_choice": lambda spec, given: (
        f"{shorten(given)} is not {expected(spec)}",
        lambda: did_you_mean(str(given), [str(option.key) for option in spec.options]),
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
        hint=hint if isinstance(hint, str) else None,
        suggest=hint if callable(hint) else None,
    )


def way_to_class(class_type: str, repositories: Sequence[str], releases: object | None = None) -> str | None:
    """What to do about a class that a catalog lacks; None if the class is unknown.

    `repositories` are those that have it, the likeliest first. `releases` are the ComfyUI releases that have it, if it
    is ComfyUI's own.
    """
    if releases is not None:
        return f"{class_type} belongs to ComfyUI ({releases}): the server runs another release"
    if not repositories:
        return None
    first, *others = repositories
    if first == "Comfy-Org/ComfyUI":
        return f"{class_type} comes with ComfyUI: the server runs another release, or was started without it"
    also = f" (also in {', '.join(others[:2])}{', …' if len(others) > 2 else ''})" if others else ""
    return (
        f"{class_type} belongs to {first}{also}: install that pack, and check against the server with `--catalog URL`; "
        f"`ryla-graphs lock --pack {first}` puts it into a deployment"
    )


_FATES = {
    "dropped": ", so ComfyUI ignores it",
    "breaks": "; ComfyUI passes the link on all the same, and the node fails with a TypeError",
    "unknown": ", as far as we know",
}
"""What ComfyUI does with an input that its class does not declare: see `catalog.behaviour.Undeclared`."""


def unknown_input(
    class_type: str, name: str, known: Iterable[str], given: Any = None, *, fate: str = "dropped"
) -> Problem:
    """The problem of an input name that the class does not have; `fate` is what ComfyUI does with it."""
    names = list(known)
    return Problem(
        code="unknown_input",
        message=f"{class_type} has no input `{name}`{_FATES[fate]}",
        subject=AtNode(class_type=class_type, input=name),
        given=given,
        hint=f"the inputs are {', '.join(names)}" if names else "it has no inputs",
        suggest=lambda: did_you_mean(name, names),
    )
