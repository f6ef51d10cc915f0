"""What the command line refuses at once, and what it says to do."""

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


@pytest.mark.parametrize("command", ["run", "plan", "compile", "validate"])
def test_a_parameter_without_its_option_is_refused_with_the_way_to_give_it(command: str) -> None:
    refused = ryla(command, "flux-dev", "prompt=a cat", COLUMNS="300")
    assert refused.returncode == 2 and "a parameter is given by -p: -p 'prompt=a cat'" in refused.stderr
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
