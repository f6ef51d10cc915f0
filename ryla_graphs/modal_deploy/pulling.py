"""Filling the volume of weights: the command `ryla-graphs weights pull`, run where the volume is mounted."""

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
"""A volume tells nothing true of its free space, and one connection does not use up a container's network."""


def pull_into(folder: str, arguments: Sequence[str], volume: modal.Volume, rows: Iterable[Weight] = ()) -> int:
    """Run the command into a mounted volume and keep what came, also where it failed half-way; gives its status.

    `rows` are of files that the manifest does not know, such as those of the lock.
    """
    # A child does not have what Modal put onto this process's path.
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
