"""Shows the progress of a pull on a terminal or in a log."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from ryla_graphs.cli.output import console, say
from ryla_graphs.cli.weights.words import size as bytes_
from ryla_graphs.models_folder.pulling import Fetch, Watcher

LINE_SECONDS = 10.0
"""Seconds between two lines about the progress of a file."""


class Bars(Watcher):
    """Shows a bar for each file that is downloaded."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def began(self, fetch: Fetch, size: int | None) -> None:
        """Add a bar, which starts where an earlier pull stopped."""
        self._tasks[fetch.place] = self._progress.add_task(fetch.weight.name, total=size, completed=fetch.begun)

    def progressed(self, fetch: Fetch, done: int) -> None:
        """Advance the file's bar."""
        self._progress.update(self._tasks[fetch.place], completed=done)

    def checking(self, fetch: Fetch) -> None:
        """Report that the file's hash is computed."""
        self._progress.update(self._tasks[fetch.place], description=f"{fetch.weight.name}: checking")

    def finished(self, fetch: Fetch) -> None:
        """Remove the file's bar; a file that another pull downloaded has none."""
        if fetch.place in self._tasks:
            self._progress.update(self._tasks[fetch.place], description=fetch.weight.name)

    def said(self, text: str) -> None:
        """Print a line above the bars."""
        self._progress.console.print(text)


class Lines(Watcher):
    """Prints lines if there is no terminal, for example in the log of a container."""

    def __init__(self, seconds: float = LINE_SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._begun: dict[str, tuple[float, int, int | None]] = {}
        """For each file: its start time, its bytes at the start, and its size."""
        self._next: dict[str, float] = {}

    def began(self, fetch: Fetch, size: int | None) -> None:
        """Say so."""
        now = time.monotonic()
        with self._lock:
            self._begun[fetch.place] = (now, fetch.begun, size)
            self._next[fetch.place] = now + self._seconds
        going_on = f", resuming at {bytes_(fetch.begun)}" if fetch.begun else ""
        self.said(f"{fetch.place}: {bytes_(size)}{going_on}")

    def progressed(self, fetch: Fetch, done: int) -> None:
        """Report the progress every few seconds."""
        now = time.monotonic()
        with self._lock:
            if now < self._next[fetch.place]:
                return
            self._next[fetch.place] = now + self._seconds
            began, before, size = self._begun[fetch.place]
        speed = (done - before) / max(now - began, 1e-3)
        share = f" ({done / size:.0%})" if size else ""
        self.said(f"{fetch.place}: {bytes_(done)} of {bytes_(size)}{share}, {bytes_(round(speed))} per second")

    def checking(self, fetch: Fetch) -> None:
        """Report that the file's hash is computed."""
        self.said(f"{fetch.place}: downloaded, computing its hash")

    def finished(self, fetch: Fetch) -> None:
        """Report that the file is in place."""
        self.said(f"{fetch.place}: in place")

    def said(self, text: str) -> None:
        """Print a line on standard error, unbuffered."""
        say(text, err=True)


@contextmanager
def bars(*, shown: bool) -> Iterator[Watcher]:
    """Show bars on standard error during downloads, or lines if it is not a terminal."""
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
