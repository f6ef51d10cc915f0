"""Access to PyAV, which reads and writes video and sound, and the error if it is not installed."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ryla_graphs.shapes.registry import NodeFails

MISSING = "the simulator needs PyAV to read and write video and sound: pip install 'ryla-graphs[media]'"


def has_pyav() -> bool:
    """Whether PyAV is installed."""
    return importlib.util.find_spec("av") is not None


def pyav() -> Any:
    """The module. Raises `NodeFails` if it is not installed."""
    if not has_pyav():
        raise NodeFails(MISSING)
    # Without this, the AV1 encoder prints its settings to the terminal.
    os.environ.setdefault("SVT_LOG", "1")
    return importlib.import_module("av")


@contextmanager
def refused(what: str) -> Iterator[None]:
    """Turn an FFmpeg error into a failure of the node; the server's FFmpeg mostly fails the same way."""
    av = pyav()
    try:
        yield
    except av.error.FFmpegError as error:
        raise NodeFails(f"FFmpeg cannot {what}: {error.strerror or error}") from error
