"""Mutation runs: break the modules that guard money and data, one place at a time, and see whether their tests notice.

`python -m tools.mutants` tries a fixed sample of each module of `GUARDED`, `--all` every mutant, `--module NAME` one
module; `--write docs/mutants.md` keeps the report. It exits 1 if a module falls below its floor.

A mutant is a fork of a process that has pytest and the large packages loaded, and no file is changed: the fork compiles
the mutated module when its tests import it. The usual tools rewrite the sources on disk, or start a Python for each
mutant, which takes far longer with tests that import this much.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.abc
import importlib.util
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
SAMPLE, SECONDS = 12, 180
LOADED = ("hypothesis", "pydantic", "networkx", "requests", "PIL.Image", "fastapi.testclient", "modal", "rich")
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore::pytest.PytestAssertRewriteWarning")


class Guarded(NamedTuple):
    """A module, the tests that are there for it, and the share of its mutants that they must notice."""

    module: str
    tests: Sequence[str]
    floor: float


GUARDED = (
    Guarded("ryla_graphs.plan.limits", ("tests/plan/test_limits.py",), 0.5),
    Guarded("ryla_graphs.plan.choice", ("tests/plan/test_choice.py", "tests/plan/test_laws.py"), 0.5),
    Guarded(
        "ryla_graphs.modal_deploy.placement",
        ("tests/modal_app/test_placement_checks.py", "tests/modal_app/test_placement.py"),
        0.8,
    ),
    Guarded("ryla_graphs.server.safety.tokens", ("tests/server/safety/test_tokens.py",), 0.8),
    Guarded("ryla_graphs.server.safety.confine", ("tests/server/safety/test_confine.py",), 0.5),
    Guarded("ryla_graphs.server.safety.fetch", ("tests/server/safety/test_fetch.py",), 0.5),
    Guarded("ryla_graphs.server.jobs.states", ("tests/server/test_states.py", "tests/server/test_jobs.py"), 0.5),
    Guarded("ryla_graphs.server.storage.sqlite", ("tests/server/test_store.py",), 0.5),
    Guarded("ryla_graphs.models_folder.checking", ("tests/models_folder/test_checking.py",), 0.8),
)

SWAPS: dict[type[ast.AST], Callable[[], ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
}


@dataclass(frozen=True)
class Mutation:
    """One place of a module, and how to break it."""

    line: int
    what: str
    apply: Callable[[], None]


def mutations(tree: ast.Module) -> Iterator[Mutation]:
    """All that can be broken in a module, always in the same order."""
    kept = {part for node in ast.walk(tree) for row in getattr(node, "decorator_list", ()) for part in ast.walk(row)}
    for node in ast.walk(tree):
        if node not in kept:
            yield from _of_operators(node)
            yield from _of_constants(node)
            yield from _of_statements(node)


def _of_operators(node: ast.AST) -> Iterator[Mutation]:
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            if made := SWAPS.get(type(operator)):
                yield Mutation(node.lineno, _swap(node, operator, made), _setting(node.ops, place, made()))
    elif isinstance(node, ast.BoolOp | ast.BinOp) and (made := SWAPS.get(type(node.op))) and not _is_text(node):
        yield Mutation(node.lineno, _swap(node, node.op, made), _attribute(node, "op", made()))


def _of_constants(node: ast.AST) -> Iterator[Mutation]:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        other = not node.value if isinstance(node.value, bool) else node.value + 1
        yield Mutation(node.lineno, f"`{node.value}` → `{other}`", _attribute(node, "value", other))


def _of_statements(node: ast.AST) -> Iterator[Mutation]:
    if isinstance(node, ast.If | ast.IfExp) and "TYPE_CHECKING" not in ast.unparse(node.test):
        test = ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test)
        yield Mutation(node.lineno, f"`if {_short(node.test)}` turned round", _attribute(node, "test", test))
    for block in (getattr(node, field, None) for field in ("body", "orelse")):
        for place, statement in enumerate(block if isinstance(block, list) else ()):
            if isinstance(block, list) and isinstance(statement, ast.Raise):
                nothing = ast.copy_location(ast.Pass(), statement)
                yield Mutation(statement.lineno, f"`{_short(statement)}` left out", _setting(block, place, nothing))


def _is_text(node: ast.AST) -> bool:
    """Whether this puts strings together and is no arithmetic."""
    return any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in ast.walk(node))


def _short(node: ast.AST) -> str:
    text = ast.unparse(node).replace("|", "\\|")
    return text if len(text) <= 70 else f"{text[:69]}…"


def _swap(node: ast.AST, old: ast.AST, new: Callable[[], ast.AST]) -> str:
    return f"{type(old).__name__} → {type(new()).__name__} in `{_short(node)}`"


def _setting(row: list[Any], place: int, value: ast.AST) -> Callable[[], None]:
    return lambda: row.__setitem__(place, value)


def _attribute(node: ast.AST, name: str, value: object) -> Callable[[], None]:
    return lambda: setattr(node, name, value)


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module with one mutation."""

    def __init__(self, module: str, number: int) -> None:
        self.module = module
        self.number = number

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """Only this module is ours."""
        if name != self.module:
            return None
        return importlib.util.spec_from_file_location(name, path_of(name), loader=self)

    def create_module(self, spec: ModuleSpec) -> None:
        """As usual."""

    def exec_module(self, module: ModuleType) -> None:
        """Compile the module with its mutation."""
        tree = ast.parse(path_of(self.module).read_text(encoding="utf-8"))
        list(mutations(tree))[self.number].apply()
        exec(compile(ast.fix_missing_locations(tree), str(path_of(self.module)), "exec"), module.__dict__)


