"""The page of a wheel that is installed into a fresh environment. Takes a minute and a package index: on wish only."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.page.conftest import CHROMIUM


@pytest.mark.skipif(not os.environ.get("RYLA_SMOKE"), reason="builds and installs a wheel: RYLA_SMOKE=1 runs it")
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
def test_the_page_of_an_installed_wheel_makes_a_picture() -> None:
    command = [sys.executable, "scripts/smoke_wheel.py", "server"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "its page made a picture" in done.stdout, done.stdout + done.stderr
