"""The progress of a run in a notebook, with previews, updated in place.

    from ryla_graphs import connect, notebook, run

    run(connect("http://127.0.0.1:8188"), workflow, on_event=notebook.watch(), previews=True)

A workflow on the last line of a cell draws itself, and a result shows its pictures.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from html import escape
from importlib import import_module
from typing import Any

from ryla_graphs.engines.events import Event, NodeStarted, Preview, Progress
from ryla_graphs.problems import MissingExtra


def watch() -> Callable[[Event], None]:
    """A callback for `on_event` of `run` that shows the running node, its steps, and the latest preview.

    Raises `MissingExtra` if IPython is not installed.
    """
    try:
        shows: Any = import_module("IPython.display")
    except ImportError:
        raise MissingExtra("notebook.watch() is for notebooks: pip install ipython") from None
    shown = _Shown()
    handle: Any = shows.display(shows.HTML(shown.html()), display_id=True)

    def on_event(event: Event) -> None:
        if shown.take(event) and handle is not None:
            handle.update(shows.HTML(shown.html()))

    return on_event


class _Shown:
    """What is seen at the moment."""

    def __init__(self) -> None:
        self._line = "waiting"
        self._value = 0.0
        self._picture = ""

    def take(self, event: Event) -> bool:
        """Whether the event changes what is seen."""
        if isinstance(event, NodeStarted):
            self._line, self._value = f"{event.class_type} '{event.node}'", 0.0
        elif isinstance(event, Progress):
            self._value = event.step / event.steps if event.steps else 0.0
            self._line = f"{self._line.split(' · ')[0]} · step {event.step} of {event.steps}"
        elif isinstance(event, Preview):
            content = base64.b64encode(event.data).decode()
            self._picture = f'<img alt="preview" src="data:{escape(event.media_type)};base64,{content}">'
        elif event.terminal:
            self._line, self._value, self._picture = event.kind, 1.0, ""
        else:
            return False
        return True

    def html(self) -> str:
        """It as HTML."""
        bar = f'<progress max="1" value="{self._value:.3f}"></progress>'
        return f"<div>{bar} {escape(self._line, quote=False)}<br>{self._picture}</div>"
