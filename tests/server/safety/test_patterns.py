"""No regular expression over a caller's text takes more than a time in proportion to its length.

Every pattern of the modules that a request reaches is fed with texts that make patterns backtrack, at two lengths: what
takes four times the time for twice the text is quadratic. The time is that of the thread, and compared by its ratio.
"""

from __future__ import annotations

import importlib
import itertools
import pkgutil
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import ryla_graphs

ROOMS = (
    "server", "formats", "prompt", "validation", "families", "weights", "shapes", "sources", "plan", "outputs",
    "catalog", "presets", "engines.simulator", "problems", "graph",
)  # fmt: skip
METHODS = ("match", "fullmatch", "search", "finditer")
SCANS = {"sub": "finditer", "subn": "finditer", "findall": "finditer", "split": "finditer"}

PIECES = (
    "a", "A", "0", "/", "-", " ", "\n", ".", ";", ":", "%", "{", "(", "[", "\\", "'", '"', "a/", "a.", ";a", "-/", " a",
    "{a|", "a=", "0.", "/*", "\\{",
)  # fmt: skip
HEADS = ("", "data:", "/", "%", "{", "a", "C:\\", "A" * 40)
TAIL = "\n!"
SHORT, LONG = 250, 2_000
"""Eight times the text may take this many times the time; a quadratic pattern takes 64 times."""
GROWTH = 24
NOISE_SECONDS = 0.001
"""What takes no longer than this for the long text is not looked at."""


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(ryla_graphs.__path__, "ryla_graphs."):
        if found.name.removeprefix("ryla_graphs.").startswith(ROOMS):
            yield importlib.import_module(found.name)


def patterns() -> Mapping[str, tuple[re.Pattern[Any], tuple[str, ...]]]:
    """Every pattern that a module keeps, by where it is, with the ways it is used there."""
    found = {}
    for module in modules():
        source = Path(module.__file__).read_text(encoding="utf-8")
        for name, value in vars(module).items():
            for number, pattern in enumerate(held(value)):
                used = {SCANS.get(way, way) for way in re.findall(rf"\b{re.escape(name)}\.(\w+)\(", source)}
                found[f"{module.__name__}.{name}.{number}"] = pattern, tuple(used & set(METHODS)) or METHODS
    return found


def held(value: Any, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 4 and isinstance(value, (list, tuple, set, frozenset, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from held(item, depth + 1)


PATTERNS = patterns()


def seconds(pattern: re.Pattern[Any], way: str, text: str) -> float:
    given = text.encode("latin-1") if isinstance(pattern.pattern, bytes) else text
    begun = time.thread_time()
    if way == "finditer":
        for _ in pattern.finditer(given):
            pass
    else:
        getattr(pattern, way)(given)
    return time.thread_time() - begun


def growth(pattern: re.Pattern[Any], way: str, head: str, piece: str) -> float:
    def of(length: int) -> float:
        return seconds(pattern, way, head + piece * length + TAIL)

    if of(LONG) < NOISE_SECONDS:
        return 0.0
    return min(of(LONG) for _ in range(3)) / max(1e-6, min(of(SHORT) for _ in range(3)))


def backtracking(pattern: re.Pattern[Any], ways: tuple[str, ...]) -> str | None:
    """A text for which the pattern takes far longer than it is longer; None if there is none."""
    for way, head, piece in itertools.product(ways, HEADS, PIECES):
        if growth(pattern, way, head, piece) > GROWTH:
            return f"{way}({head + piece!r}…)"
    return None


def test_there_are_patterns_to_try() -> None:
    assert len(PATTERNS) > 30


@pytest.mark.parametrize("where", PATTERNS)
def test_a_pattern_does_not_backtrack(where: str) -> None:
    assert backtracking(*PATTERNS[where]) is None


@pytest.mark.parametrize("pattern", [r"a*a*!", r"data:[\w.+-]*/?[\w.+-]*(?:;[\w=.+-]+)*,", r"[a\n]*x?[a\n]*y"])
def test_one_that_does_is_found(pattern: str) -> None:
    assert backtracking(re.compile(pattern), ("match",)) is not None
