"""Reads a server's answer as one of its shapes, whatever version the server has."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from typing_extensions import is_typeddict

S = TypeVar("S", bound=BaseModel)


def read(shape: type[S], data: Mapping[str, Any]) -> S:
    """A server's answer as a shape; never raises for a server of another version.

    Unknown fields are left out. A field that an older server does not send gets its default; without one, it is empty
    if it holds several values, and None if it holds one. A value that only a newer server knows, such as another state,
    is passed through.
    """
    try:
        return shape.model_validate(data)
    except ValidationError:
        fields = shape.model_fields.items()
        sent = {name: _value(field.annotation, data[name]) for name, field in fields if name in data}
        left_out = {name: _empty(field.annotation) for name, field in fields if field.is_required()}
        return shape.model_construct(sent.keys() & data.keys(), **left_out | sent)


def _value(kind: Any, value: Any) -> Any:
    """A value converted to its type, as far as it fits."""
    try:
        return _reader(kind).validate_python(value)
    except ValidationError:
        shape = _shape_in(kind)
        if shape is not None and isinstance(value, Mapping):
            return read(shape, value)
        if shape is not None and isinstance(value, list):
            return tuple(_value(shape, each) for each in value)
        return value


def _empty(kind: Any) -> Any:
    origin = dict if is_typeddict(kind) else get_origin(kind)
    return origin() if origin in (tuple, dict) else None


@cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@cache
def _shape_in(kind: Any) -> type[BaseModel] | None:
    """The shape that a type is or contains."""
    kinds = (each for each in (kind, *get_args(kind)) if isinstance(each, type))
    return next((each for each in kinds if issubclass(each, BaseModel)), None)
