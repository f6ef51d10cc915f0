"""Engines run compiled graphs: the built-in simulator, or a ComfyUI server."""

from __future__ import annotations

from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.base import Engine, Health, Inputs, Result, Run, missing_output, run
from ryla_graphs.errors import NotFound

SIMULATOR = "simulator"


def connect(address: str = SIMULATOR) -> Engine:
    """The engine at an address: `simulator`, or a ComfyUI server's ``http://host:port``.

    Nothing is asked of the server yet. Raises `NotFound` for what is neither.
    """
    if address == SIMULATOR:
        from ryla_graphs.engines.simulator import Simulator  # noqa: PLC0415 - loads Pillow

        return Simulator()
    if address.startswith(("http://", "https://")):
        from ryla_graphs.engines.comfyui import ComfyUI  # noqa: PLC0415 - loads urllib3

        return ComfyUI(address)
    raise NotFound(f"there is no engine '{address}'; use '{SIMULATOR}' or a ComfyUI server's http://host:port")


__all__ = ["SIMULATOR", "Artifact", "Engine", "Health", "Inputs", "Result", "Run", "connect", "missing_output", "run"]
