"""Mutation runs: break the modules that guard money and data, one place at a time, and see whether their tests notice.

`python -m tools.mutants` tries a fixed sample of each module of `GUARDED`, `--all` every mutant, `--module NAME` one
module; `--write docs/mutants.md` keeps the report, with what it says of modules that were not tried this time. It
exits 1 if a module falls below its floor.

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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from tools.guarded import GUARDED, SAME, Guarded

ROOT = Path(__file__).parent.parent
SAMPLE, SECONDS = 12, 600
LOADED = ("hypothesis", "pydantic", "networkx", "requests", "PIL.Image", "fastapi.testclient", "modal", "rich")
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore::pytest.PytestAssertRewriteWarning")


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
    statements = (node for node in ast.walk(tree) if isinstance(node, ast.stmt))
    inside = {part: statement for statement in statements for part in ast.walk(statement)}  # the innermost comes last
    for node in ast.walk(tree):
        if node not in kept:
            yield from _of_operators(node)
            yield from _of_constants(node, inside.get(node, node))
            yield from _of_statements(node)


def _of_operators(node: ast.AST) -> Iterator[Mutation]:
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            if made := SWAPS.get(type(operator)):
                yield Mutation(node.lineno, _swap(node, operator, made), _setting(node.ops, place, made()))
    elif isinstance(node, ast.BoolOp | ast.BinOp) and (made := SWAPS.get(type(node.op))) and not _is_text(node):
        yield Mutation(node.lineno, _swap(node, node.op, made), _attribute(node, "op", made()))


def _of_constants(node: ast.AST, statement: ast.AST) -> Iterator[Mutation]:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        other = not node.value if isinstance(node.value, bool) else node.value + 1
        yield Mutation(
            node.lineno, f"`{node.value}` → `{other}` in `{_short(statement)}`", _attribute(node, "value", other)
        )


def _of_statements(node: ast.AST) -> Iterator[Mutation]:
    if isinstance(node, ast.If | ast.IfExp) and "TYPE_CHECKING" not in ast.unparse(node.test):
        test = ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test)
        yield Mutation(node.lineno, f"`if {_short(node.test)}` turned round", _attribute(node, "test", test))
    for block in (getattr(node, field, None) for field in ("body", "orelse")):
        for place, statement in enumerate(block if isinstance(block, list) else ()):
            if isinstance(block, list) and isinstance(statement, ast.Raise):
                nothing = ast.copy_location(ast.Pass(), statement)
                after = f" after `{_short(block[place - 1])}`" if statement.exc is None and place else ""
                what = f"`{_short(statement)}`{after} left out"
                yield Mutation(statement.lineno, what, _setting(block, place, nothing))


def _is_text(node: ast.AST) -> bool:
    """Whether this concatenates strings rather than doing arithmetic."""
    return any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in ast.walk(node))


def _short(node: ast.AST) -> str:
    text = ast.unparse(node).partition("\n")[0].replace("|", "\\|")
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


class Tried(NamedTuple):
    """The mutants that the tests pass with (None is the module as it is), and those that did not end in time."""

    passed: set[int | None]
    late: set[int | None]


def outcome(guarded: Guarded, numbers: Iterable[int | None], jobs: int, seconds: float) -> Tried:
    """Run the tests with each mutant; one that never ends is noticed too."""
    waiting, running, found = list(numbers)[::-1], dict[int, tuple[int | None, float]](), Tried(set(), set())
    while waiting or running:
        while waiting and len(running) < jobs:
            number = waiting.pop()
            running[_started(guarded, number)] = number, time.monotonic() + seconds
        for child, (number, deadline) in list(running.items()):
            if time.monotonic() >= deadline:
                os.killpg(child, signal.SIGKILL)
                found.late.add(number)
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                del running[child]
                if os.waitstatus_to_exitcode(status) == 0:
                    found.passed.add(number)
        time.sleep(0.05)
    return found


def _started(guarded: Guarded, number: int | None) -> int:
    """A process that runs the tests of one mutant to the end."""
    if child := os.fork():
        return child
    status = 1
    try:
        os.setsid()
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        if number is not None:
            sys.meta_path.insert(0, Mutated(guarded.module, number))
        status = pytest.main([*OPTIONS, "-k", guarded.chosen, *guarded.tests])
    finally:
        os._exit(int(status))


class Result(NamedTuple):
    """The result of a module: its mutants, how many were tried, and those that the tests passed with."""

    guarded: Guarded
    places: int
    tried: int
    left: Sequence[Mutation]
    late: Sequence[Mutation] = ()
    """Those that did not end in time: noticed, unless the machine was too busy."""

    @property
    def survived(self) -> list[Mutation]:
        """Those that make a difference."""
        return [each for each in self.left if each.what not in SAME.get(self.guarded.module, {})]

    @property
    def share(self) -> float:
        """Of the mutants that make a difference, those that were noticed."""
        same = len(self.left) - len(self.survived)
        return 1 - len(self.survived) / max(1, self.tried - same)


HEAD = """# Mutants

