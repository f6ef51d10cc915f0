"""How a pull shows on a terminal."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from ryla_graphs.cli.output import console
from ryla_graphs.cli.weights.words import size as bytes_
from ryla_graphs.models_folder.pulling import Fetch, Watcher

LINE_SECONDS = 10.0
"""How often a line tells how far a file is."""


class Bars(Watcher):
    """Shows a bar for each file that comes."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def began(self, fetch: Fetch, size: int | None) -> None:
        """A new bar, as far as an earlier pull came."""
        self._tasks[fetch.place] = self._progress.add_task(fetch.weight.name, total=size, completed=fetch.begun)

    def progressed(self, fetch: Fetch, done: int) -> None:
        """Move its bar."""
        self._progress.update(self._tasks[fetch.place], completed=done)

    def checking(self, fetch: Fetch) -> None:
        """Say that its hash is taken."""
        self._progress.update(self._tasks[fetch.place], description=f"{fetch.weight.name}: checking")

    def finished(self, fetch: Fetch) -> None:
        """Say no more of it; a file that another pull brought has no bar."""
        if fetch.place in self._tasks:
            self._progress.update(self._tasks[fetch.place], description=fetch.weight.name)

    def said(self, text: str) -> None:
        """A line above the bars."""
        self._progress.console.print(text)


class Lines(Watcher):
    """Writes lines where there is no terminal, such as the log of a container."""

    def __init__(self, seconds: float = LINE_SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._begun: dict[str, tuple[float, int, int | None]] = {}
        """When each file began, with how many bytes, and how many it has."""
        self._next: dict[str, float] = {}

    def began(self, fetch: Fetch, size: int | None) -> None:
        """Say so."""
        now = time.monotonic()
        with self._lock:
            self._begun[fetch.place] = (now, fetch.begun, size)
            self._next[fetch.place] = now + self._seconds
        going_on = f", going on at {bytes_(fetch.begun)}" if fetch.begun else ""
        self.said(f"{fetch.place}: {bytes_(size)}{going_on}")

    def progressed(self, fetch: Fetch, done: int) -> None:
        """Say every few seconds how far it is."""
        now = time.monotonic()
        with self._lock:
            if now < self._next[fetch.place]:
                return
            self._next[fetch.place] = now + self._seconds
            began, before, size = self._begun[fetch.place]
        speed = (done - before) / max(now - began, 1e-3)
        share = f" ({done / size:.0%})" if size else ""
        self.said(f"{fetch.place}: {bytes_(done)} of {bytes_(size)}{share}, {bytes_(round(speed))} a second")

    def checking(self, fetch: Fetch) -> None:
        """Say that its hash is taken."""
        self.said(f"{fetch.place}: all bytes are there, checking them")

    def finished(self, fetch: Fetch) -> None:
        """Say that it is in place."""
        self.said(f"{fetch.place}: in place")

    def said(self, text: str) -> None:
        """A line on standard error, at once."""
        typer.echo(text, err=True)


@contextmanager
def bars(*, shown: bool) -> Iterator[Watcher]:
    """Bars on standard error while files come, or lines where it is no terminal."""
    terminal = console(stderr=True)
    if shown and not terminal.is_terminal:
        yield Lines()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=terminal, disable=not shown) as progress:
        yield Bars(progress)
