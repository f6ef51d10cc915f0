"""Number and text nodes of the most used packs, as their released code works."""

from __future__ import annotations

from typing import Any

import pytest

from ryla_graphs import catalogs
from ryla_graphs.engines.simulator.computed import computed
from ryla_graphs.prompt import Prompt
from ryla_graphs.shapes import evaluate
from ryla_graphs.shapes.registry import LAZY, NodeFails
from ryla_graphs.shapes.rules import rule
from ryla_graphs.shapes.unknown import Undecided
from ryla_graphs.shapes.values import Blocked, ImageShape, LatentShape
from tests.shapes.rules import outputs


def test_every_rule_is_for_a_class_that_there_is() -> None:
    known = catalogs.bundled()
    named = {name for name in (*rule, *computed, *LAZY) if name not in ("ProbeShape", "Lazy")}
    assert {name for name in named if name not in known} == set()


@pytest.mark.parametrize(
    ("class_type", "inputs", "expected"),
    [
        ("easy mathInt", {"a": 7, "b": 2, "operation": "divide"}, 3),
        ("easy mathFloat", {"a": 7.0, "b": 3.0, "operation": "divide"}, 2.333),
        ("easy float", {"value": 0.12345}, 0.123),
        ("easy simpleMath", {"value": "ceil(a / b)", "a": 5, "b": 2}, (3, 3.0, True)),
        ("easy simpleMath", {"value": "no formula"}, (0, 0.0, False)),
        ("easy compare", {"a": 1, "b": 2, "comparison": "a < b"}, True),
        ("easy convertAnything", {"*": "12", "output_type": "int"}, 12),
        ("easy showAnything", {"anything": [1, "a"]}, ["1", "a"]),
        ("easy promptReplace", {"prompt": "a cat", "find1": "cat", "replace1": "dog"}, "a dog"),
        ("easy stringToIntList", {"string": "1, 2"}, [1, 2]),
        ("SimpleCalculatorKJ", {"expression": "max(a, b) > 3", "variables__a": 2, "variables__b": 4}, (1.0, 1, True)),
        ("MathExpression|pysssss", {"expression": "a.width / 2 + b", "a": ImageShape(1, 4, 10), "b": 1}, (6, 6.0)),
        ("MathExpression|pysssss", {"expression": "a.height", "a": LatentShape((1, 4, 8, 16))}, (64, 64.0)),
        ("SimpleMath+", {"value": "a[2] * b", "a": ImageShape(1, 4, 10), "b": 1.5}, (15, 15.0)),
        ("GetImageSize+", {"image": ImageShape(3, 4, 10)}, (10, 4, 3)),
        ("JoinStrings", {"delimiter": "-", "string1": "a", "string2": "b"}, "a-b"),
        ("JoinStringMulti", {"inputcount": 3, "delimiter": "-", "string_1": "a", "string_3": "c"}, "a-c"),
        ("Text Concatenate", {"delimiter": "\\n", "clean_whitespace": "true", "text_a": " a ", "text_b": "b"}, "a\nb"),
        ("Text Multiline", {"text": "a\n# no\nb\n"}, "a\nb"),
        ("Text to Number", {"text": "1.5"}, 1.5),
        ("Text Find and Replace", {"text": "aXbX", "find": "X", "replace": "-"}, ("a-b-", 2, 2.0, 2)),
        ("String Replace (mtb)", {"string": "a1", "old": r"\d", "new": "2", "use_regex": True}, "a2"),
        ("StringFunction|pysssss", {"action": "append", "tidy_tags": "yes", "text_a": "a ,", "text_b": "b"}, "a, b"),
        ("ImpactCompare", {"cmp": "a <> b", "a": 1, "b": 1}, False),
        ("ImpactIfNone", {"signal": "s"}, ("s", False)),
        ("easy ab", {"A or B": True, "in": 5}, (5, Blocked())),
    ],
)
def test_packs(class_type: str, inputs: dict[str, Any], expected: Any) -> None:
    found = outputs(class_type, **inputs)
    if isinstance(found, tuple) and not isinstance(expected, tuple):
        found = found[0]
    assert found == expected


def test_what_is_drawn_or_depends_on_the_machine_is_unknown() -> None:
    for class_type, inputs in (
        ("Seed (rgthree)", {"seed": -1}),
        ("MathExpression|pysssss", {"expression": "randomint(1, 6)"}),
        ("Text Multiline", {"text": "at [time]"}),
    ):
        with pytest.raises(Undecided):
            outputs(class_type, **inputs)
    with pytest.raises(NodeFails):
        outputs("MathExpression|pysssss", expression="__import__('os')")


@pytest.mark.parametrize(
    ("class_type", "inputs"),
    [
        ("ImpactSwitch", {"select": 2, "sel_mode": False, "input1": ["1", 0], "input2": ["2", 0]}),
        ("easy anythingIndexSwitch", {"index": 1, "value0": ["1", 0], "value1": ["2", 0]}),
        ("LazySwitchKJ", {"switch": True, "on_false": ["1", 0], "on_true": ["2", 0]}),
        ("easy ifElse", {"boolean": True, "on_false": ["1", 0], "on_true": ["2", 0]}),
    ],
)
def test_only_the_branch_that_is_chosen_is_made(class_type: str, inputs: dict[str, Any]) -> None:
    document = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0}},
        "2": {"class_type": "EmptyImage", "inputs": {"width": 16, "height": 8, "batch_size": 1, "color": 0}},
        "3": {"class_type": class_type, "inputs": inputs},
        "4": {"class_type": "PreviewImage", "inputs": {"images": ["3", 0]}},
    }
    shapes = evaluate(Prompt(document, catalogs.bundled()))
    assert shapes["3"].first().width == 16
    assert "1" not in shapes
