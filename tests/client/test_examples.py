"""Every example runs, against a server with the simulator."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from ryla_graphs import presets
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.server import SqliteStore, create_app
from tests.conftest import ROOT
from tests.server.live import listening

APART = ("official_templates",)
"""Has no server and no preset; `tests/engines/test_official_templates.py` runs it."""
EXAMPLES = [path for path in sorted((ROOT / "examples").glob("*.py")) if path.stem not in APART]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with listening(create_app(Simulator(), SqliteStore(tmp_path_factory.mktemp("data")))) as address:
        yield address


def test_there_is_one_for_each_preset() -> None:
    assert {path.stem for path in EXAMPLES} - {"workflow", "ryla_runner"} == {
        name.replace("-", "_") for name in presets.NAMES
    }


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_it_runs(example: Path, address: str, tmp_path: Path) -> None:
    Image.new("RGB", (256, 256), "tan").save(tmp_path / "picture.png")
    usage = example.read_text(encoding="utf-8").splitlines()[0].rstrip('"').split(f"{example.name} ")[1].split()
    arguments = ["picture.png" if word.endswith(".png") else "a red bicycle" for word in usage]
    environment = {**os.environ, "RYLA_URL": address, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(example), *arguments]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    paths = [tmp_path / line for line in result.stdout.splitlines() if line.startswith("out/")]
    assert paths and all(path.stat().st_size for path in paths)
