"""What a sweep varies: parameters, each with its values and their labels."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ryla_graphs.problems import AtField, Problem, shorten

LONGEST_NAMES = 120
"""The most bytes that values take in a cell's name, which is also the name of its files."""


@dataclass(frozen=True)
class Axis:
    """A parameter and its values, in order."""

    parameter: str
    values: tuple[Any, ...]
    labels: tuple[str, ...]
    """The label of each value on the contact sheet."""
    names: tuple[str, ...]
    """The name of each value in ids and file names: `seed=7`."""


def axes_of(given: Mapping[str, Any]) -> tuple[Axis, ...]:
    """The axes for values by parameter; if the values are a mapping, its keys are their labels."""
    longest = max(8, LONGEST_NAMES // max(1, len(given)))
    return tuple(_axis(parameter, values, longest) for parameter, values in given.items())


def _axis(parameter: str, given: Any, longest: int) -> Axis:
    values = tuple(given.values() if isinstance(given, Mapping) else given)
    labels = tuple(str(key) for key in given) if isinstance(given, Mapping) else tuple(map(label_of, values))
    return Axis(parameter, values, labels, tuple(f"{parameter}={name}" for name in _names(labels, longest)))


def label_of(value: Any) -> str:
    """How a value is shown: text as it is, everything else as JSON if possible."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except TypeError:
        return repr(value)


def _names(labels: Sequence[str], longest: int) -> list[str]:
    """Labels as parts of file names, all different; long ones are truncated and then numbered."""
    plain = [re.sub(r"[^\w.+-]+", "_", label).strip("_.") for label in labels]
    # Some file systems treat A and a as the same.
    if all(0 < len(name.encode()) <= longest for name in plain) and len({name.casefold() for name in plain}) == len(
        plain
    ):
        return plain
    cut = [name.encode()[: longest - 4].decode(errors="ignore") for name in plain]
    return [f"{place}-{name}".rstrip("-_.") for place, name in enumerate(cut, start=1)]


def axis_problems(
    given: Mapping[str, Any], fixed: Collection[str], most_cells: int, *, zipped: bool = False
) -> Iterator[Problem]:
    """What is wrong with axes, checked before anything is made from them."""
    if not given:
        yield _bad_axis("a sweep needs at least one parameter with its values", None, None)
    sizes = []
    for parameter, values in given.items():
        if isinstance(values, (str, bytes)) or not isinstance(values, (Sequence, Mapping)):
            yield _bad_axis("takes a list of values", parameter, values)
            continue
        sizes.append(len(values))
        if not values:
            yield _bad_axis("has no values", parameter, values)
        elif not zipped and len(values) <= most_cells and (twice := _twice(values)):
            yield _bad_axis(f"has {', '.join(twice)} twice", parameter, values)
        if parameter in fixed:
            yield _bad_axis("is both swept and given one value", parameter, values)
    if zipped and len(set(sizes)) > 1:
        counted = ", ".join(f"{parameter} has {len(values)}" for parameter, values in given.items())
        yield _bad_axis(f"values in step must be as many on each axis: {counted}", None, None)
    elif (size := max(sizes, default=0) if zipped else math.prod(sizes)) > most_cells:
        yield _too_many(size, most_cells)


def named_twice(given: Collection[str], names: Mapping[str, str]) -> Iterator[Problem]:
    """The problems of parameters given under two names: `loraStrength` and `lora_strength`."""
    first: dict[str, str] = {}
    for key in given:
        name = names.get(key, key)
        if name in first:
            yield Problem(
                code="bad_parameter",
                message=f"is given twice, as `{first[name]}` and as `{key}`",
                subject=AtField("sweep", name),
                hint="they are one parameter: give one of them",
            )
        first.setdefault(name, key)


def _twice(values: Sequence[Any] | Mapping[Any, Any]) -> list[str]:
    known: list[Any] = []
    found = []
    for value in values.values() if isinstance(values, Mapping) else values:
        if any(type(value) is type(other) and value == other for other in known):
            found.append(shorten(value, 40))
        known.append(value)
    return found


def _bad_axis(message: str, parameter: str | None, given: Any) -> Problem:
    return Problem(
        code="bad_axis",
        message=message,
        subject=AtField("sweep", parameter),
        given=None if given is None else shorten(given),
        hint="seed=[1, 2, 3], or with labels prompt={'day': 'a street at noon', 'night': 'a street at midnight'}",
    )


def _too_many(size: int, most: int) -> Problem:
    return Problem(
        code="too_many_cells",
        message=f"the sweep has {size:,} cells, and {most:,} are allowed",
        subject=AtField("sweep"),
        given=size,
        expected=f"at most {most}",
        hint=f"sweep fewer values, or allow it: most_cells={size}, on the command line --most-cells {size}",
    )
