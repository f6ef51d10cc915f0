"""Shows the progress of a run on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ryla_graphs.cli.output import console

if TYPE_CHECKING:
    from collections.abc import Callable

    from ryla_graphs.engines.events import Event


@contextmanager
def progress(nodes: int, *, quiet: bool) -> Iterator[Callable[[Event], None]]:
    """A bar of finished nodes with the steps of the current node, on standard error."""
    terminal = console(stderr=True)
    if quiet or not terminal.is_terminal:
        yield lambda _event: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[steps]}"), TimeElapsedColumn())
    with Progress(*columns, console=terminal, transient=True) as bar:
        task = bar.add_task("waiting", total=nodes, steps="")

        def watch(event: Event) -> None:
            facts: dict[str, Any] = event.to_dict() if event.kind in ("node", "progress") else {}
            if event.kind == "node":
                bar.update(task, advance=1, description=f"{facts['class_type']} '{facts['node']}'", steps="")
            elif event.kind == "progress":
                bar.update(task, steps=f"step {facts['step']}/{facts['steps']}")

        yield watch
