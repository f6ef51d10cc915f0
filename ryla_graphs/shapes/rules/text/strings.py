"""Text: changed, joined, cut and compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.common import rows

MAX_TEXT = 20_000_000
"""The longest text that a node may make: a few of these graphs would fill a machine with letters."""


def affordable(length: int) -> None:
    """Raise `NodeFails` if a text would only fill the machine's memory."""
    if length > MAX_TEXT:
        raise NodeFails(f"its text would have {length:,} characters, more than {MAX_TEXT:,}")


@rule("StringConcatenate")
def concatenate(string_a: str, string_b: str, delimiter: str) -> str:
    affordable(len(string_a) + len(string_b) + len(delimiter))
    return delimiter.join((string_a, string_b))


@rule("StringSubstring")
def substring(string: str, start: int, end: int) -> str:
    return string[start:end]


@rule("StringLength")
def length_of(string: str) -> int:
    return len(string)


_CASES: Mapping[str, Callable[[str], str]] = {
    "UPPERCASE": str.upper,
    "lowercase": str.lower,
    "Capitalize": str.capitalize,
    "Title Case": str.title,
}
_TRIMS: Mapping[str, Callable[[str], str]] = {"Both": str.strip, "Left": str.lstrip, "Right": str.rstrip}


def _by_mode(changes: Mapping[str, Callable[[str], str]]) -> Callable[..., str]:
    """A rule for classes whose `mode` decides how the text changes; an unknown mode changes nothing."""

    def work(string: str, mode: str) -> str:
        return changes[mode](string) if mode in changes else string

    return work


rows(_by_mode, {"CaseConverter": _CASES, "StringTrim": _TRIMS})


def replaced(text: str, find: str, replace: str) -> str:
    """`text.replace`, unless the result would be too long to hold."""
    affordable(len(text) + text.count(find) * (len(replace) - len(find)))
    return text.replace(find, replace)


@rule("StringReplace")
def string_replace(string: str, find: str, replace: str) -> str:
    return replaced(string, find, replace)


@rule("StringContains")
def contains(string: str, substring: str, case_sensitive: bool) -> bool:
    return substring in string if case_sensitive else substring.lower() in string.lower()


@rule("StringCompare")
def compare(string_a: str, string_b: str, mode: str, case_sensitive: bool) -> bool | None:
    if not case_sensitive:
        string_a, string_b = string_a.lower(), string_b.lower()
    match mode:
        case "Equal":
            return string_a == string_b
        case "Starts With":
            return string_a.startswith(string_b)
        case "Ends With":
            return string_a.endswith(string_b)
        case _:
            return None


def _in_a_list(change: Callable[..., str]) -> Callable[..., list[str]]:
    """A rule for the text classes of the data set nodes: their output is a list as one value, not a list of values."""

    def work(texts: str, **others: Any) -> list[str]:
        return [change(texts, **others)]

    return work


def _prefixed(text: str, prefix: str) -> str:
    affordable(len(text) + len(prefix))
    return prefix + text


def _suffixed(text: str, suffix: str) -> str:
    affordable(len(text) + len(suffix))
    return text + suffix


rows(
    _in_a_list,
    {
        "TextToLowercase": str.lower,
        "TextToUppercase": str.upper,
        "TruncateText": lambda text, max_length: text[:max_length],
        "AddTextPrefix": _prefixed,
        "AddTextSuffix": _suffixed,
        "ReplaceText": replaced,
        "StripWhitespace": str.strip,
    },
)


@rule("MergeTextLists")
def merge_text_lists(texts: list[str]) -> list[list[str]]:
    return [texts]
