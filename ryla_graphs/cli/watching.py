"""`run --watch`: run a file again each time that it, or a Python file beside it, is saved."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import typer

from ryla_graphs.problems import InvalidSettings, RylaError

_PAUSE = 0.3

Stamp = dict[Path, tuple[int, int]]


def run_on_each_save(target: str, run: Callable[[], None], *, wait: Callable[[], None] | None = None) -> None:
    """Run, then again after each save, until Ctrl-C; an error of the graph is printed, and does not end it.

    `wait` passes the time between two looks at the files. Raises `InvalidSettings` if the target is no file.
    """
    path = _file_of(target)
    for _ in _saves(path, wait or _sleep):
        _forget_modules(path.parent)
        try:
            run()
        except (RylaError, OSError) as error:
            typer.echo(f"error: {error}", err=True)
        typer.echo(f"waiting for {path} to be saved; Ctrl-C ends", err=True)


def _file_of(target: str) -> Path:
    name = target if Path(target).is_file() else target.rpartition(":")[0]
    if not Path(name).is_file():
        raise InvalidSettings(f"--watch needs a file to watch, and '{target}' is none")
    return Path(name)


def _saves(path: Path, wait: Callable[[], None]) -> Iterator[None]:
    """Now, and whenever something was saved."""
    seen: Stamp = {}
    while True:
        found = _stamp(path)
        if found and found != seen:
            seen = found
            yield
        wait()


def _stamp(path: Path) -> Stamp:
    """When each file that counts was saved; an editor may have taken the file away to put another in its place."""
    stamps: Stamp = {}
    for file in sorted({path, *path.parent.glob("*.py")}):
        try:
            facts = file.stat()
        except OSError:
            continue
        stamps[file] = (facts.st_mtime_ns, facts.st_size)
    return stamps if path in stamps else {}


def _forget_modules(folder: Path) -> None:
    """Modules of the user's folder are imported again, as they may have been saved."""
    home = folder.resolve()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and Path(file).resolve().parent == home:
            del sys.modules[name]


def _sleep() -> None:
    time.sleep(_PAUSE)
