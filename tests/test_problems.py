"""Problems as data: one subject, one register of codes, and a reader that takes what a newer version writes."""

from __future__ import annotations

import ast
import doctest
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.problems import CODES, AtField, AtFile, AtNode, AtParameter, Problem, problem
from tests.conftest import ROOT
from tools.codes_tables import GROUPS, PAGE, written

TEXT = st.text(min_size=1, max_size=8)
SUBJECTS = st.one_of(
    st.builds(AtNode, st.none() | TEXT, st.none() | TEXT, st.none() | TEXT),
    st.builds(AtParameter, TEXT, st.none() | TEXT),
    st.builds(AtField, TEXT, st.none() | TEXT),
    st.builds(AtFile, TEXT),
)
PROBLEMS = st.builds(
    lambda code, subject, message, hint, parameters: Problem(
        code=code, subject=subject, message=message, hint=hint, parameters=tuple(parameters)
    ),
    st.sampled_from(sorted(CODES)),
    SUBJECTS,
    TEXT,
    st.none() | TEXT,
    st.lists(TEXT, max_size=2),
)


@given(PROBLEMS)
def test_reading_undoes_writing(found: Problem) -> None:
    assert Problem.from_dict(found.to_dict()) == found


@given(PROBLEMS, st.dictionaries(TEXT.map(lambda name: f"new_{name}"), st.integers()))
def test_what_a_newer_version_adds_is_left_out(found: Problem, more: dict[str, Any]) -> None:
    assert Problem.from_dict({**found.to_dict(), **more, "severity": "grave"}) == found


def test_a_code_that_is_unknown_here_is_read_all_the_same() -> None:
    read = Problem.from_dict({"code": "of_tomorrow", "message": "no", "level": "fatal", "tier": 9, "node": "7"})
    assert (read.code, read.level, read.tier, read.node) == ("of_tomorrow", "error", 2, "7")


def test_a_code_of_ours_must_be_in_the_register() -> None:
    with pytest.raises(KeyError):
        Problem(code="no_such_code", message="no")


def test_every_code_in_the_source_is_in_the_register() -> None:
    named: set[str] = set()
    for path in (ROOT / "ryla_graphs").rglob("*.py"):
        named |= _codes_in(path)
    assert named - CODES.keys() == set() and len(named) > 60


def _codes_in(path: Path) -> set[str]:
    calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    return {
        str(keyword.value.value)
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "Problem"
        for keyword in call.keywords
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
    }


def test_the_page_shows_the_register() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert written(text) == text, "run python -m tools.codes_tables"
    assert {row.group for row in CODES.values()} == set(GROUPS)
    assert all(f"`{code}`" in text for code in CODES)


def test_the_examples_run() -> None:
    assert doctest.testmod(problem).failed == 0
