"""Packs' number nodes: passed on, calculated, converted, and sizes of pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.common import passes, rows
from ryla_graphs.shapes.rules.numeric.expressions import FUNCTIONS, value_of
from ryla_graphs.shapes.unknown import Number, Undecided, Unknown, Whole, least, most, rounded, whole
from ryla_graphs.shapes.values import AudioShape, ImageShape, LatentShape, MaskShape, Sigmas

rows(
    passes,
    {
        # ComfyUI-KJNodes
        "INTConstant": "value",
        "BOOLConstant": "value",
        "StringConstant": "string",
        # ComfyUI-Easy-Use
        "easy int": "value",
        "easy boolean": "value",
        "easy string": "value",
        "easy seed": "seed",
        # ComfyUI-Impact-Pack
        "ImpactInt": "value",
        "ImpactFloat": "value",
        "ImpactBoolean": "value",
        "Combo Clone": "combo",
        # Comfyroll, Image Saver, cleaners of memory
        "CR Current Frame": "index",
        "Seed Generator (Image Saver)": "seed",
        "VRAMCleanup": "anything",
        "RAMCleanup": "anything",
    },
)


def _rounded_to(digits: int) -> Callable[..., Any]:
    def work(value: Any) -> Any:
        return value if isinstance(value, Unknown) else round(value, digits)

    return work


rows(_rounded_to, {"easy float": 3, "FloatConstant": 6})

_OPERATIONS: Mapping[str, str] = {
    "add": "a + b",
    "subtract": "a - b",
    "multiply": "a * b",
    "divide": "a / b",
    "modulo": "a % b",
    "power": "a ** b",
}


@rule("easy mathInt")
def easy_maths_of_ints(a: Whole, b: Whole, operation: str) -> Any:
    expression = "a // b" if operation == "divide" else _OPERATIONS[operation]
    return value_of(expression, {"a": a, "b": b})


@rule("easy mathFloat")
def easy_maths_of_floats(a: Number, b: Number, operation: str) -> Any:
    return round(value_of(_OPERATIONS[operation], {"a": a, "b": b}), 3)


_EASY_FUNCTIONS = {
    **{name: FUNCTIONS[name] for name in ("abs", "pow", "round", "ceil", "floor", "sqrt", "log", "log10", "sin")},
    "cos": math.cos, "tan": math.tan, "asin": math.asin, "acos": math.acos, "atan": math.atan, "exp": math.exp,
}  # fmt: skip
_EASY_NAMES = {"pi": math.pi, "e": math.e}
_FAILS = (ArithmeticError, LookupError, NodeFails, TypeError, ValueError)


@rule("easy simpleMath")
def easy_formula(value: str, a: Any = 0, b: Any = 0, c: Any = 0) -> tuple[Any, Any, Any]:
    """The result is 0, without an error, if the formula cannot be calculated."""
    try:
        found = _easy_value(value, a=a, b=b, c=c)
    except _FAILS:
        return 0, 0.0, False
    return int(found), found, int(found) != 0


@rule("easy simpleMathDual")
def easy_formulas(value1: str, value2: str, a: Any = 0, b: Any = 0, c: Any = 0, d: Any = 0) -> tuple[Any, ...]:
    found: list[Any] = []
    for formula in (value1, value2):
        try:
            result = _easy_value(formula, a=a, b=b, c=c, d=d)
            found += [int(result), result]
        except _FAILS:
            found += [0, 0.0]
    return tuple(found)


def _easy_value(formula: str, **given: Any) -> float:
    if any(isinstance(value, (list, tuple)) for value in given.values()):
        raise Undecided("the simulator does not calculate with lists")
    names = {name: float(value) for name, value in given.items()}
    return float(value_of(formula, {**_EASY_NAMES, **names}, functions=_EASY_FUNCTIONS))


_KJ_FUNCTIONS = {
    **{name: FUNCTIONS[name] for name in ("abs", "round", "min", "max", "pow", "sqrt", "sin", "cos", "tan", "log")},
    "log10": math.log10, "exp": math.exp, "floor": math.floor, "ceil": math.ceil,
}  # fmt: skip


@rule("SimpleCalculatorKJ")
def kj_calculator(
    expression: str, variables: Mapping[str, Any] | None = None, a: Any = None, b: Any = None
) -> tuple[Any, Any, Any]:
    old = {name: value for name, value in (("a", a), ("b", b)) if value is not None}
    names = {"pi": math.pi, "euler": math.e, **(variables or {}), **old}
    try:
        found = value_of(expression, names, functions=_KJ_FUNCTIONS)
        return float(found), int(found), bool(found)
    except _FAILS:
        return 0.0, 0, False


def _random(*_: Any) -> Any:
    raise Undecided("its expression draws a random number")


_PYSSSSS_FUNCTIONS = {
    **{name: FUNCTIONS[name] for name in ("round", "ceil", "floor", "min", "max", "sqrt", "int")},
    "iif": lambda value, then, otherwise=None: then if value else otherwise,
    "randomint": _random,
    "randomchoice": _random,
}


def _side_of(value: Any, name: str) -> Any:
    if name not in ("width", "height"):
        raise Undecided("the simulator does not look for widgets of other nodes in an expression")
    if isinstance(value, LatentShape):
        # It assumes eight pixels per step, whatever made the latent.
        return value.samples[3 if name == "width" else 2] * 8
    return getattr(value, name)


@rule("MathExpression|pysssss")
def pysssss_expression(expression: str, a: Any = None, b: Any = None, c: Any = None) -> tuple[Any, Any]:
    text = expression.replace("\n", " ").replace("\r", "")
    found = value_of(text, {"a": a, "b": b, "c": c}, functions=_PYSSSSS_FUNCTIONS, part=_side_of)
    return whole(found), found if isinstance(found, Unknown) else float(found)


_ESSENTIAL_FUNCTIONS = {**{name: FUNCTIONS[name] for name in ("min", "max", "round", "sum")}, "len": len}


def _essential(value: Any) -> Any:
    if isinstance(value, (ImageShape, MaskShape, AudioShape)):
        return list(value.shape)
    if isinstance(value, Sigmas):
        return [len(value.values)]
    return float(value) if isinstance(value, str) else value


@rule("SimpleMath+")
def essentials_formula(value: str, a: Any = 0.0, b: Any = 0.0, c: Any = 0.0) -> tuple[Any, Any]:
    names = {"a": _essential(a), "b": _essential(b), "c": _essential(c), "d": 0.0}
    found = value_of(value, names, functions=_ESSENTIAL_FUNCTIONS)
    number = int(found) if isinstance(found, bool) else found
    return rounded(number), number


@rule("GetImageSize+")
def essentials_size(image: ImageShape) -> tuple[Whole, Whole, Whole]:
    return image.width, image.height, image.batch


@rule("easy imageSize")
def easy_size(image: ImageShape) -> tuple[Whole, Whole]:
    return image.width, image.height


@rule("easy imageSizeBySide")
def easy_size_of_side(image: ImageShape, side: str) -> Whole:
    shape = image.width, image.height
    size: Whole = most(*shape) if side == "Longest" else least(*shape)
    return size


@rule("easy imageSizeByLongerSide")
def easy_longer_side(image: ImageShape) -> Whole:
    size: Whole = most(image.width, image.height)
    return size


@rule("easy imageRatio")
def easy_ratio(image: ImageShape) -> tuple[Whole, Whole, Whole, Whole]:
    if isinstance(image.width, Unknown) or isinstance(image.height, Unknown):
        raise Undecided("the proportions of a picture of unknown size")
    common = math.gcd(image.width, image.height)
    width, height = image.width // common, image.height // common
    return width, height, width, height


@rule("easy imageCount")
def easy_count(images: ImageShape) -> Whole:
    return images.batch


@rule("Image Size to Number")
def was_size(image: ImageShape) -> tuple[Any, ...]:
    width, height = image.width, image.height
    floats = (width, height) if isinstance(width, Unknown) else (float(width), float(height))
    return width, height, *floats, width, height


@rule("ImageGenResolutionFromImage")
def preprocessor_size(image: ImageShape) -> tuple[Whole, Whole]:
    return image.width, image.height


@rule("ImageGenResolutionFromLatent")
def preprocessor_size_of_latent(latent: LatentShape) -> tuple[Whole, Whole]:
    return latent.samples[3] * 8, latent.samples[2] * 8


@rule("Number to Int")
def was_int(number: Any) -> int:
    return int(number)


@rule("Number to Float")
def was_float(number: Any) -> float:
    return float(number)


@rule("Text to Number")
def was_number_of_text(text: str) -> float | int:
    return float(text) if "." in text else int(text)


@rule("mxSlider")
def mx_slider(Xi: Any, Xf: Any, isfloatX: int) -> Any:  # noqa: N803 - the inputs' names
    return Xf if isfloatX > 0 else Xi


@rule("mxSlider2D")
def mx_sliders(Xi: Any, Xf: Any, Yi: Any, Yf: Any, isfloatX: int, isfloatY: int) -> tuple[Any, Any]:  # noqa: N803
    return Xf if isfloatX > 0 else Xi, Yf if isfloatY > 0 else Yi


@rule("KSampler Config (rgthree)")
def rgthree_config(steps_total: Any, refiner_step: Any, cfg: Any, sampler_name: Any, scheduler: Any) -> tuple[Any, ...]:
    return steps_total, refiner_step, cfg, sampler_name, scheduler


@rule("Seed (rgthree)")
def rgthree_seed(seed: int) -> int:
    if seed in (-1, -2, -3):
        raise Undecided("it draws a random seed")
    return seed
