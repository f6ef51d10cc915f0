"""What `ComfyMathExpression` computes: arithmetic over numbers that are known, so that lengths and sizes are too.

Only what cannot take long is computed: no power of large numbers, no expression of endless depth. What is left out is
"computed by the node", as of any other class.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

CLASS = "ComfyMathExpression"
INPUT = "expression"
VALUES = "values."
"""What the names of its values begin with: ``values.a``."""

Number = int | float | bool

_LONGEST = 1000
"""Characters."""
_BITS = 4096
"""Of a whole number; what is larger than that is no size and no count."""

_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
}
_UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
_COMPARED: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "round": round,
    "sqrt": math.sqrt,
    "ceil": math.ceil,
    "floor": math.floor,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "int": int,
    "float": float,
}


def evaluate(expression: str, names: Mapping[str, Number]) -> Number:
    """The value of an expression; raises `ValueError` for one that is wrong, or that is not computed here.

    >>> evaluate("max(16, floor(a / 16) * 16)", {"a": 100})
    96
    """
    if len(expression) > _LONGEST:
        raise ValueError("it is too long")
    try:
        result = _value(ast.parse(expression.strip(), mode="eval").body, names)
        if isinstance(result, (int, float)) and math.isfinite(result):
            return result
    except (ArithmeticError, KeyError, MemoryError, RecursionError, SyntaxError, TypeError, ValueError) as error:
        raise ValueError(str(error)) from None
    raise ValueError("it is no number")


def outputs(result: Number) -> tuple[float, int, bool]:
    """What the node gives: the result as a float, as a whole number, and as yes or no."""
    return float(result), int(result), bool(result)


def _value(node: ast.expr, names: Mapping[str, Number]) -> Any:
    match node:
        case ast.Constant(value=bool() | int() | float() as number):
            return _small(number)
        case ast.Name(id=name):
            return names[name]
        case ast.UnaryOp(op=op, operand=operand):
            return _UNARY[type(op)](_value(operand, names))
        case ast.BinOp(left=left, op=op, right=right):
            return _small(_BINARY[type(op)](_value(left, names), _value(right, names)))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _value(body if _value(test, names) else orelse, names)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _COMPARED[type(op)](_value(left, names), _value(right, names))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _small(_FUNCTIONS[name](*(_value(argument, names) for argument in arguments)))
    raise ValueError(f"{type(node).__name__} is not computed here")


def _small(number: Any) -> Any:
    if isinstance(number, int) and number.bit_length() > _BITS:
        raise ValueError("it is too large")
    return number
