"""What expressions of maths nodes mean to the simulator; `ryla_graphs.prompt.expressions` reads them.

Numbers that are unknown before a run go through with their bounds. Anything that would take too much memory
fails, because the expression comes from the sender of the graph.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from ryla_graphs.prompt.expressions import COMMON, Functions, Inside, Language, Operators, Refused, value
from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.unknown import Undecided, Unknown, least, most, whole

_MAX_BITS = 100_000
_MAX_TEXT = 100_000
_MAX_EXPONENT = 4_000
_MAX_DIGITS = 1_000


Part = Callable[[Any, str], Any]


def _part_of_number(value: Any, name: str) -> Any:
    if name in ("real", "imag", "numerator", "denominator"):
        return getattr(value, name)
    raise Undecided("the simulator does not look inside values in an expression")


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
_OPERATORS: Operators = {
    **COMMON,
    ast.Mult: _multiplied,
    ast.Pow: _power,
    ast.LShift: _shifted,
    ast.RShift: operator.rshift,
    ast.BitXor: operator.xor,
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
    """The value of an expression; `part` resolves the name after a dot.

    Raises `NodeFails` if it is not an expression, or does something forbidden.

    >>> value_of("max(a, b) * 2 if a else 0", {"a": 3, "b": 4})
    8
    """
    try:
        return value(expression, Language(names, functions, _OPERATORS, part, _as_it_is))
    except Inside as error:
        raise Undecided("the simulator does not look inside values in an expression") from error
    except Refused as error:
        raise NodeFails(str(error)) from error
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise NodeFails(f"its expression cannot be read: {error}") from error


def _as_it_is(value: Any) -> Any:
    return value
