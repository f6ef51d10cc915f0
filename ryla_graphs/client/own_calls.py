"""Calls of the server's own pipelines, which this package does not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ryla_graphs.client.preset_calls import PresetCalls
from ryla_graphs.client.views import OnEvent

R = TypeVar("R")


def call_of(client: PresetCalls[R], name: str) -> Callable[..., R]:
    """A function that runs a pipeline by its name; raises `AttributeError` for names that Python's tools look up."""
    if name.startswith("_"):
        raise AttributeError(f"'{type(client).__name__}' object has no attribute '{name}'")

    def call(*, on_event: OnEvent | None = None, previews: bool = False, **parameters: Any) -> R:
        return client.run_preset(name.replace("_", "-"), parameters, on_event=on_event, previews=previews)

    call.__name__ = name
    return call
