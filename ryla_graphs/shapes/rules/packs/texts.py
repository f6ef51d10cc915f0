"""Packs' text nodes: passed on, joined, replaced, made from numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ryla_graphs.shapes.registry import rule
from ryla_graphs.shapes.rules.text.strings import affordable, replaced
from ryla_graphs.shapes.unknown import Undecided, Unknown

_HELP = Unknown("it is the address of a page of help")
"""The last output of Comfyroll's nodes."""


def joined(delimiter: str, texts: list[str]) -> str:
    """`delimiter.join`, unless the result would be too long to hold."""
    affordable(sum(map(len, texts)) + len(delimiter) * len(texts))
    return delimiter.join(texts)


@rule("ShowText|pysssss")
def show_text(text: list[Any]) -> list[Any]:
    return text


@rule("StringConstantMultiline")
def kj_constant(string: str, strip_newlines: bool = True) -> str:
    return string.replace("\n", "").strip() if strip_newlines else string


@rule("JoinStrings")
def kj_join(delimiter: str, string1: str = "", string2: str = "") -> str:
    return joined(delimiter, [string1, string2])


@rule("JoinStringMulti")
def kj_join_many(inputcount: int, delimiter: str, return_list: bool = False, **texts: Any) -> Any:
    more = (texts.get(f"string_{number}", "") for number in range(2, min(inputcount, 1000) + 1))
    found = [texts["string_1"], *(text for text in more if text)]
    return found if return_list else joined(delimiter, found)


@rule("AppendStringsToList")
def kj_append(string1: Any, string2: Any) -> list[Any]:
    first, second = (text if isinstance(text, list) else [text] for text in (string1, string2))
    return first + second


@rule("SomethingToString")
def kj_to_string(input: Any, prefix: str = "", suffix: str = "") -> Any:  # noqa: A002 - the input's name
    if isinstance(input, (int, float, str)):
        return f"{prefix}{input}{suffix}"
    if isinstance(input, list):
        return f"{prefix}{', '.join(map(str, input))}{suffix}"
    return input


@rule("easy promptReplace", "CR Text Replace")
def replace_three(
    prompt: str = "", text: str = "",
    find1: str = "", replace1: str = "", find2: str = "", replace2: str = "", find3: str = "", replace3: str = "",
) -> tuple[Any, ...]:  # fmt: skip
    """An empty search text matches before, between and after all letters, as in Python."""
    for find, replace in ((find1, replace1), (find2, replace2), (find3, replace3)):
        prompt, text = replaced(prompt, find, replace), replaced(text, find, replace)
    return prompt or text, _HELP


@rule("easy positive", "easy negative")
def easy_text(positive: str = "", negative: str = "") -> str:
    return positive or negative


@rule("easy promptConcat")
def easy_concat(prompt1: str = "", prompt2: str = "", separator: str = "") -> str:
    return joined(separator, [prompt1, prompt2])


@rule("easy stringToIntList")
def easy_ints(string: str) -> list[int]:
    return [int(part.strip()) for part in string.split(",")]


@rule("easy stringToFloatList")
def easy_floats(string: str) -> list[float]:
    return [float(part.strip()) for part in string.split(",")]


@rule("easy stringJoinLines")
def easy_lines(string: str, delimiter: str) -> str:
    return joined(delimiter, [line.strip() for line in string.split("\n") if line.strip()])


_TOKEN = re.compile(r"\[(time|hostname|cuda|user|.{1,40})[\](]")


@rule("Text Multiline")
def was_text(text: str) -> str:
    """Lines that begin with a # are left out. Words in brackets may be tokens of the machine."""
    lines = [line for line in text.split("\n") if not line.strip().startswith("#")]
    kept = "\n".join(lines[:-1] if lines and lines[-1] == "" else lines)
    if _TOKEN.search(kept):
        raise Undecided("its text has words in brackets, for which the server may put something else")
    return kept


@rule("Text Concatenate")
def was_concat(delimiter: str, clean_whitespace: str, **texts: Any) -> str:
    parts = [texts[name] for name in sorted(texts) if isinstance(texts[name], str)]
    if clean_whitespace == "true":
        parts = [part.strip() for part in parts]
    return joined("\n" if delimiter == "\\n" else delimiter, [part for part in parts if part])


@rule("Number to String", "Number to Text")
def was_string(number: Any) -> str:
    return str(number)


@rule("CR Text", "CR Prompt Text")
def comfyroll_text(text: str = "", prompt: str = "") -> tuple[Any, ...]:
    return text or prompt, _HELP


@rule("CR Integer To String")
def comfyroll_int(int_: Any) -> tuple[Any, ...]:
    return f"{int_}", _HELP


@rule("CR Float To String")
def comfyroll_float(float_: Any) -> tuple[Any, ...]:
    return f"{float_}", _HELP


@rule("CR Float To Integer")
def comfyroll_whole(_float: Any) -> tuple[Any, ...]:
    return int(_float), _HELP


@rule("CR Text Length")
def comfyroll_length(text: str) -> tuple[Any, ...]:
    return len(text), _HELP


_OPERATIONS: Mapping[str, Any] = {
    "uppercase": str.upper,
    "lowercase": str.lower,
    "capitalize": str.capitalize,
    "invert_case": str.swapcase,
    "reverse": lambda text: text[::-1],
    "trim": str.strip,
}


@rule("CR Text Operation")
def comfyroll_operation(text: str, operation: str) -> tuple[Any, ...]:
    if operation not in _OPERATIONS:
        raise Undecided(f"what '{operation}' makes of a text")
    return _OPERATIONS[operation](text), _HELP


@rule("CR Text Concatenate")
def comfyroll_concat(text1: str = "", text2: str = "", separator: str = "") -> tuple[Any, ...]:
    return joined(separator, [text1, text2]), _HELP


@rule("CR Split String")
def comfyroll_split(text: str, delimiter: str = "") -> tuple[Any, ...]:
    parts = [part.strip() for part in text.split(delimiter)[:4]]
    return (*parts, *[""] * (4 - len(parts)), _HELP)


@rule("CR Text List")
def comfyroll_list(multiline_text: str, start_index: int, max_rows: int) -> tuple[Any, ...]:
    lines = multiline_text.split("\n")
    start = max(0, min(start_index, len(lines) - 1))
    return lines[start : start + max_rows], _HELP


@rule("CR String To Number")
def comfyroll_number(text: str, round_integer: str) -> tuple[Any, ...]:
    if not text.removeprefix("-").replace(".", "", 1).isdigit():
        raise TypeError("its text is no number, and it gives nothing")
    number = float(text)
    # It rounds away from zero by adding one, even if there is nothing to round.
    away = {"round up": 0 if number < 0 else 1, "round down": -1 if text.startswith("-") else 0}
    return (int(number) + away[round_integer] if round_integer in away else round(number)), number, _HELP
