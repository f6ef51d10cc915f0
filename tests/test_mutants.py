"""The mutation runner: every mutant is another program, and a module's own file is not touched."""

from __future__ import annotations

import ast
import sys

import pytest

from tests.conftest import ROOT
from tools.mutants import GUARDED, Mutated, mutations, path_of, report

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
    rows = [(GUARDED[0], 5, 4, list(mutations(ast.parse("a < b")))[:1])]
    assert "| 5 | 4 | 3 (75%) |" in report(rows) and "Lt → LtE in `a < b`" in report(rows)
