"""`ComfyUIProcess`: runs our own ComfyUI on loopback, restarts it if it crashes, and ends it with our process."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from ryla_graphs.engines.comfyui.engine import ComfyUI
from ryla_graphs.engines.comfyui.server import Patience
from ryla_graphs.problems import EngineUnreachable, NotFound

_LOG = logging.getLogger(__name__)

TICK_SECONDS = 0.2
END_SECONDS = 10.0
"""Seconds after which a process that was asked to end is killed."""
STEADY_SECONDS = 60.0
"""A process that ran for this many seconds counts as healthy, which resets the count of crashes."""
ENDS = 5
"""How many crashes in a row until it is given up."""
LONGEST_PAUSE_SECONDS = 30.0
KEEP_SECONDS = 3600.0
"""At each start, files of earlier runs that are older than this many seconds are deleted."""
LOG_BYTES, LOG_LINES = 10_000_000, 15

_GUARD = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""
"""Makes Linux kill the process when the thread that started it ends, for whatever reason."""


class ComfyUIProcess:
    """A ComfyUI checkout as a child process; `engine` is connected to it.

    It listens on loopback only, without CORS and without its manager. Its input, output, temp and user folders and its
    log `comfyui.log` are in `data_directory`. It uses the Python `python`, else the checkout's own (`venv`, `.venv`),
    else ours. `metadata` makes it write prompt and graph into its pictures; `arguments` are passed to it unchanged;
    `launcher` is a script to run instead of ``main.py``. Environment variables that begin with ``RYLA_`` are hidden
    from it.

    A process that crashes is restarted, after growing pauses, and given up after five crashes in a row. A process that
    a CUDA fault has broken is ended. Raises `NotFound` if the directory is not a checkout.
    """

    def __init__(
        self,
        directory: Path,
        data_directory: Path,
        *,
        python: Path | None = None,
        metadata: bool = False,
        arguments: Sequence[str] = (),
        patience: Patience | None = None,
        launcher: Path | None = None,
    ) -> None:
        self._directory = directory.absolute()
        if not (self._directory / "main.py").is_file():
            raise NotFound(f"{directory} is not a ComfyUI checkout: it has no main.py")
        self._data = data_directory.absolute()
        self._python = python.absolute() if python is not None else _python_of(self._directory)
        self._arguments = (*(() if metadata else ("--disable-metadata",)), *arguments)
        self._script = "main.py" if launcher is None else str(launcher.absolute())
        self._process: subprocess.Popen[bytes] | None = None
        self._port = _free_port()
        self.log_file = self._data / "comfyui.log"
        self.engine = ComfyUI(
            f"http://127.0.0.1:{self._port}", output_directory=self._data / "output", patience=patience
        )
        self._stopping = threading.Event()
        self._settled = threading.Event()
        self._given_up = ""
        self._supervisor = threading.Thread(target=self._supervise, name="comfyui-supervisor", daemon=True)

    def start(self, seconds: float = 600.0) -> None:
        """Start it and wait until it answers.

        Raises `EngineUnreachable` with the last lines of its log if it does not answer within `seconds`.
        """
        for folder in ("input", "output", "temp", "user"):
            (self._data / folder).mkdir(parents=True, exist_ok=True)
        # The supervisor starts the process, because the guard ends it with the thread that did.
        self._supervisor.start()
        if not self._settled.wait(seconds):
            self._given_up = f"does not answer after {seconds:.0f} seconds"
        if self._given_up:
            self.stop()
            raise EngineUnreachable(f"the ComfyUI in {self._directory} {self._given_up}:\n{self.last_lines()}")

    def stop(self) -> None:
        """End it, and close the engine."""
        self._stopping.set()
        if self._supervisor.is_alive():
            self._supervisor.join(2 * END_SECONDS)
        self.engine.close()

    def signal(self, number: int) -> None:
        """Send a signal to the process, if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def last_lines(self) -> str:
        """The end of its log."""
        if not self.log_file.exists():
            return ""
        with self.log_file.open("rb") as file:
            file.seek(max(0, self.log_file.stat().st_size - 10_000))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-LOG_LINES:])

    def _supervise(self) -> None:
        ends = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            how = self._live()
            if self._stopping.is_set():
                return
            ends = 1 if time.monotonic() - began > STEADY_SECONDS else ends + 1
            if ends >= ENDS:
                self._given_up = f"was started {ends} times, and each time it {how}"
                _LOG.error("ComfyUI %s; the end of its log:\n%s", self._given_up, self.last_lines())
                self._settled.set()
                return
            _LOG.warning("ComfyUI %s; restarting it; the end of its log:\n%s", how, self.last_lines())
            self._stopping.wait(min(2.0 ** (ends - 2), LONGEST_PAUSE_SECONDS))

    def _live(self) -> str:
        """Start a process and watch it to its end; returns how it ended."""
        self._clear_away()
        with self.log_file.open("ab") as log:
            process = subprocess.Popen(
                self._command(),
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={name: value for name, value in os.environ.items() if not name.startswith("RYLA_")},
                start_new_session=True,
            )
        self._process = process
        try:
            answered = False
            while process.poll() is None and not self._stopping.wait(TICK_SECONDS):
                if not answered:
                    answered = self.engine.health().queued is not None
                    if answered:
                        self._settled.set()
                elif self.engine.needs_restart:
                    return "was broken by a run"
            return f"ended with code {process.poll()}"
        finally:
            _end(process)

    def _command(self) -> list[str]:
        data, python = self._data, str(self._python)
        command = [python, self._script, "--listen", "127.0.0.1", "--port", str(self._port), "--disable-auto-launch"]
        for folder in ("input", "output", "temp", "user"):
            command += [f"--{folder}-directory", str(data / folder)]
        command += ["--database-url", f"sqlite:///{data / 'comfyui.db'}", *self._arguments, *self._without_manager()]
        return [python, "-c", _GUARD, str(os.getpid()), *command] if sys.platform == "linux" else command

    def _without_manager(self) -> list[str]:
        """Arguments that load all custom nodes except a manager, which could install code at run time."""
        packs = [path.name for path in sorted((self._directory / "custom_nodes").glob("*")) if path.name[0] not in "._"]
        others = [name for name in packs if "manager" not in name.lower()]
        if len(others) == len(packs):
            return []
        return ["--disable-all-custom-nodes", *(["--whitelist-custom-nodes", *others] if others else [])]

    def _clear_away(self) -> None:
        """Delete the files of old runs, and start a new log if the old one is long."""
        if self.log_file.exists() and self.log_file.stat().st_size > LOG_BYTES:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        before = time.time() - KEEP_SECONDS
        for folder in ("input", "output"):
            for path in (self._data / folder).iterdir():
                if path.is_dir() and not any(file.stat().st_mtime > before for file in path.rglob("*")):
                    shutil.rmtree(path, ignore_errors=True)
                elif path.is_file() and path.stat().st_mtime < before:
                    path.unlink(missing_ok=True)


def _python_of(directory: Path) -> Path:
    """The Python of a checkout; ours if it has none."""
    places = (
        directory / venv / python for venv in ("venv", ".venv") for python in ("bin/python", "Scripts/python.exe")
    )
    return next((place for place in places if place.exists()), Path(sys.executable))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children: ask first, then kill."""
    for ending in ("SIGTERM", "SIGKILL"):
        try:
            if sys.platform == "win32":
                process.terminate()
            else:
                os.killpg(process.pid, getattr(signal, ending))
            process.wait(END_SECONDS)
        except (ProcessLookupError, PermissionError):
            break
        except subprocess.TimeoutExpired:
            continue
    process.wait()
