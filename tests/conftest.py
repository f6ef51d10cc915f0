"""What all tests share: hypothesis profiles, and where recorded truth and a real ComfyUI are, if anywhere."""

from __future__ import annotations

import gc
import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

pytest_plugins = ["tests.modal_app.fixtures"]

# Tests start Python more than a hundred times; without compiled modules, each start compiles all of them again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("RYLA_SHARED", ROOT.parent / "shared")) / "data"

_phases = [Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink]
_quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile("default", max_examples=60, deadline=None, phases=_phases, suppress_health_check=_quiet)
settings.register_profile("thorough", max_examples=1000, deadline=None, phases=_phases, suppress_health_check=_quiet)
settings.register_profile(  # of `tools.mutants`: the same each time, and what fails is read by no person
    "mutants", max_examples=60, deadline=None, phases=[Phase.explicit, Phase.generate], derandomize=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


gc.disable()  # until all tests are collected: nothing of what is imported is garbage


def pytest_collection_finish() -> None:
    """Have the garbage collector leave out what was imported; else it looks through all of it again and again."""
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """With `-n`, a worker that has nothing left takes tests from one that has; xdist deals them out in advance."""
    if getattr(config.option, "numprocesses", None) and config.option.dist == "no":
        config.option.dist = "worksteal"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files")


FIRST = ("test_typing.py", "test_killed.py", "test_machine.py", "test_lacking.py")
"""What takes longest goes first, so that no worker is left with it at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in FIRST)


def recorded(name: str) -> Path:
    """A file of recorded truth; skips the test where it is not there."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"recorded data is not here: {name} (RYLA_SHARED names its folder)")
    return path


def recorded_json(name: str) -> Any:
    """Recorded JSON, gzipped."""
    with gzip.open(recorded(name)) as file:
        return json.load(file)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Any:
    """Compares a text with a golden file, or writes the file with ``--update-golden``."""
    update = request.config.getoption("--update-golden")

    def check(name: str, text: str) -> None:
        path = ROOT / "tests" / "golden" / name
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == text, f"{name} changed; look at it, then run with --update-golden"

    return check
