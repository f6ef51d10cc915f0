"""The TypeScript client: its own tests, run by npm against a server on the simulator."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT

FOLDER = ROOT / "clients" / "typescript"
OLDEST_NODE = (20, 19)


def npm(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [shutil.which("npm") or "npm", *arguments]
    environment = {**os.environ, "RYLA_PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=FOLDER, env=environment, capture_output=True, text=True, check=False)


def lacking() -> str | None:
    """What is not there of what the tests need."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return "there is no Node"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    numbers = tuple(int(part) for part in version.strip().removeprefix("v").split(".")[:2])
    if numbers < OLDEST_NODE:
        return f"Node {version.strip()} is older than {'.'.join(map(str, OLDEST_NODE))}"
    if (
        not (FOLDER / "node_modules" / ".package-lock.json").exists()
        and npm("ci", "--no-audit", "--no-fund").returncode
    ):
        return "npm cannot fetch what the tests of the TypeScript client need"
    return None


def test_the_typescript_client_passes_its_tests() -> None:
    if reason := lacking():
        pytest.skip(reason)
    result = npm("test")
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]
