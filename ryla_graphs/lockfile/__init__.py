"""The lock file of a deployment: which ComfyUI, node packs, Python packages and weights it is built from.

`lock_of` makes a `Lock` from presets, graphs and packs. `catalog_of` gives the node classes of an image built from it,
`check_classes` checks that its commit really has them, and `differences` finds those that a running server lacks.
"""

from __future__ import annotations

from ryla_graphs.lockfile.classes import Difference, catalog_of, check_classes, differences
from ryla_graphs.lockfile.lock import FILE, Lock
from ryla_graphs.lockfile.making import known_to, lock_of
from ryla_graphs.lockfile.request import Asked, CustomPack
from ryla_graphs.lockfile.rows import rows_of

__all__ = [
    "FILE",
    "Asked",
    "CustomPack",
    "Difference",
    "Lock",
    "catalog_of",
    "check_classes",
    "differences",
    "known_to",
    "lock_of",
    "rows_of",
]
