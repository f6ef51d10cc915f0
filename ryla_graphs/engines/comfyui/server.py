"""What all runs on one ComfyUI server share."""

from __future__ import annotations

from dataclasses import dataclass

from ryla_graphs.engines.comfyui.client import ComfyClient
from ryla_graphs.engines.comfyui.diagnosis import Fitness
from ryla_graphs.engines.comfyui.feed import Feed
from ryla_graphs.engines.comfyui.outputs import Fetch


@dataclass(frozen=True, slots=True)
class Patience:
    """Timeouts in seconds."""

    silence: float = 5.0
    """Silence after which the state of a run is read from the server."""
    unsure: float = 0.5
    """The same, if messages may have been missed."""
    unreachable: float = 60.0
    """Time without any answer after which the server is given up."""
    ping: float = 20.0
    """Silence after which a ping is sent; proxies close sockets that are idle for a minute."""
    rest: float = 0.5
    """Pause after a request to free memory, so that the server frees it before the next attempt."""


@dataclass(frozen=True, slots=True)
class Server:
    """What all runs on a server share."""

    client: ComfyClient
    feed: Feed
    fitness: Fitness
    patience: Patience
    fetch: Fetch
    """Reads an output file."""
