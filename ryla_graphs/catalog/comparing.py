"""The differences between two catalogs: classes, inputs, choices, outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.schema import InputSpec, NodeSchema

What = Literal["class", "input", "type", "required", "choices", "range", "outputs"]


class Difference(NamedTuple):
    """One difference between the first catalog and the second."""

    what: What
    class_type: str
    input: str | None
    first: str | None
    """What the first one says; None if it has no such class or input."""
    second: str | None

    @property
    def where(self) -> str:
        """``KSampler.steps``."""
        return self.class_type if self.input is None else f"{self.class_type}.{self.input}"


def differences(first: Catalog, second: Catalog) -> Iterator[Difference]:
    """Everything that differs, class by class in alphabetical order.

    Lists of a machine's files are not compared, since each machine has its own.
    """
    for class_type in sorted({*first, *second}):
        one, other = first.get(class_type), second.get(class_type)
        if one is None or other is None:
            yield Difference("class", class_type, None, one.module if one else None, other.module if other else None)
        else:
            yield from _of_class(one, other)


def _of_class(first: NodeSchema, second: NodeSchema) -> Iterator[Difference]:
    if first.output_types != second.output_types:
        yield Difference("outputs", first.class_type, None, str(first.output_types), str(second.output_types))
    one, other = _inputs(first), _inputs(second)
    for name in dict.fromkeys((*one, *other)):
        mine, theirs = one.get(name), other.get(name)
        if mine is None or theirs is None:
            yield Difference("input", first.class_type, name, _says(mine), _says(theirs))
            continue
        for what, ours, others in _facts(mine, theirs):
            if ours != others:
                yield Difference(what, first.class_type, name, ours, others)


def _inputs(schema: NodeSchema) -> Mapping[str, InputSpec]:
    """The inputs by name; if several options bring an input of one name, the first."""
    found: dict[str, InputSpec] = {}
    for spec in schema.every_input():
        found.setdefault(spec.name, spec)
    return found


def _facts(first: InputSpec, second: InputSpec) -> Iterator[tuple[What, str, str]]:
    yield "type", first.type, second.type
    yield "required", _need(first), _need(second)
    if not (first.open or second.open):
        gone = [str(choice) for choice in first.choices if choice not in second.choices]
        new = [str(choice) for choice in second.choices if choice not in first.choices]
        yield "choices", ", ".join(gone), ", ".join(new)
    yield "range", f"{first.min} to {first.max}", f"{second.min} to {second.max}"


def _says(spec: InputSpec | None) -> str | None:
    return None if spec is None else f"{_need(spec)} {spec.type}"


def _need(spec: InputSpec) -> str:
    return "required" if spec.required else "optional"
