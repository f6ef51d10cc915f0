"""The real `modal` commands, against the control plane on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from unittest.mock import patch

from click.testing import CliRunner
from modal.cli.entry_point import entrypoint_cli

from ryla_graphs.weights.manifest import use
from tests.conftest import ROOT
from tests.modal_app.loopback import LoopbackModal
from tests.modal_app.loopback.state import AppRecord

MODAL = (sys.executable, "-m", "modal")


def commanded(plane: LoopbackModal, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a `modal` command; `plane` is where it finds Modal."""
    return subprocess.run(
        [*MODAL, *arguments],
        cwd=ROOT,
        env=_without_ours() | plane.environment | environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def commanded_here(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The same command in this process: modal and all that runtime_modal.py imports are loaded already.

    For the second and later runs of a command; a process of its own takes three seconds to start.
    """
    variables = _without_ours() | environment
    with patch.dict(os.environ, variables, clear=True), patch.object(sys, "path", sys.path[:]):
        try:
            done = CliRunner().invoke(entrypoint_cli, arguments)
        finally:
            sys.modules.pop("runtime_modal", None)
            use(())  # what the lock of runtime_modal.py added
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


def deployed_app(plane: LoopbackModal, *, here: bool = False, **environment: str) -> AppRecord:
    """`modal deploy runtime_modal.py`; gives what the control plane then has."""
    name = environment.setdefault("RYLA_MODAL_APP", f"app-{uuid.uuid4().hex[:8]}")
    command = ("deploy", "runtime_modal.py")
    done = commanded_here(*command, **environment) if here else commanded(plane, *command, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    (app,) = (app for app in plane.state.apps.values() if app.name == name and app.deployed)
    return app


def _without_ours() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("RYLA_")}
