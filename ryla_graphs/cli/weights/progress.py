"""How a pull shows on a terminal."""

from __future__ import annotations

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

from ryla_graphs.cli.output import console
from ryla_graphs.models_folder.pulling import Fetch, Watcher


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


@contextmanager
def bars(*, shown: bool) -> Iterator[Watcher]:
    """Bars on standard error while files come."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(stderr=True), disable=not shown) as progress:
        yield Bars(progress)