def path_of(module: str) -> Path:
    """The file of a module."""
    return ROOT / (module.replace(".", "/") + ".py")


def noticed(guarded: Guarded, number: int | None) -> bool:
    """Whether the tests fail with this mutant, or without any; one that never ends is noticed too."""
    child = os.fork()
    if child == 0:
        _run(guarded, number)
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) != 0
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def _run(guarded: Guarded, number: int | None) -> None:
    """Be the tests of one mutant, to their end."""
    status = 1
    try:
        os.setsid()
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        if number is not None:
            sys.meta_path.insert(0, Mutated(guarded.module, number))
        status = pytest.main([*OPTIONS, *guarded.tests])
    finally:
        os._exit(int(status))


def report(rows: Sequence[tuple[Guarded, int, int, list[Mutation]]]) -> str:
    """What is kept: for each module how many were tried and noticed, and the places that no test watches."""
    lines = [
        "# Mutants",
        "",
        "Written by `make mutants`. Each mutant is one place of a module, broken on purpose; it is noticed where a",
        "test of that module then fails. The modules here are those that guard money and data. What survives is a",
        "missing test, or a change that makes no difference. Where fewer are tried than there are places, it is a",
        "sample.",
        "",
        "| module | places | tried | noticed |",
        "|---|---|---|---|",
    ]
    for guarded, places, tried, left in rows:
        lines.append(f"| `{guarded.module}` | {places} | {tried} | {tried - len(left)} ({1 - len(left) / tried:.0%}) |")
    lines += ["", "## What survived", ""]
    lines += [f"- `{guarded.module}`, line {each.line}: {each.what}" for guarded, _, _, left in rows for each in left]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Try the mutants of each module, and print or write the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--all", action="store_true", help="every mutant, not a sample")
    parser.add_argument("--module", action="append", default=[], help="only modules whose name ends so")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="mutants of each module")
    parser.add_argument("--write", type=Path, help="where the report goes")
    options = parser.parse_args()
    os.chdir(ROOT)
    for name in LOADED:
        importlib.import_module(name)
    rows, low = [], []
    for guarded in GUARDED:
        if options.module and not guarded.module.endswith(tuple(options.module)):
            continue
        if noticed(guarded, None):
            sys.exit(f"the tests of {guarded.module} fail without any mutant: {' '.join(guarded.tests)}")
        found = list(mutations(ast.parse(path_of(guarded.module).read_text(encoding="utf-8"))))
        numbers = [*range(len(found))]
        chosen = numbers if options.all else sorted(random.Random(7).sample(numbers, min(options.sample, len(numbers))))
        left = [found[number] for number in chosen if not noticed(guarded, number)]
        rows.append((guarded, len(found), len(chosen), left))
        if 1 - len(left) / len(chosen) < guarded.floor:
            low.append(guarded.module)
        print(f"{guarded.module}: {len(chosen) - len(left)} of {len(chosen)} noticed", flush=True)
        for each in left:
            print(f"  survived, line {each.line}: {each.what}", flush=True)
    if options.write:
        options.write.write_text(report(rows), encoding="utf-8")
    sys.exit(f"below its floor: {', '.join(low)}" if low else 0)


if __name__ == "__main__":
    main()
