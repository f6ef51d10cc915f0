"""ComfyUI's models folder: finding files, reading headers, checking and pulling weights.

The facts are in `ryla_graphs.weights`; only this package touches the disk and the network for them.
"""

from __future__ import annotations

from ryla_graphs.models_folder.checking import CheckedFile, check
from ryla_graphs.models_folder.folder import HeldFile, ModelsFolder
from ryla_graphs.models_folder.headers import read_header

__all__ = ["CheckedFile", "HeldFile", "ModelsFolder", "check", "read_header"]
