"""`serve --reload`: runs the server in a child process, and restarts it when one of its files is saved.

It needs its own process because Python does not unload modules, and because a file that hangs or exits while it is
imported then only affects that process.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import typer

from ryla_graphs.problems import InvalidSettings

_PAUSE = 0.3
_END_SECONDS = 15.0
"""Seconds that the server may take to end; its jobs survive."""
_SUFFIXES = (".py", ".json", ".toml")

Stamp = dict[Path, tuple[int, int]]


def serve_again_on_each_save(sources: Sequence[str], *, wait: Callable[[], None] | None = None) -> None:
    """Run this command without ``--reload``, and restart it after each save, until Ctrl-C.

    `wait` sleeps between two checks of the files. Raises `InvalidSettings` if there is nothing to watch.
    """
    if not sources:
        raise InvalidSettings("--reload needs --pipelines, whose files it watches")
    command = [sys.executable, "-m", "ryla_graphs", *(part for part in sys.argv[1:] if part != "--reload")]
    wait = wait or _sleep
    seen = stamp_of(sources)
    server = subprocess.Popen(command)
    try:
        while True:
            wait()
            if (found := stamp_of(sources)) != seen:
                names = sorted({path.name for path, _ in found.items() ^ seen.items()})
                typer.echo(f"{', '.join(names)} changed: restarting", err=True)
                seen = found
                _end(server)
                server = subprocess.Popen(command)
    except KeyboardInterrupt:
        pass
    finally:
        _end(server)


def stamp_of(sources: Sequence[str]) -> Stamp:
    """When each watched file was saved: the named ones, and their neighbours that they may import."""
    stamps: Stamp = {}
    for file in {path for source in sources for path in _files(source)}:
        with suppress(OSError):  # an editor may be replacing the file
            facts = file.stat()
            stamps[file] = (facts.st_mtime_ns, facts.st_size)
    return stamps


def _files(source: str) -> Iterator[Path]:
    path = Path(source)
    if path.is_dir() or path.suffix in _SUFFIXES:
        folder = path if path.is_dir() else path.parent  # ignore the folder's own mtime: the server may write into it
        yield from (file for file in folder.glob("*") if file.suffix in _SUFFIXES)
        return
    with suppress(ImportError, ValueError):
        spec = find_spec(source.partition(".")[0])  # of the package: finding that imports nothing
        for place in (spec and spec.submodule_search_locations) or ():
            yield from Path(place).rglob("*.py")
        if spec is not None and spec.origin:
            yield Path(spec.origin)


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _sleep() -> None:
    time.sleep(_PAUSE)
