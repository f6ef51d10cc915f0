"""Servers as processes, which can be killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.conftest import ROOT


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """``python -m …`` that answers on a port; a `with` ends it."""

    def __init__(self, arguments: list[str], address: str, health: str, log: Path) -> None:
        self.address = address
        self._arguments = arguments
        self._health = health
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Process:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([sys.executable, "-m", *self._arguments], stderr=log, stdout=log, cwd=ROOT)
        deadline = time.monotonic() + 300
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                self._process.wait(60)
                pytest.fail(f"it does not start:\n{self._log.read_text()}")
            time.sleep(0.05)
        return self

    def _answers(self) -> bool:
        try:
            urlopen(f"{self.address}{self._health}", timeout=60).close()
        except (URLError, ConnectionError, TimeoutError):
            return False
        return True

    @property
    def pid(self) -> int:
        """Of the process that runs now."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As ``kill -9``."""
        self._end(signal.SIGKILL)

    def __exit__(self, *_: Any) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            os.kill(self._process.pid, how)
            self._process.wait(60)
            self._process = None


def stub(log: Path, *options: str) -> Process:
    """A stub ComfyUI."""
    port = free_port()
    arguments = ["tests.engines.stub", "--port", str(port), *options]
    return Process(arguments, f"http://127.0.0.1:{port}", "/queue", log)


def server(folder: Path, engine: Process | str, port: int) -> Process:
    """``ryla-graphs serve``."""
    engine = engine if isinstance(engine, str) else engine.address
    arguments = ["ryla_graphs", "serve", "--engine", engine, "--data-dir", str(folder / "data"), "--port", str(port)]
    return Process(arguments, f"http://127.0.0.1:{port}", "/health", folder / "server.log")
