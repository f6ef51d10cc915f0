"""Filling the volume of weights: the command `ryla-graphs weights pull`, run where the volume is mounted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import modal

import ryla_graphs


def pull_into(folder: str, arguments: Sequence[str], volume: modal.Volume) -> int:
    """Run the command into a mounted volume and keep what came, also where it failed half-way; gives its status."""
    # A child does not have what Modal put onto this process's path.
    where = os.pathsep.join(filter(None, (str(Path(ryla_graphs.__file__).parents[1]), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "ryla_graphs", "weights", "pull", *arguments, "--into", folder]
    try:
        return subprocess.run(command, check=False, env=os.environ | {"PYTHONPATH": where}).returncode
    finally:
        volume.commit()
