"""Fills the volume of weights: runs the command `ryla-graphs weights pull` where the volume is mounted."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import modal

import ryla_graphs
from ryla_graphs.models_folder.own import DEFAULT, VARIABLE, dumps
from ryla_graphs.weights import Weight

OPTIONS = ("--at-once", "4", "--unmeasured")
"""A volume reports a wrong free space, and a single connection does not saturate a container's network."""


def pull_into(folder: str, arguments: Sequence[str], volume: modal.Volume, rows: Iterable[Weight] = ()) -> int:
    """Run the command into a mounted volume and commit what it downloaded, even if it failed; returns its exit status.

    `rows` describe files that the manifest does not know, such as those of the lock.
    """
    # A child process does not inherit what Modal added to this process's `sys.path`.
    where = os.pathsep.join(filter(None, (str(Path(ryla_graphs.__file__).parents[1]), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "ryla_graphs", "weights", "pull", *arguments, "--into", folder, *OPTIONS]
    with tempfile.TemporaryDirectory() as own:
        file = Path(own) / DEFAULT
        file.write_text(dumps(rows), encoding="utf-8")
        environment = os.environ | {"PYTHONPATH": where, VARIABLE: str(file), "PYTHONUNBUFFERED": "1"}
        environment.setdefault("HF_XET_HIGH_PERFORMANCE", "1")
        try:
            return subprocess.run(command, check=False, env=environment).returncode
        finally:
            volume.commit()