Written by `make mutants`. Each mutant is one place of a module, broken on purpose; it is noticed where a
test of that module then fails. The modules here are those that guard money and data. What survives is a
missing test; what makes no difference is listed apart, with the reason (`tools/guarded.py`). Where fewer
are tried than there are places, it is a sample.

| module | places | tried | noticed | no difference |
|---|---|---|---|---|
"""


def report(results: Sequence[Result], before: str = "") -> str:
    """The report to keep; for modules that were not tried, it repeats what it said `before`."""
    tried = {result.guarded.module for result in results}
    rows, survived, same = ({name: list[str]() for name in (each.module for each in GUARDED)} for _ in range(3))
    part = rows
    for line in before.splitlines():
        part = {"## What survived": survived, "## What makes no difference": same}.get(line, part)
        name = line.partition("`")[2].partition("`")[0]
        if line.startswith(("| `", "- `")) and name in rows and name not in tried:
            part[name].append(line)
    for result in results:
        name, noticed = result.guarded.module, result.tried - len(result.left)
        equal = len(result.left) - len(result.survived)
        figures = (f"`{name}`", result.places, result.tried, f"{noticed} ({result.share:.0%})", equal)
        rows[name] = [f"| {' | '.join(map(str, figures))} |"]
        for each in result.left:
            why = SAME.get(name, {}).get(each.what)
            text = f"- `{name}`, line {each.line}: {each.what}"
            (survived if why is None else same)[name].append(text if why is None else f"{text}: {why}")
    table, *lists = ("\n".join(line for of in block.values() for line in of) for block in (rows, survived, same))
    return f"{HEAD}{table}\n\n## What survived\n\n{lists[0]}\n\n## What makes no difference\n\n{lists[1]}\n"


def tried(guarded: Guarded, sample: int | None, jobs: int) -> Result:
    """Try the mutants of a module, or a sample; exits if its tests fail without any mutation."""
    started = time.monotonic()
    if not outcome(guarded, [None], 1, SECONDS).passed:
        sys.exit(f"the tests of {guarded.module} fail without any mutant: {' '.join(guarded.tests)}")
    seconds = 15 + 6 * (time.monotonic() - started)
    found = list(mutations(ast.parse(path_of(guarded.module).read_text(encoding="utf-8"))))
    numbers = [*range(len(found))]
    chosen = numbers if sample is None else sorted(random.Random(7).sample(numbers, min(sample, len(numbers))))
    passed, late = outcome(guarded, chosen, jobs, seconds)
    left, slow = ([found[number] for number in chosen if number in some] for some in (passed, late))
    return Result(guarded, len(found), len(chosen), left, slow)


def main() -> None:
    """Try the mutants of each module, and print or write the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--all", action="store_true", help="every mutant, not a sample")
    parser.add_argument("--module", action="append", default=[], help="only modules whose name ends so")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="mutants of each module")
    parser.add_argument("--jobs", type=int, default=1, help="mutants at once")
    parser.add_argument("--write", type=Path, help="where the report goes")
    options = parser.parse_args()
    os.chdir(ROOT)
    os.environ["HYPOTHESIS_PROFILE"] = "mutants"
    for name in LOADED:
        importlib.import_module(name)
    low = []
    for guarded in GUARDED:
        if options.module and not guarded.module.endswith(tuple(options.module)):
            continue
        result = tried(guarded, None if options.all else options.sample, options.jobs)
        if result.share < guarded.floor:
            low.append(guarded.module)
        print(f"{guarded.module}: {result.tried - len(result.left)} of {result.tried} noticed", flush=True)
        for each in result.survived:
            print(f"  survived, line {each.line}: {each.what}", flush=True)
        for each in result.late:
            print(f"  did not end in time, line {each.line}: {each.what}", flush=True)
        if options.write:
            before = options.write.read_text(encoding="utf-8") if options.write.exists() else ""
            options.write.write_text(report([result], before), encoding="utf-8")
    sys.exit(f"below its floor: {', '.join(low)}" if low else 0)


if __name__ == "__main__":
    main()
