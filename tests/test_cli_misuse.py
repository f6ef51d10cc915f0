"""The command line used wrongly: exit codes and messages, never a traceback."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs.server import SqliteStore
from tests.conftest import ROOT
from tests.test_cli import ryla

MISUSE: dict[str, tuple[list[str], int, str]] = {
    "no such preset": (["run", "flux-devv"], 2, "did you mean 'flux-dev'"),
    "no such file": (["compile", "nope.json"], 2, "cannot read 'nope.json'"),
    "no such python file": (["compile", "nope.py:x"], 2, "cannot read 'nope.py'"),
    "bad parameter": (["compile", "flux-dev", "-p", "prompt=x", "-p", "steps=0"], 2, "steps"),
    "unknown parameter": (["compile", "flux-dev", "-p", "prompt=x", "-p", "stepz=0"], 2, "did you mean 'steps'"),
    "no value": (["compile", "flux-dev", "-p", "prompt"], 2, "is not KEY=VALUE"),
    "no parameter file": (["compile", "flux-dev", "-p", "prompt=@nope.txt"], 2, "cannot read 'nope.txt'"),
    "missing parameter": (["run", "flux-dev"], 2, "flux-dev.prompt: is missing"),
    "no such engine": (["run", "flux-dev", "-p", "prompt=x", "--engine", "gpu"], 2, "there is no engine 'gpu'"),
    "nothing there": (["run", "flux-dev", "-p", "prompt=x", "--engine", "http://127.0.0.1:9"], 2, "no ComfyUI answers"),
    "axis without values": (["sweep", "flux-dev", "--grid", "seed"], 2, "'seed' is not KEY=VALUE,VALUE"),
    "axis twice": (["sweep", "flux-dev", "--grid", "seed=1", "--grid", "seed=2"], 2, "'seed' is swept twice"),
    "axis that is no JSON": (["sweep", "flux-dev", "--grid", "seed=[1"], 1, "is not JSON"),
    "too many cells": (["sweep", "flux-dev", "-p", "prompt=x", "--grid", "seed=1..101"], 2, "--most-cells 101"),
    "no axes": (["sweep", "flux-dev", "-p", "prompt=x"], 2, "--grid"),
    "a cell too large": (["sweep", "flux-dev", "-p", "prompt=x", "-p", "width=8192", "--grid", "height=8192"], 1, "67"),
    "nothing to sweep": (
        ["sweep", "flux-dev", "-p", "prompt=x", "--grid", "seed=1", "--engine", "http://127.0.0.1:9"],
        2,
        "no ComfyUI answers",
    ),
    "no such node": (["nodes", "show", "KSamplr"], 2, "did you mean 'KSampler'"),
    "no such catalog": (["nodes", "show", "KSampler", "--catalog", "nope.json"], 2, "cannot read 'nope.json'"),
    "no such server": (["nodes", "show", "KSampler", "--catalog", "http://[half"], 2, "use http://host:port"),
    "nothing to validate": (["validate"], 2, "give files"),
    "unknown option": (["run", "--nope"], 2, "nope"),
    "reference not given": (
        ["run", "flux-instantid", "-p", "prompt=x", "-p", "referenceImage=me.png"],
        1,
        "-p referenceImage=@FILE",
    ),
}


@pytest.mark.parametrize("case", MISUSE)
def test_misuse_is_reported_and_never_a_traceback(case: str, tmp_path: Path) -> None:
    arguments, code, message = MISUSE[case]
    result = ryla(*arguments)
    assert result.returncode == code, result.stderr
    assert message in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (b"not json", 1, "text, but no JSON"),
        (b'{"1": not json', 1, "this is not JSON: Expecting value at line 1, column 7"),
        (b"[]", 1, "a list; a graph is one object"),
        (b'{"nodes": [], "links": []}', 1, "no node of this workflow of ComfyUI's editor runs"),
        (b"\x1f\x8bbroken", 1, "broken gzip"),
        (b"\xff\xfe\x00", 1, "is not JSON"),
        (b"[" * 100_000, 1, "is not JSON"),
    ],
)
def test_bad_files_are_reported(tmp_path: Path, content: bytes, code: int, message: str) -> None:
    path = tmp_path / "graph.json"
    path.write_bytes(content)
    result = ryla("compile", path)
    assert (result.returncode, message in result.stderr) == (code, True), result.stderr
    assert ryla("compile", path, "--json").returncode == code


@pytest.mark.parametrize("command", ["run", "plan", "compile", "validate"])
def test_a_parameter_without_its_option_is_refused_with_the_way_to_give_it(command: str) -> None:
    refused = ryla(command, "flux-dev", "prompt=a cat", COLUMNS="300")
    assert refused.returncode == 2 and "to set a parameter, write -p 'prompt=a cat'" in refused.stderr
    assert "given by" not in ryla(command, "flux-dev", "more").stderr
    assert "-p steps=3" in ryla(command, "steps=3").stderr


def test_a_folder_and_a_port_that_are_taken_are_refused_before_the_server_is_loaded(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from ryla_graphs.cli import main\n"
        "try:\n    main()\n"
        "finally:\n    print(sorted({'fastapi', 'uvicorn'} & set(sys.modules)))\n"
    )

    def refused(*arguments: Any) -> str:
        command = [sys.executable, "-c", code, "serve", *map(str, arguments)]
        result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        assert result.returncode == 2 and result.stdout == "[]\n", result.stdout
        return result.stderr

    store = SqliteStore(tmp_path / "taken")
    assert "another server works in" in refused("--port", 0, "--data-dir", tmp_path / "taken")
    store.close()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"cannot listen on 127.0.0.1:{port}" in refused("--port", port, "--data-dir", tmp_path / "new")
    assert not (tmp_path / "new").exists()
