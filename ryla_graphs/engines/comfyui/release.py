"""Logs, once, that a server runs another ComfyUI than that of a catalog."""

from __future__ import annotations

import logging
from threading import Lock

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.engines.comfyui.client import ComfyClient
from ryla_graphs.problems import EngineError
from ryla_graphs.problems.text import other_release

_LOG = logging.getLogger("ryla_graphs")
_SECONDS = 5.0
_compared: set[tuple[str, str]] = set()
_lock = Lock()


def release_of(client: ComfyClient) -> str | None:
    """The version that a server reports; None if it reports none, as behind some proxies."""
    try:
        facts = client.json("/system_stats", seconds=_SECONDS)
    except EngineError:
        return None
    system = facts.get("system") if isinstance(facts, dict) else None
    version = system.get("comfyui_version") if isinstance(system, dict) else None
    return version.removeprefix("v") if isinstance(version, str) and version else None


def log_other_release(client: ComfyClient, used: Catalog) -> None:
    """Log if a server and a catalog have different releases; each pair is compared once per process."""
    pair = (client.address, used.name)
    with _lock:
        if used.comfyui is None or pair in _compared:
            return
        _compared.add(pair)
    version = release_of(client)
    if version is not None and version != used.comfyui:
        _LOG.warning("%s", other_release(f"the server at {client.address}", version, used.name, used.comfyui))
