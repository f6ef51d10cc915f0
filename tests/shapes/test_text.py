"""Text nodes do what ComfyUI's do, and no text of a caller makes them run or grow without end."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.engines.simulator.computed import regexes
from ryla_graphs.shapes.registry import NodeFails
from ryla_graphs.shapes.unknown import Undecided
from ryla_graphs.shapes.values import ImageShape
from tests.shapes.rules import outputs


@pytest.mark.parametrize(
    ("class_type", "inputs", "expected"),
    [
        ("StringConcatenate", {"string_a": "a", "string_b": "b", "delimiter": ", "}, "a, b"),
        ("StringSubstring", {"string": "abcdef", "start": -3, "end": 100}, "def"),
        ("StringLength", {"string": "über"}, 4),
        ("CaseConverter", {"string": "it's ONE", "mode": "Title Case"}, "It'S One"),
        ("CaseConverter", {"string": "it's ONE", "mode": "Capitalize"}, "It's one"),
        ("StringTrim", {"string": " a ", "mode": "Left"}, "a "),
        ("StringReplace", {"string": "aXbX", "find": "X", "replace": "--"}, "a--b--"),
        ("StringContains", {"string": "Hello", "substring": "ELL", "case_sensitive": False}, True),
        (
            "StringCompare",
            {"string_a": "Hello", "string_b": "he", "mode": "Starts With", "case_sensitive": True},
            False,
        ),
        ("TextToUppercase", {"texts": "a"}, ["A"]),
        ("TruncateText", {"texts": "abcdef", "max_length": 3}, ["abc"]),
        ("AddTextPrefix", {"texts": "b", "prefix": "a"}, ["ab"]),
        ("MergeTextLists", {"texts": ["a", "b"]}, [["a", "b"]]),
        ("JsonExtractString", {"json_string": '{"a": {"b": 1}}', "key": "a"}, "{'b': 1}"),
        ("JsonExtractString", {"json_string": '{"a": null}', "key": "a"}, ""),
        ("JsonExtractString", {"json_string": "no JSON", "key": "a"}, ""),
        ("ConvertArrayToString", {"array": [1, "ü"], "indent": 0}, '[1, "ü"]'),
        ("ConvertDictionaryToString", {"dictionary": {"a": 1}, "indent": 2}, '{\n  "a": 1\n}'),
        ("StringFormat", {"f_string": "{a:03d} {b}", "values__a": 7, "values__b": "x"}, "007 x"),
        ("RegexMatch", {"string": "Hello", "regex_pattern": "^h"}, True),
        ("RegexMatch", {"string": "Hello", "regex_pattern": "(unclosed"}, False),
        ("RegexReplace", {"string": "a1b2", "regex_pattern": r"(\d)", "replace": r"<\1>", "count": 1}, "a<1>b2"),
    ],
)
def test_text_nodes(class_type: str, inputs: dict[str, Any], expected: Any) -> None:
    assert outputs(class_type, **inputs) == expected


@pytest.mark.parametrize(
    ("mode", "group", "expected"),
    [
        ("First Match", 1, "a=1"),
        ("All Matches", 1, "a\nb\nc"),
        ("First Group", 2, "1"),
        ("First Group", 3, ""),
        ("All Groups", 1, "a\nb\nc"),
    ],
)
def test_what_a_pattern_takes_out(mode: str, group: int, expected: str) -> None:
    taken = outputs("RegexExtract", string="a=1 b=2 c", regex_pattern=r"(\w)(?:=(\d))?", mode=mode, group_index=group)
    assert taken == expected


def test_a_group_that_took_no_part_is_no_text() -> None:
    """The first one is None, which the next node gets; joining it with others raises."""
    given_ = {"string": "c", "regex_pattern": r"(\w)(=\d)?", "group_index": 2}
    assert outputs("RegexExtract", mode="First Group", **given_) is None
    with pytest.raises(TypeError):
        outputs("RegexExtract", mode="All Groups", **given_)


def test_a_pattern_that_would_never_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regexes, "SECONDS", 0.05)
    with pytest.raises(NodeFails, match="simplify its repetitions"):
        outputs("RegexMatch", string="a" * 5000 + "b", regex_pattern=r"(a|a)*$")


_PIECES = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "[[:a]", "{e}", "{,2}", "(a)", "(?:b|a)", r"\w", r"\d"])


@given(st.lists(_PIECES, max_size=5).map("".join), st.text("ab1:e{} \n", max_size=8), st.booleans())
@pytest.mark.filterwarnings("ignore:Possible nested set")
def test_patterns_mean_what_they_mean_to_python(pattern: str, text: str, multiline: bool) -> None:
    try:
        expected = re.search(pattern, text, re.IGNORECASE | (re.MULTILINE if multiline else 0)) is not None
    except re.error:
        expected = False
    assert outputs("RegexMatch", string=text, regex_pattern=pattern, multiline=multiline) is expected


@pytest.mark.parametrize(
    ("class_type", "inputs"),
    [
        ("StringReplace", {"string": "a" * 10_000, "find": "", "replace": "b" * 10_000}),
        ("ReplaceText", {"texts": "a" * 10_000, "find": "a", "replace": "b" * 10_000}),
        ("RegexReplace", {"string": "a" * 10_000, "regex_pattern": "a", "replace": "b" * 10_000}),
        ("StringConcatenate", {"string_a": "a" * 15_000_000, "string_b": "a" * 15_000_000, "delimiter": ""}),
        ("StringFormat", {"f_string": "{a:>1000000000}", "values__a": 1}),
        ("StringFormat", {"f_string": "{a:>{b}}", "values__a": 1, "values__b": 10**9}),
        ("JsonExtractString", {"json_string": "[" * 100_000, "key": "a"}),
    ],
)
def test_a_text_that_would_fill_the_memory_fails(class_type: str, inputs: dict[str, Any]) -> None:
    with pytest.raises(NodeFails):
        outputs(class_type, **inputs)


def test_a_format_shows_nothing_of_what_lies_behind_a_value() -> None:
    with pytest.raises(NodeFails, match="looks inside"):
        outputs("StringFormat", f_string="{a.__class__.__init__.__globals__}", values__a=1)
    with pytest.raises(Undecided, match="only the server knows"):
        outputs("StringFormat", f_string="{a}", values__a=ImageShape(1, 2, 3))
