"""Regular expressions from the graph: Python's syntax, with a time limit.

`re` has no timeout, so `regex`, which has one, matches the pattern after `re` has validated it. A pattern that both
read differently is rewritten so that `regex` reads it like `re`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import regex

from ryla_graphs.engines.simulator.computed.registry import computed
from ryla_graphs.shapes.registry import NodeFails
from ryla_graphs.shapes.rules.text.strings import affordable

SECONDS = 2.0
"""Seconds that one node may search for its pattern."""
_FLAGS = {"case_insensitive": re.IGNORECASE, "multiline": re.MULTILINE, "dotall": re.DOTALL}
_READ_DIFFERENTLY = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]?|\{(?!\d+(?:,\d*)?\}|,\d*\})", re.DOTALL)
"""Escapes, which stay; sets, in which `regex` knows classes; braces that count nothing, where it allows errors."""
_OPENED = re.compile(r"(\\.)|\[", re.DOTALL)


def _compiled(pattern: str, given: dict[str, Any]) -> Any:
    """Compile the pattern. Raises `re.error` if it is invalid."""
    flags = sum(flag for name, flag in _FLAGS.items() if given.get(name))
    pattern = _as_regex(pattern)
    re.compile(pattern, flags)
    return regex.compile(pattern, flags)


def _as_regex(pattern: str) -> str:
    """Rewrite a pattern of `re` so that `regex` reads it the same way.

    >>> _as_regex("[[:a]]{e}")
    '[\\\\[:a]]\\\\{e}'
    """
    return _READ_DIFFERENTLY.sub(_read_alike, pattern)


def _read_alike(found: re.Match[str]) -> str:
    piece = found[0]
    if piece == "{":
        return r"\{"
    return piece if piece[0] == "\\" else "[" + _OPENED.sub(lambda one: one[1] or r"\[", piece[1:])


@contextmanager
def _limited() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise NodeFails(f"its pattern took longer than {SECONDS:g} s; simplify its repetitions") from error
    except (RecursionError, MemoryError) as error:
        raise NodeFails(f"its pattern is too large: {error}") from error


@computed("RegexMatch")
def match(string: str, regex_pattern: str, **given: Any) -> bool:
    with _limited():
        try:
            return _compiled(regex_pattern, given).search(string, timeout=SECONDS) is not None
        except (re.error, regex.error):
            return False


@computed("RegexExtract")
def extract(string: str, regex_pattern: str, mode: str, group_index: int, **given: Any) -> str | None:
    with _limited():
        try:
            found = _compiled(regex_pattern, given).finditer(string, timeout=SECONDS)
            pieces = list(_pieces(found, mode, group_index))
        except (re.error, regex.error):
            return ""
    if mode == "First Group" and pieces == [None]:
        return None
    # A group without a match is None, which cannot be joined.
    return "\n".join(pieces)


def _pieces(found: Iterator[Any], mode: str, group: int) -> Iterator[Any]:
    """The parts of the matches that a mode returns."""
    match mode:
        case "First Match":
            yield from (match[0] for match in _first(found))
        case "All Matches":
            # For a pattern with groups, the text of the first group.
            yield from ((match[1] or "") if match.re.groups else match[0] for match in found)
        case "First Group":
            yield from (match[group] for match in _first(found) if match.re.groups >= group)
        case "All Groups":
            yield from (match[group] for match in found if match.re.groups and match.re.groups >= group)
        case _:
            return


def _first(found: Iterator[Any]) -> Iterator[Any]:
    match = next(found, None)
    return iter(() if match is None else (match,))


def _check_replacement(pattern: Any, replacement: str) -> None:
    """Raise `re.error` or `IndexError` if `re` would not accept a replacement for a pattern."""
    names = {number: name for name, number in pattern.groupindex.items()}
    groups = (f"(?P<{names[number]}>)" if number in names else "()" for number in range(1, pattern.groups + 1))
    re.sub("".join(groups), replacement, "")


def matches_at_start(pattern: str, text: str) -> bool:
    """Whether the pattern matches at the start of a text. Raises `re.error` if the pattern is invalid."""
    with _limited():
        return _compiled(pattern, {}).match(text, timeout=SECONDS) is not None


def substituted(pattern: str, replacement: str, text: str, count: int = 0, **given: Any) -> tuple[str, int]:
    """The text with matches replaced, and their number. Raises `NodeFails` if `re` would raise."""
    with _limited():
        try:
            compiled = _compiled(pattern, given)
            _check_replacement(compiled, replacement)
            length = len(text)

            def expanded(match: Any) -> str:
                nonlocal length
                put: str = match.expand(replacement) if "\\" in replacement else replacement
                length += len(put)
                affordable(length)
                return put

            changed: tuple[str, int] = compiled.subn(expanded, text, count=count, timeout=SECONDS)
        except (re.error, regex.error, IndexError) as error:
            raise NodeFails(f"its pattern or its replacement is invalid: {error}") from error
        return changed


@computed("RegexReplace")
def replace(string: str, regex_pattern: str, replace: str, count: int = 0, **given: Any) -> str:
    return substituted(regex_pattern, replace, string, count, **given)[0]
