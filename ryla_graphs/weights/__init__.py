"""The facts about weight files: where they belong, where they come from, what they may be used for."""

from __future__ import annotations

from functools import cache

from ryla_graphs.weights.loaders import IMPLIED, LOADERS
from ryla_graphs.weights.manifest import MANIFEST
from ryla_graphs.weights.weight import Licence, Weight


def known(name: str, folder: str | None = None) -> Weight | None:
    """The weight that a loader's input names, in one folder or in any; None where nothing is known of it."""
    rows = _by_name().get(name, ())
    return next((row for row in rows if folder is None or row.folder == folder), None)


@cache
def _by_name() -> dict[str, tuple[Weight, ...]]:
    found: dict[str, tuple[Weight, ...]] = {}
    for row in MANIFEST:
        found[row.name] = (*found.get(row.name, ()), row)
    return found


__all__ = ["IMPLIED", "LOADERS", "MANIFEST", "Licence", "Weight", "known"]
