"""Ready pipelines, each a parameter model and a function to a `Workflow`.

`presets.get("flux-dev").build(prompt="a red bicycle")`; nothing is loaded before it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ryla_graphs.errors import NotFound
from ryla_graphs.presets.base import Parameters, Preset

_MODULES: Mapping[str, str] = {
    "flux-dev": "flux_dev",
    "flux-lora": "flux_lora",
    "flux-instantid": "flux_instantid",
}

NAMES = tuple(_MODULES)
"""The names of all presets."""


def get(name: str) -> Preset[Any]:
    """The preset of a name; raises `NotFound` with the nearest ones."""
    module = _MODULES.get(name)
    if module is None:
        raise NotFound.among("preset", name, NAMES)
    found: Preset[Any] = getattr(import_module(f"ryla_graphs.presets.{module}"), module)
    return found


__all__ = ["NAMES", "Parameters", "Preset", "get"]
