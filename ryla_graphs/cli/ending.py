"""Runs that somebody ends: Ctrl-C and SIGTERM cancel them on the engine, and say so."""

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
"""How long the server may take to confirm. A node is interrupted between two steps, and a step can take minutes."""


@contextmanager
def cancelling(engine: Engine, run_id: str, workflow: CompiledWorkflow) -> Iterator[None]:
    """What runs inside is cancelled by SIGTERM as by Ctrl-C; the exit code is 143 or 130, as of any command."""

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
    """What has become of a run that was asked to end, by the engine's own word where it gives it in time."""
    found: list[Event] = []

    def look() -> None:
        found.extend(event for event in engine.resume(run_id, workflow).events() if event.terminal)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    looking.join(CONFIRMATION_SECONDS)
    if not found:
        return f"asked {engine.name} to cancel run {run_id}, which it has not confirmed yet"
    if found[-1].kind == "finished":
        return f"run {run_id} on {engine.name} had ended before it could be cancelled"
    # A run that was cancelled before its turn leaves no trace, so that it is lost says the same.
    return f"cancelled run {run_id} on {engine.name}"
