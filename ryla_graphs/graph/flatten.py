"""Dynamic inputs: to the dotted names of the JSON, and back into fields of Python classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ryla_graphs.catalog.schema import InputSpec, Kind
from ryla_graphs.graph.option import Option, option_class

_NESTED = frozenset({Kind.AUTOGROW, Kind.DYNAMIC_COMBO})


def flatten(
    named: Iterable[tuple[str, Any]], specs: Sequence[InputSpec], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    """Names in the JSON and values, from inputs by key: ``resize_type.width`` for the `width` of an option."""
    by_key = {spec.key: spec for spec in specs}
    for key, value in named:
        spec = by_key.get(key)
        if spec is None or spec.kind not in _NESTED:
            yield prefix + key, value
        elif spec.kind is Kind.AUTOGROW:
            items = (
                value.items() if isinstance(value, Mapping) else zip((s.key for s in spec.slots), value, strict=False)
            )
            yield from ((f"{spec.name}.{slot}", item) for slot, item in items)
        elif isinstance(value, Option):
            yield spec.name, value.KEY
            inner = ((value.WIRE_NAMES.get(f, f), v) for f, v in value.__dict__.items() if v is not None)
            chosen = next(option for option in spec.options if option.key == value.KEY)
            yield from flatten(inner, chosen.inputs, f"{spec.name}.")
        else:
            yield from defaults_of(spec, value)


def defaults_of(spec: InputSpec, key: Any) -> Iterator[tuple[str, Any]]:
    """A dynamic choice given by its key alone, with the defaults of the inputs it adds."""
    yield spec.name, key
    for inner in next((option.inputs for option in spec.options if option.key == key), ()):
        if not inner.required:
            continue
        if inner.kind is Kind.DYNAMIC_COMBO and inner.options:
            yield from defaults_of(inner, inner.options[0].key)
        elif inner.initial is not None:
            yield inner.name, inner.initial


class NoField(Exception):
    """The inputs cannot be written as fields of the class; never leaves this package."""


def fields_of(cls: type[Any], specs: Sequence[InputSpec], left: dict[str, Any]) -> dict[str, Any]:
    """The inverse of `flatten`: turns inputs by their names in the JSON, removed from `left`, into fields of a class.

    What remains in `left` are inputs that the class does not have. Raises `NoField` if there are no such fields, or
    if a required input is missing, because the class would fill in its default.
    """
    names = {cls.WIRE_NAMES.get(field, field): field for field in cls.model_fields}
    fields: dict[str, Any] = {}
    for spec in specs:
        if spec.key not in names:
            raise NoField
        if spec.kind is Kind.AUTOGROW:
            slots = {slot.key: left.pop(slot.name) for slot in spec.slots if slot.name in left}
            if slots or spec.required:
                fields[names[spec.key]] = _grown(spec, slots)
        elif spec.name in left:
            value = left.pop(spec.name)
            fields[names[spec.key]] = _option(cls, spec, value, left) if spec.kind is Kind.DYNAMIC_COMBO else value
        elif spec.required:
            raise NoField
    return fields


def _grown(spec: InputSpec, slots: dict[str, Any]) -> Any:
    """The slots of an autogrow input: a list if they are the first ones without a gap, else a dict."""
    if list(slots) == [slot.key for slot in spec.slots[: len(slots)]]:
        return list(slots.values())
    if spec.slot_prefix is not None:
        raise NoField
    return slots


def _option(owner: type[Any], spec: InputSpec, key: Any, left: dict[str, Any]) -> Any:
    option = next((each for each in spec.options if type(each.key) is type(key) and each.key == key), None)
    if option is None:
        raise NoField
    cls = option_class(owner, option)
    if cls is None:
        return key
    written = cls._as_written(fields_of(cls, option.inputs, left))
    if written is None:
        raise NoField
    return written
