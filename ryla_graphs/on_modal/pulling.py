"""Filling the volume of weights: the command `ryla-graphs weights pull`, run where the volume is mounted."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import modal


def pull_into(folder: str, arguments: Sequence[str], volume: modal.Volume) -> int:
    """Run the command into a mounted volume and keep what came, also where it failed half-way; gives its status."""
    command = [sys.executable, "-m", "ryla_graphs", "weights", "pull", *arguments, "--into", folder]
    try:
        return subprocess.run(command, check=False).returncode
    finally:
        volume.commit()
