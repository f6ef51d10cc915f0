"""Starts of the command line without its imports: each command is a fork of a process that has them loaded.

Most of a short command's time is Python reading modules, and the tests run hundreds of commands. A fork is a process
like any other: it has arguments, environment, folder, standard streams and an exit status of its own.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, TextIO

ROOT = Path(__file__).parent.parent


def run_warm(arguments: list[str], environment: dict[str, str], stdin: str | None) -> subprocess.CompletedProcess[str]:
    """Run `ryla-graphs` with these arguments in a fork; with nothing but this environment."""
    with tempfile.TemporaryDirectory() as folder:
        streams = {name: f"{folder}/{name}" for name in ("stdin", "stdout", "stderr")}
        Path(streams["stdin"]).write_text(stdin or "", encoding="utf-8")
        request = {"arguments": arguments, "environment": environment, "folder": str(Path.cwd()), "streams": streams}
        status = _template().ask(request)
        stdout, stderr = (Path(streams[name]).read_text(encoding="utf-8") for name in ("stdout", "stderr"))
    return subprocess.CompletedProcess(arguments, status, stdout, stderr)


class _Template:
    """The process that is forked."""

    def __init__(self) -> None:
        environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200", "PYTHONWARNINGS": "error"}
        command = [sys.executable, "-m", "tests.warm"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
        )
        atexit.register(self._process.communicate)

    def ask(self, request: dict[str, Any]) -> int:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process that is forked has ended"
        return int(answer)


@cache
def _template() -> _Template:
    return _Template()


def _load() -> None:
    """Import what commands import when they run, and no data."""
    import ryla_graphs.cli
    from ryla_graphs import presets

    for module in pkgutil.iter_modules(ryla_graphs.cli.__path__, "ryla_graphs.cli."):
        importlib.import_module(module.name)
    for name in ("engines.comfyui", "engines.simulator", "lockfile", "models_folder", "plan", "sweeps", "validation"):
        importlib.import_module(f"ryla_graphs.{name}")
    for name in presets.NAMES:
        presets.get(name)


_status = [1]


def _end_quickly() -> None:
    """End without freeing every object, which would copy every page; all other handlers have run by now."""
    for stream in (sys.stdout, sys.stderr):
        if not stream.closed:
            stream.flush()
    os._exit(_status[0])


def _become(request: dict[str, Any]) -> None:
    """Be the command, to its end."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for number, (name, flags) in enumerate(
        [("stdin", os.O_RDONLY), ("stdout", os.O_WRONLY | os.O_CREAT), ("stderr", os.O_WRONLY | os.O_CREAT)]
    ):
        file = os.open(request["streams"][name], flags)
        os.dup2(file, number)
        os.close(file)
    sys.argv = ["ryla-graphs", *request["arguments"]]
    try:
        runpy.run_module("ryla_graphs", run_name="__main__", alter_sys=True)
        _status[0] = 0
    except SystemExit as ended:
        _status[0] = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        raise


def _serve(requests: TextIO, answers: TextIO) -> None:
    for line in requests:
        child = os.fork()
        if child == 0:
            requests.close()
            answers.close()
            _become(json.loads(line))
            return
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


if __name__ == "__main__":
    atexit.register(_end_quickly)  # the first to be registered is the last to run
    channels = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    _load()
    gc.freeze()  # a collection in a fork would copy every page
    _serve(*channels)
