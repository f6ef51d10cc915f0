"""Python source laid out as `ruff format` lays it out, for the few shapes that graphs need.

A line that fits stays one line. Otherwise the outermost brackets break: first with everything between them on a line of
its own, then with a line for each item and a comma after the last.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

LINE_LENGTH = 120
INDENT = "    "


@dataclass(frozen=True)
class Call:
    """A call, and the calls or attributes on its result: `UNETLoader(…).named("12").out.model`."""

    function: str
    arguments: tuple[Expression, ...]
    then: tuple[Call | str, ...] = ()
    """Calls (`.named`) and attributes (`.out.model`)."""

    @cached_property
    def flat(self) -> str:
        """The text on one line."""
        return f"{self.alone}{''.join(flat(part) for part in self.then)}"

    @cached_property
    def alone(self) -> str:
        """The text of the call itself, on one line."""
        return f"{self.function}({', '.join(map(flat, self.arguments))})"


@dataclass(frozen=True)
class Items:
    """A list, tuple or dict."""

    brackets: str
    items: tuple[Expression, ...]

    @cached_property
    def flat(self) -> str:
        """The text on one line."""
        comma = "," if self.brackets == "()" and len(self.items) == 1 else ""
        return f"{self.brackets[0]}{', '.join(map(flat, self.items))}{comma}{self.brackets[1]}"


@dataclass(frozen=True)
class Keyed:
    """A keyword argument, `steps=20`, or an item of a dict, `"steps": 20`."""

    key: str
    """The key with the separator between it and the value."""
    value: Expression

    @cached_property
    def flat(self) -> str:
        """The text on one line."""
        return self.key + flat(self.value)


Expression = str | Call | Items | Keyed


def flat(expression: Expression) -> str:
    """An expression on one line."""
    return expression if isinstance(expression, str) else expression.flat


def width(line: str) -> int:
    """The columns that a line occupies: East Asian characters take two."""
    if line.isascii():
        return len(line)
    return sum(_columns(character) for character in line)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fits(line: str) -> bool:
    """Whether a line is short enough."""
    return width(line) <= LINE_LENGTH


def lines(expression: Expression, before: str = "", after: str = "", indent: str = "") -> Iterator[str]:
    """The lines of an expression with the text before and after it: ``x = `` or ``,``."""
    line = f"{indent}{before}{flat(expression)}{after}"
    if isinstance(expression, str) or fits(line) or (isinstance(expression, Items) and not expression.items):
        yield line
    elif isinstance(expression, Keyed):
        yield from lines(expression.value, before + expression.key, after, indent)
    elif isinstance(expression, Items):
        yield f"{indent}{before}{expression.brackets[0]}"
        for item in expression.items:
            yield from lines(item, "", ",", indent + INDENT)
        yield f"{indent}{expression.brackets[1]}{after}"
    elif len(expression.then) > 1:
        yield f"{indent}{before}("
        together = fits(f"{indent}{INDENT}{expression.flat}")
        links = (expression.flat,) if together else (Call(expression.function, expression.arguments), *expression.then)
        for link in links:
            yield from lines(link, "", "", indent + INDENT)
        yield f"{indent}){after}"
    else:
        yield from _broken_call(expression, before, after, indent)


def _broken_call(call: Call, before: str, after: str, indent: str) -> Iterator[str]:
    """A call followed by at most one more: the first of the two that can stay on its line does."""
    calls = [call, *(part for part in call.then if isinstance(part, Call))]
    after = "".join(part for part in call.then if isinstance(part, str)) + after
    for one, following in pairwise(calls):
        line = f"{indent}{before}{one.alone}"
        if not one.arguments or fits(f"{line}{following.function}("):
            before += one.alone
        else:
            yield from _broken(one, before, indent)
            before = ")"
    last = calls[-1]
    if not last.arguments or fits(f"{indent}{before}{last.alone}{after}"):
        yield f"{indent}{before}{last.alone}{after}"
    else:
        yield from _broken(last, before, indent)
        yield f"{indent}){after}"


def _broken(call: Call, before: str, indent: str) -> Iterator[str]:
    """The lines of a call whose brackets break, without the closing one."""
    yield f"{indent}{before}{call.function}("
    yield from _arguments(call.arguments, indent + INDENT)


def _arguments(arguments: Sequence[Expression], indent: str) -> Iterator[str]:
    together = indent + ", ".join(map(flat, arguments))
    if fits(together):
        yield together
    else:
        comma = "," if len(arguments) > 1 else ""
        for argument in arguments:
            yield from lines(argument, "", comma, indent)
