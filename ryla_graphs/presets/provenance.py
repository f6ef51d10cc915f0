"""Which parameters of a preset decide which inputs of its graph: one table a preset, made once.

The table is found by experiment: build the example and a few of its variants, change one parameter at a time, and see
what moves. Numbers in ids stand for each other (`lora-3` is like `lora-1`), so the table holds for graphs of any size,
and what it costs does not depend on what a caller sends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel

from ryla_graphs.formats.api import ApiDocument
from ryla_graphs.graph.wires import Source

P = TypeVar("P", bound=BaseModel)
Build = Callable[[P], ApiDocument]
Place = tuple[str, str]
"""A node's id, its numbers as ``#``, and the name of an input."""
Table = Mapping[Place, tuple[str, ...]]

MOST_BUILDS = 1_000
"""How many graphs are built for one table at most."""
_BASES = 12
"""From how many graphs of different shape one parameter at a time is changed."""
_NUMBER = re.compile(r"\d+")


def place(node: str, name: str) -> Place:
    """The row of an input in a table.

    >>> place("lora-12", "strength_model")
    ('lora-#', 'strength_model')
    """
    return _NUMBER.sub("#", node), name


def like(class_type: str, name: str) -> Place:
    """The row for nodes whose ids the table does not have, since a caller chose them: all of their class together."""
    return f"<{class_type}>", name


def provenance(example: P, build: Build[P]) -> Table:
    """Place to parameters, those first that decide the least besides. `example` is what suffices to build a graph."""
    left = MOST_BUILDS
    moved: dict[Place, dict[str, None]] = {}
    swapped: dict[Place, dict[str, None]] = {}
    bases = {_shape(document): (example, document) for document in [build(example)]}
    for base, document in _growing(bases):
        for name in type(base).model_fields:
            for changed in variants(base, name):
                if not left:
                    break
                left -= 1
                other = build(changed)
                if len(bases) < _BASES and not _shape(other) <= frozenset().union(*bases):
                    # A case that only omits nodes, or combines those of two bases, adds no information.
                    bases[_shape(other)] = (changed, other)
                for (number, key), alike in differences(document, other):
                    for row in (place(number, key), like(document[number]["class_type"], key)):
                        (moved if alike else swapped).setdefault(row, {})[to_camel(name)] = None
    # A parameter that adds or removes nodes says little about the values of the others.
    return _ranked(swapped) | _ranked(moved)


def _growing(bases: dict[Any, Any]) -> Iterator[Any]:
    """The values of a dictionary that grows meanwhile."""
    done = 0
    while done < len(bases):
        yield list(bases.values())[done]
        done += 1


def _shape(document: ApiDocument) -> frozenset[Place]:
    """What tells one structure of a preset from another: its nodes."""
    return frozenset((number, body["class_type"]) for number, body in document.items())


def _ranked(found: Mapping[Place, dict[str, None]]) -> dict[Place, tuple[str, ...]]:
    reach: dict[str, int] = {}
    for names in found.values():
        for name in names:
            reach[name] = reach.get(name, 0) + 1
    return {where: tuple(sorted(names, key=lambda name: reach[name])) for where, names in found.items()}


def differences(base: ApiDocument, other: ApiDocument) -> Iterator[tuple[tuple[str, str], bool]]:
    """The inputs of `base` that `other` has differently, and whether the two still have the same nodes."""
    alike = {n: body["class_type"] for n, body in base.items()} == {n: b["class_type"] for n, b in other.items()}
    for number, body in base.items():
        twin = other.get(number, {"class_type": None, "inputs": {}})
        for name, value in body["inputs"].items():
            if twin["class_type"] != body["class_type"] or twin["inputs"].get(name) != value:
                yield (number, name), alike


def variants(parameters: P, name: str) -> Iterator[P]:
    """The same parameters with one changed to values near its own, as far as these are valid."""
    value = getattr(parameters, name)
    given = {
        field: getattr(parameters, field)
        for field, fact in type(parameters).model_fields.items()
        # A default that depends on other parameters changes with them.
        if field in parameters.model_fields_set or not fact.default_factory_takes_validated_data
    }
    fact = type(parameters).model_fields[name]
    for candidate in (*_others(value, fact.annotation), *(fact.examples or ())):
        try:
            yield type(parameters).model_validate(given | {name: candidate})
        except ValidationError:
            continue


def _others(value: Any, annotation: Any) -> Iterator[Any]:
    """Values near this one; a parameter will take some of them."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, float)):
        yield from (value + by for by in (1, -1, 16, -16, 32))
        if isinstance(value, float):
            yield from (value + 0.1, value - 0.1)
    elif isinstance(value, str):
        yield from (choice for choice in getattr(annotation, "__args__", ()) if choice != value)
        yield f"{value}~"
    elif isinstance(value, (list, tuple)):
        yield from ([*choices] for choices in _all_choices(annotation))
        yield []
        yield from ([*value, sample] for sample in _samples(annotation))
        for index, item in enumerate(value):
            for other in _other_items(item):
                yield [*value[:index], other, *value[index + 1 :]]
    elif isinstance(value, Source):
        yield "changed"
    elif value is None:
        yield from ("changed", 0.5)


def _other_items(item: Any) -> Iterator[Any]:
    """Values near an item of a list."""
    if not isinstance(item, BaseModel):
        yield from _others(item, None)
        return
    for field, fact in type(item).model_fields.items():
        for other in _others(getattr(item, field), fact.annotation):
            yield item.model_copy(update={field: other})


def _all_choices(annotation: Any) -> Iterator[tuple[Any, ...]]:
    """Everything that a list of choices can hold."""
    yield from (get_args(item) for item in get_args(annotation) if get_origin(item) is Literal)


def _samples(annotation: Any) -> Iterator[dict[str, str]]:
    """A new item for a list of parameters, with its required texts filled in."""
    for item in getattr(annotation, "__args__", ()):
        if isinstance(item, type) and issubclass(item, BaseModel):
            yield {name: "changed" for name, fact in item.model_fields.items() if fact.is_required()}
