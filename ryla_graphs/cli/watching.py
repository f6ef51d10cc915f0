"""`run --watch`: runs a file again whenever it, or a Python file beside it, is saved."""

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
    """Run, and run again after each save, until Ctrl-C; prints errors of the graph and continues.

    `wait` sleeps between two checks of the files. Raises `InvalidSettings` if the target is not a file.
    """
    path = _file_of(target)
    for _ in _saves(path, wait or _sleep):
        _forget_modules(path.parent)
        try:
            run()
        except (RylaError, OSError) as error:
            typer.echo(f"error: {error}", err=True)
        typer.echo(f"waiting for {path} to be saved; stop with Ctrl-C", err=True)


def _file_of(target: str) -> Path:
    name = target if Path(target).is_file() else target.rpartition(":")[0]
    if not Path(name).is_file():
        raise InvalidSettings(f"--watch needs a file to watch, and '{target}' is not one")
    return Path(name)


def _saves(path: Path, wait: Callable[[], None]) -> Iterator[None]:
    """Yields at once, and after each save."""
    seen: Stamp = {}
    while True:
        found = _stamp(path)
        if found and found != seen:
            seen = found
            yield
        wait()


def _stamp(path: Path) -> Stamp:
    """When each watched file was saved; ignores a missing file, which an editor may be replacing."""
    stamps: Stamp = {}
    for file in sorted({path, *path.parent.glob("*.py")}):
        try:
            facts = file.stat()
        except OSError:
            continue
        stamps[file] = (facts.st_mtime_ns, facts.st_size)
    return stamps if path in stamps else {}


def _forget_modules(folder: Path) -> None:
    """Drop the modules of the user's folder, so that changed ones are imported again."""
    home = folder.resolve()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and Path(file).resolve().parent == home:
            del sys.modules[name]


def _sleep() -> None:
    time.sleep(_PAUSE)
