"""`serve --pipelines … --reload`: what is watched, and what is started again."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs.cli import reloading
from ryla_graphs.problems import InvalidSettings
from tests.pipelines.own import written
from tests.test_cli import ryla


class Servers:
    """Takes the place of `subprocess.Popen`; writes down what was started and ended."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __call__(self, command: list[str]) -> Servers:
        self.calls.append(" ".join(command[2:]))
        return self

    def terminate(self) -> None:
        self.calls.append("ended")

    def wait(self, _: float | None = None) -> int:
        return 0


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Servers:
    found = Servers()
    monkeypatch.setattr("ryla_graphs.cli.reloading.subprocess.Popen", found)
    monkeypatch.setattr(sys, "argv", ["ryla-graphs", "serve", "--reload", "--pipelines", "x"])
    return found


def waits(*steps: Callable[[], Any]) -> Callable[[], None]:
    """Does a step in each wait, then what Ctrl-C does."""
    left = list(steps)

    def wait() -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop(0)()

    return wait


def test_a_server_is_started_again_when_a_file_is_saved(tmp_path: Path, servers: Servers) -> None:
    folder = written(tmp_path)
    mine = folder / "my_own.py"
    steps = waits(
        lambda: None,
        lambda: os.utime(mine, ns=(1, 1)),
        lambda: None,
        lambda: (folder / "new.json").write_text("{}"),
        lambda: (folder / "notes.txt").write_text("x"),
    )
    reloading.serve_again_on_each_save([str(folder)], wait=steps)
    start = "ryla_graphs serve --pipelines x"
    assert servers.calls == [start, "ended", start, "ended", start, "ended"]


def test_files_beside_a_named_one_and_modules_of_a_package_are_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path)
    (tmp_path / "watched_package").mkdir()
    (tmp_path / "watched_package" / "__init__.py").write_text("raise ValueError('imported')")
    (tmp_path / "watched_package" / "inner.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = reloading.stamp_of([str(tmp_path / "my_own.py"), "watched_package.inner", "no_such_module"])
    names = {"my_own.py", "One colour.json", "One colour.toml", "__init__.py", "inner.py"}
    assert {path.name for path in found} == names


def test_without_pipelines_there_is_nothing_to_watch() -> None:
    with pytest.raises(InvalidSettings, match="--reload needs --pipelines"):
        reloading.serve_again_on_each_save([])
    answer = ryla("serve", "--reload")
    assert answer.returncode != 0 and "--reload needs --pipelines" in answer.stderr
