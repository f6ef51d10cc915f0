"""Expressions of numbers, as people write them into a maths node: Python's, without anything that runs code.

Numbers that are unknown before a run go through with their bounds. What would take more memory than a number is worth
fails: the expression comes from whoever sends the graph.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.unknown import Undecided, Unknown, least, most, whole

_MAX_BITS = 100_000
_MAX_TEXT = 100_000
_MAX_EXPONENT = 4_000
_MAX_DIGITS = 1_000


Functions = Mapping[str, Callable[..., Any]]
Part = Callable[[Any, str], Any]


def _part_of_number(value: Any, name: str) -> Any:
    if name in ("real", "imag", "numerator", "denominator"):
        return getattr(value, name)
    raise Undecided("the simulator does not look inside values in an expression")


@dataclass(frozen=True, slots=True)
class _Known:
    """What an expression may name."""

    names: Mapping[str, Any]
    functions: Functions
    part: Part


def _bits(value: Any) -> int:
    return value.bit_length() if isinstance(value, int) else 0


def _afford(bits: int) -> None:
    if bits > _MAX_BITS:
        raise NodeFails(f"a number of its expression would have {bits:,} bits, more than {_MAX_BITS:,}")


def _multiplied(a: Any, b: Any) -> Any:
    for text, times in ((a, b), (b, a)):
        if isinstance(text, (str, list)) and isinstance(times, int) and len(text) * times > _MAX_TEXT:
            raise NodeFails("its expression makes a text that is too long")
    _afford(_bits(a) + _bits(b))
    return a * b


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(base, Unknown) or isinstance(exponent, Unknown):
        raise Undecided((base if isinstance(base, Unknown) else exponent).reason)
    if isinstance(base, int) and isinstance(exponent, int):
        _afford(_bits(base) * abs(exponent))
    return base**exponent


def _power_function(base: Any, exponent: Any) -> Any:
    if abs(exponent) > _MAX_EXPONENT:
        raise NodeFails(f"it raises to the power of {exponent}, more than {_MAX_EXPONENT}")
    return _power(base, exponent)


def _shifted(a: Any, b: Any) -> Any:
    _afford(_bits(a) + abs(b))
    return a << b


def _sum(*values: Any) -> Any:
    terms: Any = values[0] if len(values) == 1 and isinstance(values[0], (list, str)) else values
    return sum(terms)


def _extreme(plain: Callable[..., Any], bounded: Callable[..., Any]) -> Callable[..., Any]:
    def work(*values: Any, **how: Any) -> Any:
        given = values[0] if len(values) == 1 and isinstance(values[0], list) else values
        return bounded(*given) if any(isinstance(value, Unknown) for value in given) else plain(*values, **how)

    return work


def _rounded(value: Any, ndigits: int | None = None) -> Any:
    if ndigits is not None and abs(ndigits) > _MAX_DIGITS:
        raise NodeFails(f"it rounds to {ndigits} digits")
    return round(value, ndigits)


def _int(*value: Any) -> Any:
    return whole(value[0]) if len(value) == 1 and isinstance(value[0], Unknown) and value[0].low >= 0 else int(*value)


FUNCTIONS: Functions = {
    "sum": _sum,
    "min": _extreme(min, least),
    "max": _extreme(max, most),
    "abs": abs,
    "round": _rounded,
    "pow": _power_function,
    "sqrt": math.sqrt,
    "ceil": math.ceil,
    "floor": math.floor,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "int": _int,
    "float": float,
}
_OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: _multiplied,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
    ast.LShift: _shifted,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}


@rule("ComfyMathExpression")
def maths_expression(expression: str, values: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    result = value_of(expression, {**values, "values": list(values.values())})
    if isinstance(result, Unknown):
        return result, math.floor(result), Unknown(result.reason)
    if not isinstance(result, (int, float)):
        raise NodeFails(f"its expression gives no number, but {type(result).__name__}")
    number = float(result)
    if not math.isfinite(number):
        raise NodeFails(f"its expression gives {number}")
    return number, int(result), bool(result)


def value_of(
    expression: str, names: Mapping[str, Any], *, functions: Functions = FUNCTIONS, part: Part = _part_of_number
) -> Any:
    """The value of an expression; `part` gives what stands behind a dot.

    Raises `NodeFails` where it is none, or does what it must not.

    >>> value_of("max(a, b) * 2 if a else 0", {"a": 3, "b": 4})
    8
    """
    try:
        statements = ast.parse(expression.strip()).body
        if not statements:
            raise NodeFails("its expression is empty")
        # Of several lines only the first counts, and of an assignment its value.
        return _value(getattr(statements[0], "value", statements[0]), _Known(names, functions, part))
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise NodeFails(f"its expression cannot be read: {error}") from error


def _value(node: Any, known: _Known) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            if node.id not in known.names and node.id not in known.functions:
                raise NodeFails(f"its expression names '{node.id}', which is not given")
            return known.names[node.id] if node.id in known.names else known.functions[node.id]
        case ast.UnaryOp():
            return _OPERATORS[type(node.op)](_value(node.operand, known))
        case ast.BinOp() if type(node.op) in _OPERATORS:
            return _OPERATORS[type(node.op)](_value(node.left, known), _value(node.right, known))
        case ast.BoolOp():
            return _of_either(node, known)
        case ast.Compare():
            return _compared(node, known)
        case ast.IfExp():
            return _value(node.body if _value(node.test, known) else node.orelse, known)
        case ast.Call():
            return _called(node, known)
        case ast.Subscript():
            return _value(node.value, known)[_value(node.slice, known)]
        case ast.Slice():
            ends = (node.lower, node.upper, node.step)
            return slice(*(None if end is None else _value(end, known) for end in ends))
        case ast.Attribute():
            return known.part(_value(node.value, known), node.attr)
        case ast.JoinedStr():
            raise Undecided("the simulator does not look inside values in an expression")
        case _:
            raise NodeFails(f"its expression holds {type(node).__name__}, which is not allowed")


def _of_either(node: ast.BoolOp, known: _Known) -> Any:
    found: Any = False
    for part in node.values:
        found = _value(part, known)
        if bool(found) is isinstance(node.op, ast.Or):
            break
    return found


def _compared(node: ast.Compare, known: _Known) -> Any:
    found, right = True, _value(node.left, known)
    for sign, other in zip(node.ops, node.comparators, strict=True):
        if not found:
            break
        left, right = right, _value(other, known)
        found = _OPERATORS[type(sign)](left, right)
    return found


def _called(node: ast.Call, known: _Known) -> Any:
    if isinstance(node.func, ast.Attribute):
        raise Undecided("the simulator does not look inside values in an expression")
    if not isinstance(node.func, ast.Name) or node.func.id not in known.functions:
        raise NodeFails("its expression calls something that is no function it knows")
    arguments = [_value(argument, known) for argument in node.args]
    named = {str(keyword.arg): _value(keyword.value, known) for keyword in node.keywords}
    return known.functions[node.func.id](*arguments, **named)
