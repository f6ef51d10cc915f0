"""`ComfyMathExpression` before the run: what it computes is known, so that lengths and sizes behind it are."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import catalogs
from ryla_graphs.plan import plan_of
from ryla_graphs.plan.limits import check
from ryla_graphs.prompt import Known, Prompt, Unknown
from ryla_graphs.prompt.expressions import evaluate, outputs
from ryla_graphs.validation import View

OFFICIAL = (
    ("a * b + 1", 81),
    ("floor (a * b + 1)", 81),
    ("max(((a + 15) // 16) * 16, 256)", 256),
    ("(a // 32) * 32", 0),
    ("a > 2048", False),
    ("a & -8", 0),
    ("a & ~1", 4),
    ("max(5, round(a * 24)) + (5 - (max(5, round(a * 24)) % 17)) % 17", 124),
    ("min(abs(b), 16) * a", 80),
    ("ceil(a / (81 - 5))", 1),
    ("a if b > 3 else 2", 5),
    ("b if 0 < a < 9 and b else 2", 16),
    ("9 > a > 5 or b", 16),
)
"""Expressions of the official templates, where a is 5 and b is 16."""


@pytest.mark.parametrize(("expression", "result"), OFFICIAL)
def test_expressions_of_the_official_templates(expression: str, result: Any) -> None:
    assert evaluate(expression, {"a": 5, "b": 16}) == result


ODD = (
    *("", "a +", "open('x')", "a.real", "[1][0]", "a**b", "9" * 2000, "(" * 400 + "a" + ")" * 400, "x", "a / 0"),
    *("max()", "a << 9", "lambda: 1", "f(a)", "min(a, b, key=a)", "9999999999 * " * 70 + "1" + " * 99" * 30, "1e999"),
    *("'x'", "__import__('os')"),
)

names = st.sampled_from(["a", "b", "c"])
leaves = names | st.integers(0, 4096).map(str) | st.floats(0, 64, allow_nan=False).map(repr)
expressions = st.recursive(
    leaves,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%", ">", "<=", "=="]), inner).map(
            lambda parts: f"({' '.join(parts)})"
        )
        | st.tuples(st.sampled_from(["max", "min"]), inner, inner).map(
            lambda parts: f"{parts[0]}({parts[1]}, {parts[2]})"
        )
        | st.tuples(st.sampled_from(["floor", "ceil", "round", "abs", "int", "float", "-", "not "]), inner).map(
            lambda parts: f"({parts[0]}({parts[1]}))"
        )
    ),
    max_leaves=8,
)


@given(expressions, st.integers(-9, 99), st.floats(-9, 99), st.integers(1, 9))
def test_it_computes_what_python_does(expression: str, a: int, b: float, c: int) -> None:
    given_names = {"a": a, "b": b, "c": c}
    known = {"floor": math.floor, "ceil": math.ceil, "__builtins__": {}} | {
        each.__name__: each for each in (max, min, round, abs, int, float)
    }
    try:
        wanted = eval(expression, known, dict(given_names))
    except (ArithmeticError, TypeError, ValueError):
        with pytest.raises(ValueError):
            evaluate(expression, given_names)
    else:
        assert evaluate(expression, given_names) == wanted
        assert outputs(wanted) == (float(wanted), int(wanted), bool(wanted))


@pytest.mark.parametrize("expression", ODD)
def test_what_is_not_computed_is_unknown(expression: str) -> None:
    with pytest.raises(ValueError):
        evaluate(expression, {"a": 5, "b": 16})


def video(expression: str, seconds: Any = 5, slot: int = 1) -> dict[str, Any]:
    """Wan with a length that an expression computes of seconds and frames a second."""
    return {
        "seconds": {"class_type": "PrimitiveFloat", "inputs": {"value": seconds}},
        "length": {
            "class_type": "ComfyMathExpression",
            "inputs": {"expression": expression, "values.a": ["seconds", 0], "values.b": 16},
        },
        "latent": {
            "class_type": "EmptyHunyuanLatentVideo",
            "inputs": {"width": 832, "height": 480, "length": ["length", slot], "batch_size": 1},
        },
        "save": {"class_type": "SaveLatent", "inputs": {"samples": ["latent", 0], "filename_prefix": "x"}},
    }


def test_a_length_behind_an_expression_is_known() -> None:
    prompt = Prompt(video("a * b + 1"), catalogs.bundled())
    assert prompt.value(prompt.nodes["latent"], "length") == Known(81, "length", "expression")
    for odd in (video("a * c"), video("a * b", seconds=["nowhere", 0]), video("a", slot=3), video("a ** b")):
        prompt = Prompt(odd, catalogs.bundled())
        assert isinstance(prompt.value(prompt.nodes["latent"], "length"), Unknown)


def test_limits_and_plans_go_by_it() -> None:
    assert check(View(video("a * b + 1"), catalogs.bundled())) == []
    assert check(View(video("a * 10000"), catalogs.bundled())), "50,000 frames are too many"
    assert check(View(video("a ** b"), catalogs.bundled())), "what is unknown is refused"
    assert all(stage.frames == 81 for stage in plan_of(View(video("a * b + 1"), catalogs.bundled())).stages)
