"""No test gives what must come less than a minute: on a slow machine, it comes late."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

LEAST = 60
MOMENT = 1
"""A shorter wait is meant to end without what it waits for."""
NOT_WAITED_FOR = {"TestAsyncTimeout"}
"""What a keyword `timeout` of is no limit of the test's."""


def number(node: ast.expr | None) -> float:
    """A literal number; a long time for everything else."""
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else LEAST


def short(node: ast.AST, *, asserted: bool) -> bool:
    """Whether this is a wait for what must come, which is too short."""
    if isinstance(node, ast.BinOp):
        return "monotonic()" in ast.unparse(node.left) and number(node.right) < LEAST
    if not isinstance(node, ast.Call):
        return False
    name = ast.unparse(node.func).rpartition(".")[2]
    if name not in NOT_WAITED_FOR and any(
        each.arg == "timeout" and number(each.value) < LEAST for each in node.keywords
    ):
        return True
    first = number(node.args[0]) if node.args else LEAST
    if name == "wait" and asserted:
        return first < LEAST
    return name in ("join", "result") and MOMENT <= first < LEAST


def short_waits(text: str) -> Iterator[int]:
    """The lines with a wait that a slow machine exceeds."""
    tree = ast.parse(text)
    asserted = {inner for node in ast.walk(tree) if isinstance(node, ast.Assert) for inner in ast.walk(node.test)}
    for node in ast.walk(tree):
        if short(node, asserted=node in asserted):
            yield getattr(node, "lineno", 0)


def test_nothing_must_come_within_less_than_a_minute() -> None:
    files = {path.relative_to(ROOT).as_posix(): path for path in Path(ROOT, "tests").rglob("*.py")}
    found = [f"{name}:{line}" for name, path in sorted(files.items()) for line in short_waits(path.read_text("utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "assert event.wait(10)",
        "end = time.monotonic() + 5",
        "requests.get(address, timeout=20)",
        "process.communicate(timeout=30)",
        "thread.join(20)",
        "assert future.result(10) == 1",
    ],
)
def test_a_short_wait_is_found(line: str) -> None:
    assert list(short_waits(line)) == [1]


@pytest.mark.parametrize("line", ["assert event.wait(60)", "thread.join(0.1)", "thread.join()", "site.wait(3)"])
def test_others_are_not(line: str) -> None:
    assert list(short_waits(line)) == []
