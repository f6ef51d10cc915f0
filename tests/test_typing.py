"""The whole project passes both type checkers and the linter; `typing_*.py` hold what they must refuse."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from typing import Any

import pytest

from tests.conftest import ROOT


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    pytest.importorskip(command[0], reason=f"{command[0]} is not installed (pip install 'ryla-graphs[dev]')")
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)


def test_mypy() -> None:
    result = _run("mypy")
    assert result.returncode == 0, result.stdout


def _pyright(*options: str) -> None:
    result = _run("pyright", "--pythonpath", sys.executable, *options)
    if "npm" in result.stderr and "0 errors" not in result.stdout:
        pytest.skip("pyright could not install itself here")
    assert result.returncode == 0 and "No source files" not in result.stdout, result.stdout


def test_pyright() -> None:
    _pyright()


def test_pyright_on_the_generated_classes(request: pytest.FixtureRequest, golden: Any) -> None:
    """They are checked when they have changed, and what was checked last is written down."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "ryla_graphs" / "nodes").rglob("*.py")):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    if request.config.getoption("--update-golden"):
        _pyright("-p", "tests/pyright_nodes.json")
    golden("checked_by_pyright.txt", f"{digest.hexdigest()}\n")


@pytest.mark.parametrize("command", [("check",), ("format", "--check")])
def test_ruff(command: tuple[str, ...]) -> None:
    result = _run("ruff", *command, ".")
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "fault"),
    [
        ("typing_wiring.py", "clip=model"),
        ("typing_wiring.py", 'cfg="7"'),
        ("typing_wiring.py", "samples=vae, vae=vae"),
        ("typing_wiring.py", '"eulr"'),
        ("typing_wiring.py", "strength=1.0"),
        ("typing_families.py", "image=picture, model=lora"),
        ("typing_families.py", "KSampler(model=flux, positive=text"),
        ("typing_families.py", "model=flux, clip=clip"),
        ("typing_families.py", "vae=flux_vae"),
    ],
)
def test_the_files_mark_the_faults(file: str, fault: str) -> None:
    """An ignore that no checker needs is an error in both, so each of these lines is refused by both."""
    lines = [line for line in (ROOT / "tests" / file).read_text().splitlines() if fault in line]
    assert lines and all("# type: ignore[" in line for line in lines)
