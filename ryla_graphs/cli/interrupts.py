"""Cancels a run on the engine when the user presses Ctrl-C or sends SIGTERM."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from ryla_graphs.compile import CompiledWorkflow
    from ryla_graphs.engines import Engine
    from ryla_graphs.engines.events import Event

CONFIRMATION_SECONDS = 5.0
"""Seconds that the server may take to confirm. It interrupts a node between two steps, and a step can take minutes."""


@contextmanager
def cancelling(engine: Engine, run_id: str, workflow: CompiledWorkflow) -> Iterator[None]:
    """Cancel the run if SIGTERM or Ctrl-C arrives inside the block, and exit with the usual code, 143 or 130."""

    def end(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        typer.echo(_goodbye(engine, run_id, workflow), err=True)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _goodbye(engine: Engine, run_id: str, workflow: CompiledWorkflow) -> str:
    """A sentence on the cancelled run, by the engine's answer if it comes in time."""
    found: list[Event] = []

    def look() -> None:
        found.extend(event for event in engine.resume(run_id, workflow).events() if event.terminal)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    looking.join(CONFIRMATION_SECONDS)
    if not found:
        return f"asked {engine.name} to cancel run {run_id}, which it has not confirmed yet"
    if found[-1].kind == "finished":
        return f"run {run_id} on {engine.name} ended before it could be cancelled"
    # A run that was cancelled before its turn leaves no trace, so a lost run counts as cancelled.
    return f"cancelled run {run_id} on {engine.name}"
