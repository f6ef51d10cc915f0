"""Numbers, text, switches and lists: what needs no model is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ryla_graphs.prompt import expressions
from ryla_graphs.shapes.registry import lazy, rule
from ryla_graphs.shapes.rules.common import passes, rows
from ryla_graphs.shapes.unknown import Unknown

rows(
    passes,
    {
        "PrimitiveInt": "value",
        "PrimitiveFloat": "value",
        "PrimitiveString": "value",
        "PrimitiveStringMultiline": "value",
        "PrimitiveBoolean": "value",
    },
)


@lazy("ComfySwitchNode", inputs=lambda name: name in ("on_false", "on_true"))
def needs_of_switch(known: Mapping[str, Any], waiting: frozenset[str]) -> list[str]:
    wanted = "on_true" if known["switch"] else "on_false"
    return [wanted] if wanted in waiting else []


@rule("ComfySwitchNode")
def switch(switch: Any, on_false: Any = None, on_true: Any = None) -> Any:
    return on_true if switch else on_false


@rule("ComfyMathExpression")
def math_expression(expression: str, values: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    try:
        return expressions.outputs(expressions.evaluate(expression, values))
    except ValueError:
        unknown = Unknown("what ComfyMathExpression computes of this")
        return unknown, unknown, unknown


@rule("CreateList")
def create_list(inputs: Mapping[str, list[Any]]) -> list[Any]:
    return [value for values in inputs.values() for value in values]
