"""Engines run compiled graphs: the built-in simulator, or a ComfyUI server."""

from __future__ import annotations

from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.base import SIMULATOR, Engine, Health, Inputs, Result, Run, judge_of, missing_output, run
from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.problems import NotFound


def connect(address: str = SIMULATOR, *, strict: bool | None = None, partner_key: PartnerKey | None = None) -> Engine:
    """The engine at an address: `simulator`, a ComfyUI server's ``http://host:port``, or several with commas between.

    A `strict` simulator fails with the list of what it would have to guess; None leaves that to
    ``RYLA_SIMULATOR_STRICT``. `partner_key` goes with graphs that call partners' paid services. Nothing is asked of the
    servers yet. With the first run it is logged, once, if a server is of another release of ComfyUI than the catalog in
    use. Raises `NotFound` for what is neither.

    >>> connect("simulator").name
    'simulator'
    """
    if address == SIMULATOR:
        from ryla_graphs.engines.simulator import Simulator  # noqa: PLC0415 - loads Pillow

        return Simulator(strict=strict)
    servers = dict.fromkeys(part.strip() for part in address.split(","))
    if all(server.startswith(("http://", "https://")) for server in servers):
        from ryla_graphs.engines.comfyui import ComfyUI, ComfyUIPool  # noqa: PLC0415 - loads requests

        engines = [ComfyUI(server, partner_key=partner_key) for server in servers]
        return engines[0] if len(engines) == 1 else ComfyUIPool(engines)
    raise NotFound(f"there is no engine '{address}'; use '{SIMULATOR}' or a ComfyUI server's http://host:port")


__all__ = [
    "SIMULATOR",
    "Artifact",
    "Engine",
    "Health",
    "Inputs",
    "PartnerKey",
    "Result",
    "Run",
    "connect",
    "judge_of",
    "missing_output",
    "run",
]
