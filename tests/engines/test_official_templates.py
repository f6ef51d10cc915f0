"""The example that runs the official templates on the simulator."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

pytest.importorskip("comfyui_workflow_templates", reason="the extra `templates` is not installed")


def test_it_runs_and_says_how_it_went() -> None:
    command = [sys.executable, str(ROOT / "examples" / "official_templates.py"), "flux_schnell"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "flux_schnell" in result.stdout
