"""The mutation runner: every mutant is another program, and a module's own file is not touched."""

from __future__ import annotations

import ast
import sys

import pytest

from tests.conftest import ROOT
from tools.guarded import GUARDED, SAME
from tools.mutants import Mutated, Result, mutations, path_of, report

SOURCE = """
from dataclasses import dataclass
@dataclass(frozen=True)
class Limit:
    most: int = 3
def check(a, b):
    if a < b and a not in (1, 2):
        raise ValueError(f"{a} of {b}" + "!")
    return a * 2 if b is None else a + b
"""


def test_every_mutant_is_another_program() -> None:
    plain = ast.unparse(ast.parse(SOURCE))
    programs = set()
    for number in range(len(list(mutations(ast.parse(SOURCE))))):
        tree = ast.parse(SOURCE)
        list(mutations(tree))[number].apply()
        compile(ast.fix_missing_locations(tree), "mutant", "exec")
        programs.add(ast.unparse(tree))
    assert plain not in programs and len(programs) == len(list(mutations(ast.parse(SOURCE)))) == 13
    assert all("frozen=True" in program for program in programs)  # what a decorator is given makes no difference
    assert all("+ '!'" in program or "raise" not in program for program in programs)  # nor is text arithmetic


def test_a_mutant_is_imported_in_place_of_the_module(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "ryla_graphs.server.safety.quotas"
    path = path_of(name)
    before = path.read_bytes()
    monkeypatch.delitem(sys.modules, name, raising=False)
    finder = Mutated(name, 0)
    assert finder.find_spec("ryla_graphs.server.safety.tokens") is None
    spec = finder.find_spec(name)
    assert spec is not None and spec.loader is finder and path.read_bytes() == before


def test_what_is_guarded_is_there() -> None:
    for guarded in GUARDED:
        assert path_of(guarded.module).is_file() and all((ROOT / name).is_file() for name in guarded.tests)


@pytest.mark.parametrize("module", SAME)
def test_what_makes_no_difference_is_still_a_mutant(module: str) -> None:
    assert module in {guarded.module for guarded in GUARDED}
    assert SAME[module].keys() <= {each.what for each in mutations(ast.parse(path_of(module).read_text()))}


def test_a_report_keeps_what_was_not_tried_again() -> None:
    first, second, *_ = GUARDED
    left = list(mutations(ast.parse("a < b")))[:1]
    before = report([Result(first, 5, 4, left)], report([Result(second, 7, 7, ())]))
    assert f"| `{first.module}` | 5 | 4 | 3 (75%) | 0 |" in before and "line 1: Lt → LtE in `a < b`" in before
    after = report([Result(first, 5, 5, ())], before)
    assert f"| `{first.module}` | 5 | 5 | 5 (100%) | 0 |" in after and "Lt → LtE" not in after
    assert f"| `{second.module}` | 7 | 7 | 7 (100%) | 0 |" in after


def test_what_makes_no_difference_counts_neither_way() -> None:
    guarded = next(guarded for guarded in GUARDED if guarded.module in SAME)
    found = mutations(ast.parse(path_of(guarded.module).read_text()))
    same = next(each for each in found if each.what in SAME[guarded.module])
    result = Result(guarded, 10, 9, [same])
    assert result.share == 1 and not result.survived
    survived, _, equal = report([result]).partition("## What makes no difference")
    assert same.what not in survived and f"{same.what}: {SAME[guarded.module][same.what]}" in equal
