"""The names that `ryla_graphs` itself exports: complete, lazy, each with an example that runs."""

from __future__ import annotations

import ast
import doctest
import inspect
import itertools
import pkgutil
from typing import Annotated, Any, get_origin

import pytest

import ryla_graphs
from ryla_graphs import problems
from ryla_graphs.presets import kinds
from tests.conftest import ROOT
from tests.test_architecture import modules_after

PAGE = (ROOT / "docs" / "stability.md").read_text(encoding="utf-8")


def examples(value: Any) -> list[doctest.DocTest]:
    if get_origin(value) is Annotated:
        return examples_of_alias(value)
    found = doctest.DocTestFinder(recurse=False).find(value, globs={value.__name__: value})
    return [test for test in found if test.examples]


def examples_of_alias(value: Any) -> list[doctest.DocTest]:
    """An alias of a type has no docstring of its own: it stands below it."""
    body = ast.parse(inspect.getsource(kinds)).body
    for row, below in itertools.pairwise(body):
        if isinstance(row, ast.Assign) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            name = ast.unparse(row.targets[0])
            if getattr(kinds, name) is value:
                text = str(below.value.value)
                return [doctest.DocTestParser().get_doctest(text, {}, name, kinds.__file__, row.lineno)]
    return []


@pytest.mark.parametrize("name", ryla_graphs.__all__)
def test_every_public_name_has_an_example_that_runs(name: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tests = examples(getattr(ryla_graphs, name))
    assert tests, f"the docstring of {name} has no example"
    for test in tests:
        written: list[str] = []
        failed = doctest.DocTestRunner().run(test, out=written.append).failed
        assert not failed, "".join(written)


def test_the_example_of_the_package_runs() -> None:
    assert doctest.testmod(ryla_graphs).failed == 0


def test_every_error_that_a_user_can_catch_is_at_the_front_door() -> None:
    found = [value for value in vars(problems).values() if isinstance(value, type) and issubclass(value, Exception)]
    assert {value.__name__ for value in found} <= set(ryla_graphs.__all__)
    assert len(found) > 20


@pytest.mark.parametrize("name", ryla_graphs.__all__)
def test_the_page_on_stability_names_every_public_name(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_submodules_are_attributes() -> None:
    rooms = {module.name for module in pkgutil.iter_modules(ryla_graphs.__path__)}
    offered = {name for name in dir(ryla_graphs) if name in rooms}
    assert {"nodes", "presets", "engines", "sweeps", "testing"} <= offered
    for name in offered:
        assert getattr(ryla_graphs, name).__name__ == f"ryla_graphs.{name}"
        assert f"`ryla_graphs.{name}`" in PAGE


def test_a_star_import_and_one_of_a_submodule_load_only_what_they_name() -> None:
    loaded = modules_after("import ryla_graphs; ryla_graphs.problems")
    assert "ryla_graphs.workflow" not in loaded
    assert "fastapi" not in loaded
