"""Both type checkers agree with `typing_wiring.py`, line by line."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

CHECKED = "tests/typing_wiring.py"


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)


def test_mypy_refuses_wrong_wiring() -> None:
    pytest.importorskip("mypy", reason="mypy is not installed (pip install 'ryla-graphs[dev]')")
    result = _run("mypy", "--strict", CHECKED)
    assert result.returncode == 0, result.stdout


def test_pyright_refuses_wrong_wiring() -> None:
    pytest.importorskip("pyright", reason="pyright is not installed (pip install 'ryla-graphs[dev]')")
    result = _run("pyright", "--pythonpath", sys.executable, CHECKED)
    if "npm" in result.stderr and "0 errors" not in result.stdout:
        pytest.skip("pyright could not install itself here")
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("fault", ["clip=model", 'cfg="7"', "samples=vae, vae=vae", '"eulr"', "strength=1.0"])
def test_the_file_marks_the_faults(fault: str) -> None:
    lines = [line for line in (ROOT / CHECKED).read_text().splitlines() if fault in line]
    assert lines and all("# type: ignore[" in line for line in lines)
