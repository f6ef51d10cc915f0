"""One ComfyUI server as its runs see it."""

from __future__ import annotations

from dataclasses import dataclass

from ryla_graphs.engines.comfyui.client import ComfyClient
from ryla_graphs.engines.comfyui.diagnosis import Fitness
from ryla_graphs.engines.comfyui.feed import Feed
from ryla_graphs.engines.comfyui.outputs import Fetch


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what, in seconds."""

    silence: float = 5.0
    """A silent run is asked about after this time."""
    unsure: float = 0.5
    """The same, where messages may have been missed."""
    unreachable: float = 60.0
    """A server that answers nothing for this long is given up."""
    ping: float = 20.0
    """Sends a ping over a socket on which nothing comes; proxies close what is idle for a minute."""
    rest: float = 0.5
    """Between freeing the memory and the next attempt, so that the server frees it first."""


@dataclass(frozen=True, slots=True)
class Server:
    """What every run on a server shares."""

    client: ComfyClient
    feed: Feed
    fitness: Fitness
    patience: Patience
    fetch: Fetch
    """Reads an output file."""
