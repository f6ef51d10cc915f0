"""Reads a ComfyUI server's log of a run; the server keeps the last 300 entries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from ryla_graphs.engines.base import LogLine
from ryla_graphs.engines.comfyui.client import STATE_SECONDS, ComfyClient
from ryla_graphs.problems import EngineUnreachable

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_HERE = ("127.0.0.1", "localhost", "::1")


def lines_between(client: ComfyClient, began: float, ended: float | None) -> tuple[LogLine, ...]:
    """The lines between two times; none if the server does not answer.

    The log has local times without a zone, so lines of servers on other machines cannot be placed: they have none.
    """
    if urlsplit(client.address).hostname not in _HERE:
        return ()
    try:
        entries = client.json("/internal/logs/raw", seconds=STATE_SECONDS).get("entries", [])
    except EngineUnreachable:
        return ()
    return tuple(line for entry in entries for line in _lines(entry) if began <= line.at <= (ended or line.at))


def _lines(entry: Mapping[str, Any]) -> Iterator[LogLine]:
    try:
        at = datetime.fromisoformat(entry["t"]).timestamp()
        text = str(entry["m"])
    except (KeyError, TypeError, ValueError):
        return
    for line in _COLOURS.sub("", text).split("\n"):
        last = line.rpartition("\r")[2].rstrip()  # a progress bar that was redrawn
        if last:
            yield LogLine(at, last)
