"""What a ComfyUI server has written into its log while a run was on; it keeps the last 300 pieces."""

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
    """The lines of a time, none where the server does not answer.

    It tells its local time without a zone, which is ours only on this machine; of other servers there are none.
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
        last = line.rpartition("\r")[2].rstrip()  # a bar that was drawn again and again
        if last:
            yield LogLine(at, last)
