"""Packs' switches, comparisons, and nodes that pass on what they show."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ryla_graphs.shapes.registry import lazy, rule
from ryla_graphs.shapes.rules.common import passes, rows
from ryla_graphs.shapes.rules.numeric.logic import truth
from ryla_graphs.shapes.unknown import Undecided
from ryla_graphs.shapes.values import Blocked, Several

rows(
    passes,
    {
        # ComfyUI-Easy-Use
        "easy cleanGpuUsed": "anything",
        "easy clearCacheAll": "anything",
        "easy clearCacheKey": "anything",
        "easy sleep": "any",
        # ComfyUI-KJNodes: models, compiled
        "TorchCompileModelWanVideo": "model",
        "TorchCompileModelFluxAdvanced": "model",
        "TorchCompileLTXModel": "model",
    },
)

_TWO_WAYS: Mapping[str, tuple[str, str, str]] = {
    "LazySwitchKJ": ("switch", "on_true", "on_false"),
    "easy ifElse": ("boolean", "on_true", "on_false"),
    "ImpactConditionalBranch": ("cond", "tt_value", "ff_value"),
}
"""The input that decides, and the inputs for true and false, of which only one is computed."""


def _two_ways(class_type: str, condition: str, if_true: str, if_false: str) -> None:
    @lazy(class_type, inputs=lambda name: name in (if_true, if_false))
    def needs(known: Mapping[str, Any], waiting: frozenset[str]) -> Iterable[str]:
        return {if_true if known[condition] else if_false} & waiting

    @rule(class_type)
    def work(**given: Any) -> Any:
        return given.get(if_true if given[condition] else if_false)


for _class_type, _names in _TWO_WAYS.items():
    _two_ways(_class_type, *_names)


@rule("ImpactConditionalBranchSelMode")
def impact_branch(cond: Any, tt_value: Any = None, ff_value: Any = None) -> Any:
    return tt_value if cond else ff_value


_BY_INDEX: Mapping[str, str] = {
    "easy anythingIndexSwitch": "value",
    "easy imageIndexSwitch": "image",
    "easy textIndexSwitch": "text",
    "easy conditioningIndexSwitch": "cond",
}
"""The names of the inputs that an index chooses from."""


def _by_index(class_type: str, prefix: str) -> None:
    @lazy(class_type, inputs=lambda name: name.startswith(prefix))
    def needs(known: Mapping[str, Any], waiting: frozenset[str]) -> Iterable[str]:
        return {f"{prefix}{known['index']}"} & waiting

    @rule(class_type)
    def work(**given: Any) -> Any:
        return given[f"{prefix}{given['index']}"]


for _class_type, _prefix in _BY_INDEX.items():
    _by_index(_class_type, _prefix)


@lazy("ImpactSwitch", inputs=lambda name: name.startswith("input"))
def needs_of_impact(known: Mapping[str, Any], waiting: frozenset[str]) -> Iterable[str]:
    return {f"input{int(known['select'])}"} & waiting


@rule("ImpactSwitch")
def impact_switch(select: Any, **given: Any) -> tuple[Any, Any, int]:
    name = f"input{int(select)}"
    return (given[name], name, int(select)) if name in given else (None, "", int(select))


@rule("Any Switch (rgthree)")
def rgthree_switch(**given: Any) -> Any:
    return next((value for name, value in given.items() if name.startswith("any_") and value is not None), None)


@rule("easy textSwitch", "CR Text Input Switch")
def text_switch(input: Any = None, Input: Any = None, text1: Any = None, text2: Any = None) -> Any:  # noqa: A002, N803
    return text1 if 1 in (input, Input) else text2


@rule("easy ab")
def easy_ab(**given: Any) -> tuple[Any, Any]:
    value, is_a = given["in"], given["A or B"]
    return (value, Blocked()) if is_a else (Blocked(), value)


@rule("easy blocker")
def easy_blocker(**given: Any) -> Any:
    return given["in"] if given["continue"] else Blocked()


@rule("ImpactIfNone")
def impact_if_none(signal: Any = None, any_input: Any = None) -> tuple[Any, bool]:
    return signal, any_input is not None


@rule("ImpactExecutionOrderController")
def impact_order(signal: Any, value: Any) -> tuple[Any, Any]:
    return signal, value


_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "a = b": operator.eq,
    "a <> b": operator.ne,
    "a == b": operator.eq,
    "a != b": operator.ne,
    "a > b": operator.gt,
    "a < b": operator.lt,
    "a >= b": operator.ge,
    "a <= b": operator.le,
    "a > 0": lambda a, _: a > 0,
    "a <= 0": lambda a, _: a <= 0,
    "b > 0": lambda _, b: b > 0,
    "b <= 0": lambda _, b: b <= 0,
    "tt": lambda _, __: True,
    "ff": lambda _, __: False,
}


@rule("ImpactCompare")
def impact_compare(cmp: str, a: Any, b: Any) -> Any:
    return _COMPARE[cmp](a, b)


@rule("easy compare")
def easy_compare(a: Any = 0, b: Any = 0, comparison: str = "a == b") -> Any:
    return _COMPARE[comparison](a, b)


@rule("ImpactLogicalOperators")
def impact_logic(operator: str, bool_a: Any, bool_b: Any) -> Any:
    match operator:
        case "and":
            return bool_a and bool_b
        case "or":
            return bool_a or bool_b
        case _:
            return bool_a != bool_b


@rule("ImpactNeg")
def impact_neg(value: Any) -> bool:
    return not truth(value)


@rule("easy isNone")
def easy_is_none(any: Any) -> bool:  # noqa: A002 - the input's name
    return any is None or (isinstance(any, (str, int, float)) and any in ("", 0))


_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {"string": str, "int": int, "float": float, "boolean": truth}


@rule("easy convertAnything")
def easy_convert(**given: Any) -> Any:
    value, kind = given["*"], given["output_type"]
    if kind == "string" and not isinstance(value, (str, int, float, bool, list, dict, type(None))):
        raise Undecided(f"only the server knows how it writes a {type(value).__name__}")
    return _CONVERTERS[kind](value)


@rule("easy showAnything")
def easy_show(anything: list[Any] | None = None) -> Any:
    """It passes on the texts that it shows: a single one as it is, several as a list."""
    given = anything or []
    if not all(isinstance(value, (str, int, float, bool)) for value in given):
        raise Undecided("only the server knows how it writes a value that is neither a number nor a text")
    texts = [value if isinstance(value, str) else str(value) for value in given]
    return texts[0] if len(texts) == 1 else texts


@rule("easy indexAnything")
def easy_index(any: Any, index: list[int]) -> Any:  # noqa: A002 - the input's name
    if isinstance(any, Several):
        raise Undecided(any.count.reason)
    place = index[0] if index[0] >= 0 else len(any) + index[0]
    if len(any) > 1:
        return any[min(max(0, place), len(any) - 1)]
    raise Undecided("which part of a single value is taken")


@rule("easy lengthAnything")
def easy_length(any: Any) -> int:  # noqa: A002 - the input's name
    if isinstance(any, Several):
        raise Undecided(any.count.reason)
    if len(any) > 1:
        return len(any)
    if isinstance(any[0], (str, list, dict)):
        return len(any[0])
    raise Undecided("whether it counts a list of one, or what is in it")


@rule("PlaySound|pysssss", "SystemNotification|pysssss")
def pysssss_shown(any: list[Any]) -> list[Any]:  # noqa: A002 - the input's name
    return any
