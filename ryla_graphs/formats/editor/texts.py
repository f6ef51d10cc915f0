"""How the editor changes texts before it sends them: dynamic prompts, and tokens in file names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

Choose = Callable[[Sequence[str]], str]
"""Picks one of the options of ``{a|b|c}``."""

_COMMENT = re.compile(r"/\*|//")
_LINE = re.compile(r"//[^\n\r\u2028\u2029]*")
_LINE_END = re.compile(r"[\n\r\u2028\u2029]")
_ESCAPED = re.compile(r"\\([{}|])")
_TOKEN = re.compile(r"%([^%]+)%")
DATE = re.compile(r"%date:[^%]+%")
_DATE_PART = re.compile(r"dd?|MM?|hh?|mm?|ss?|yyy?y?")
_NOT_IN_NAMES = re.compile(r'[/?<>\\:*|"\x00-\x1f\x7f]')
_DEPTH = 50
"""How deep choices may be nested; the editor's own limit is its stack."""
_LONGEST = 100_000
"""How long a file name may become before its remaining tokens stay: no disk accepts a hundredth of that."""


def first(options: Sequence[str]) -> str:
    """The first option: the default of a conversion."""
    return options[0]


def dynamic_prompt(text: str, choose: Choose = first) -> str:
    r"""A text without comments, with one option of each ``{a|b}`` picked; a brace is escaped as ``\{``.

    As in the editor, a block that is never closed runs to the end, and a URL loses everything after its ``//``.
    """
    return _chosen(_without_comments(text), choose, 0)


def has_choices(text: str) -> bool:
    """Whether a dynamic prompt has anything to pick."""
    return "{" in _ESCAPED.sub("", text)


def _without_comments(text: str) -> str:
    """A text without `/* … */` and without what follows ``//`` on its line; one that is never closed stays."""
    if "/" not in text:
        return text
    found: list[str] = []
    kept = place = 0
    while (match := _COMMENT.search(text, place)) is not None:
        if match[0] == "//":
            end = _LINE_END.search(text, match.end())
            place = end.start() if end is not None else len(text)
        elif (closed := text.find("*/", match.end())) >= 0:
            place = closed + 2
        else:
            # No block closes from here on, so only line comments are left to look for.
            rest = text[match.start() :]
            return "".join(found) + text[kept : match.start()] + _LINE.sub("", rest)
        found.append(text[kept : match.start()])
        kept = place
    return "".join(found) + text[kept:]


def _chosen(text: str, choose: Choose, depth: int) -> str:
    if "{" not in text and "\\" not in text:
        return text
    found: list[str] = []
    place = 0
    while place < len(text):
        character = text[place]
        place += 1
        if character == "\\":
            found.append("\\" + (text[place] if place < len(text) else "undefined"))
            place += 1
        elif character == "{" and depth < _DEPTH:
            options, place = _options(text, place)
            found.append(_chosen(_without_comments(choose(options)), choose, depth + 1))
        else:
            found.append(character)
    return _ESCAPED.sub(r"\1", "".join(found))


def _options(text: str, place: int) -> tuple[list[str], int]:
    """The options of a block whose brace has just been read, and the position after it."""
    options: list[str] = []
    option: list[str] = []
    depth = 0
    while place < len(text):
        character = text[place]
        place += 1
        if character == "\\":
            character += text[place] if place < len(text) else "undefined"
            place += 1
        elif character == "{":
            depth += 1
        elif character == "}":
            if not depth:
                break
            depth -= 1
        elif character == "|" and not depth:
            options.append("".join(option))
            option = []
            continue
        option.append(character)
    options.append("".join(option))
    return options, place


def file_name(text: str, value_of: Callable[[str, str], Any], now: datetime | None) -> tuple[str, list[str]]:
    """A text with ``%date:…%`` and ``%Node.widget%`` filled in, and the unknown tokens.

    `value_of` gives the value of a node's widget, or raises `KeyError`.
    """
    unknown: list[str] = []
    length = 0

    def filled(match: re.Match[str]) -> str:
        nonlocal length
        token = match[1]
        parts = token.split(".")
        if len(parts) == 2 and length < _LONGEST:
            try:
                value = _NOT_IN_NAMES.sub("_", as_text(value_of(*parts)))
                length += len(value)
                return value
            except KeyError:
                unknown.append(token)
                return match[0]
        if parts[0].startswith("date:") and now is not None:
            return _date(parts[0].removeprefix("date:"), now)
        if token not in ("width", "height"):
            unknown.append(token)
        return match[0]

    return _TOKEN.sub(filled, text), unknown


def _date(pattern: str, now: datetime) -> str:
    parts = {"d": now.day, "M": now.month, "h": now.hour, "m": now.minute, "s": now.second}

    def part(match: re.Match[str]) -> str:
        text = match[0]
        if text == "yy":
            return str(now.year)[2:]
        if text == "yyyy":
            return str(now.year)
        return str(parts[text[0]]).rjust(len(text), "0") if text[0] in parts else text

    return _DATE_PART.sub(part, pattern)


def as_text(value: Any) -> str:
    """A value as JavaScript writes it into a text."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    if isinstance(value, list):
        return ",".join(map(as_text, value))
    return "[object Object]" if isinstance(value, Mapping) else str(value)
