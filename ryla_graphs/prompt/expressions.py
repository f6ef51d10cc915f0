"""Expressions of numbers, as people write them into a maths node: Python syntax, without anything that runs code.

`value` parses and walks an expression in a `Language`, which defines names, functions and operators. It has two
callers: `evaluate`, whose numbers are known before a run, so that lengths and sizes behind `ComfyMathExpression` are
too; and the simulator, whose numbers may be known only within bounds
(`ryla_graphs.shapes.rules.numeric.expressions`).
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

CLASS = "ComfyMathExpression"
INPUT = "expression"
VALUES = "values."
"""The prefix of the inputs that hold its values: ``values.a``."""

Number = int | float | bool
Functions = Mapping[str, Callable[..., Any]]
Operators = Mapping[type[ast.AST], Callable[..., Any]]


class Refused(ValueError):
    """An expression contains something forbidden; the message is a sentence about "its expression"."""


class Inside(Refused):
    """An expression looks inside a value: calls a method, or writes values into a text."""


@dataclass(frozen=True, slots=True)
class Language:
    """What an expression may contain, and what each part means."""

    names: Mapping[str, Any]
    functions: Functions
    operators: Operators
    part: Callable[[Any, str], Any]
    """Returns the attribute of a value by name."""
    checked: Callable[[Any], Any]
    """Returns a given, written or computed value unchanged, or raises."""


COMMON: Operators = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
"""Operators that mean the same everywhere."""


def value(expression: str, language: Language) -> Any:
    """The value of an expression.

    Raises `Refused`, the errors of Python's parser (`SyntaxError`, `RecursionError`, `MemoryError`), and whatever the
    functions and operators raise.
    """
    statements = ast.parse(expression.strip()).body
    if not statements:
        raise Refused("its expression is empty")
    # Only the first of several lines counts; an assignment counts as its value.
    return _value(getattr(statements[0], "value", statements[0]), language)


def _value(node: Any, known: Language) -> Any:
    match node:
        case ast.Constant():
            return known.checked(node.value)
        case ast.Name():
            if node.id not in known.names and node.id not in known.functions:
                raise Refused(f"its expression names '{node.id}', which is not given")
            return known.checked(known.names[node.id] if node.id in known.names else known.functions[node.id])
        case ast.UnaryOp():
            return known.operators[type(node.op)](_value(node.operand, known))
        case ast.BinOp() if type(node.op) in known.operators:
            return known.checked(known.operators[type(node.op)](_value(node.left, known), _value(node.right, known)))
        case ast.BoolOp():
            return _of_either(node, known)
        case ast.Compare():
            return _compared(node, known)
        case ast.IfExp():
            return _value(node.body if _value(node.test, known) else node.orelse, known)
        case ast.Call():
            return known.checked(_called(node, known))
        case ast.Subscript():
            return _value(node.value, known)[_value(node.slice, known)]
        case ast.Slice():
            ends = (node.lower, node.upper, node.step)
            return slice(*(None if end is None else _value(end, known) for end in ends))
        case ast.Attribute():
            return known.part(_value(node.value, known), node.attr)
        case ast.JoinedStr():
            raise Inside("its expression writes values into a text")
        case _:
            raise Refused(f"its expression holds {type(node).__name__}, which is not allowed")


def _of_either(node: ast.BoolOp, known: Language) -> Any:
    found: Any = False
    for part in node.values:
        found = _value(part, known)
        if bool(found) is isinstance(node.op, ast.Or):
            break
    return found


def _compared(node: ast.Compare, known: Language) -> Any:
    found, right = True, _value(node.left, known)
    for sign, other in zip(node.ops, node.comparators, strict=True):
        if not found:
            break
        left, right = right, _value(other, known)
        found = known.operators[type(sign)](left, right)
    return found


def _called(node: ast.Call, known: Language) -> Any:
    if isinstance(node.func, ast.Attribute):
        raise Inside("its expression calls a method")
    if not isinstance(node.func, ast.Name) or node.func.id not in known.functions:
        raise Refused("its expression calls something that is no function it knows")
    arguments = [_value(argument, known) for argument in node.args]
    named = {str(keyword.arg): _value(keyword.value, known) for keyword in node.keywords}
    return known.functions[node.func.id](*arguments, **named)


_LONGEST = 1000
"""The longest expression that is computed, in characters."""
_BITS = 4096
"""The most bits of a whole number; a larger one is no size and no count."""
_FUNCTIONS: Functions = {
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
    """The value of an expression; raises `ValueError` if it is wrong, or if it is not computed here.

    Only expressions that cannot take long are computed: no powers of large numbers, no unlimited depth. All others
    are "computed by the node", like the outputs of any other class.

    >>> evaluate("max(16, floor(a / 16) * 16)", {"a": 100})
    96
    """
    if len(expression) > _LONGEST:
        raise ValueError("it is too long")
    try:
        result = value(expression, Language(names, _FUNCTIONS, COMMON, _no_part, _small))
        if isinstance(result, (int, float)) and math.isfinite(result):
            return result
    except (ArithmeticError, KeyError, MemoryError, RecursionError, SyntaxError, TypeError, ValueError) as error:
        raise ValueError(str(error)) from None
    raise ValueError("it is no number")


def outputs(result: Number) -> tuple[float, int, bool]:
    """The outputs of the node: the result as a float, as a whole number, and as a boolean."""
    return float(result), int(result), bool(result)


def _no_part(_value: Any, name: str) -> NoReturn:
    raise Refused(f"its expression asks for .{name}, which is not computed here")


def _small(number: Any) -> Any:
    if not isinstance(number, (int, float)):
        raise Refused("its expression holds what is no number")
    if isinstance(number, int) and number.bit_length() > _BITS:
        raise Refused("its expression holds a number that is too large")
    return number
