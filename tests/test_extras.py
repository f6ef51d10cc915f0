"""What the plain install can do, and what it says where it cannot."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Sequence

import pytest

from ryla_graphs.problems import InvalidSettings, MissingExtra
from ryla_graphs.problems.extras import needs_extra
from tests.conftest import ROOT

EXTRAS = (
    "httpx2",
    "fastapi",
    "starlette",
    "uvicorn",
    "modal",
    "runpod",
    "huggingface_hub",
    "filelock",
    "yaml",
    "hypothesis",
    "comfyui_workflow_templates_json",
)
"""Packages that only extras bring."""


def without(packages: Sequence[str], code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a Python that has not got some packages."""
    hidden = textwrap.dedent(f"""
        import sys
        class Hidden:
            def find_spec(self, name, *_):
                if name.split(".")[0] in {tuple(packages)!r}:
                    raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
        sys.meta_path.insert(0, Hidden())
    """)
    return subprocess.run(
        [sys.executable, "-c", hidden + code], capture_output=True, text=True, check=False, cwd=ROOT, timeout=600
    )


def test_the_synchronous_client_is_in_the_plain_install() -> None:
    code = "from ryla_graphs.client import RylaClient, JobFailed, Job\nRylaClient('http://127.0.0.1:9').close()"
    result = without(EXTRAS, code)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("code", "extra", "package"),
    [
        ("from ryla_graphs.client import AsyncRylaClient", "client", "httpx2"),
        ("from ryla_graphs.server import create_app", "server", "fastapi"),
        ("from ryla_graphs.testing import graphs", "testing", "hypothesis"),
        ("import runtime_modal", "modal", "modal"),
        ("import runtime_runpod", "runpod", "runpod"),
        (
            "import sys; sys.argv[1:] = ['templates', 'list']; from ryla_graphs.cli import main; main()",
            "templates",
            "comfyui_workflow_templates_json",
        ),
        ("import sys; sys.argv[1:] = ['serve']; from ryla_graphs.cli import main; main()", "server", "fastapi"),
        ("import sys; sys.argv[1:] = ['mcp']; from ryla_graphs.cli import main; main()", "mcp", "fastapi"),
        (
            (
                "import sys; sys.argv[1:] = 'weights pull ae.safetensors --into x'.split();"
                " from ryla_graphs.cli import main; main()"
            ),
            "weights",
            "filelock",
        ),
        (
            (
                "from pathlib import Path; from ryla_graphs.models_folder.extra_paths import read_extra_paths;"
                " read_extra_paths(Path('x.yaml'))"
            ),
            "weights",
            "yaml",
        ),
    ],
)
def test_a_missing_extra_is_reported_with_the_command_that_brings_it(code: str, extra: str, package: str) -> None:
    result = without(EXTRAS, code)
    assert result.returncode in (1, 2)
    said = f"this needs the package '{package}', which is not installed: pip install 'ryla-graphs[{extra}]'"
    assert result.stderr.strip().endswith(said)


def test_a_missing_extra_is_an_import_error_too() -> None:
    with pytest.raises(ImportError) as caught, needs_extra("client"):
        import no_such_package  # type: ignore[import-not-found]  # noqa: F401
    assert isinstance(caught.value, MissingExtra) and isinstance(caught.value, InvalidSettings)


def test_a_fault_of_our_own_is_not_taken_for_a_missing_extra() -> None:
    with pytest.raises(ModuleNotFoundError, match="ryla_graphs"), needs_extra("client"):
        import ryla_graphs.no_such_room  # type: ignore[import-not-found]  # noqa: F401
