"""The kind of value that an input of a graph takes, in the terms of a ``.toml`` beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ryla_graphs.catalog.schema import Kind

if TYPE_CHECKING:
    from ryla_graphs.catalog.schema import InputSpec
    from ryla_graphs.pipelines.sheets import Type

_SEEDS = ("seed", "noise_seed")
_TYPES: Mapping[Kind, Type] = {
    Kind.INT: "integer",
    Kind.FLOAT: "number",
    Kind.BOOLEAN: "boolean",
    Kind.STRING: "text",
}
_OF_VALUES: Mapping[type, Type] = {bool: "boolean", int: "integer", float: "number"}


def type_of_input(name: str, spec: InputSpec | None, value: Any, *, bounded: bool = False) -> Type:
    """What an input takes, by its class, or by its current value if the class is unknown.

    A `bounded` seed is treated like any other number.
    """
    if spec is None:
        return _OF_VALUES.get(type(value), "text")
    if spec.upload is not None:
        return "picture"
    if spec.kind is Kind.INT and (spec.control_after_generate or name in _SEEDS) and not bounded:
        return "seed"
    if spec.kind is Kind.COMBO:
        return "weights" if spec.lists_files else "choice"
    return _TYPES.get(spec.kind) or _OF_VALUES.get(type(value), "text")
