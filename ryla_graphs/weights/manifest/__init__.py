"""The weight files that presets and common graphs use: one row a file, one module a family.

Where the facts come from is on docs/weights.md.
"""

from __future__ import annotations

from functools import cache

from ryla_graphs.weights.manifest import (
    control,
    faces,
    flux,
    flux2,
    ltx_video,
    pictures,
    qwen_image,
    sd15,
    sdxl,
    seedvr2,
    text_encoders,
    wan,
    z_image,
)
from ryla_graphs.weights.weight import Weight

MANIFEST: tuple[Weight, ...] = (
    *flux.ROWS,
    *flux2.ROWS,
    *z_image.ROWS,
    *qwen_image.ROWS,
    *sdxl.ROWS,
    *sd15.ROWS,
    *wan.ROWS,
    *ltx_video.ROWS,
    *seedvr2.ROWS,
    *pictures.ROWS,
    *text_encoders.ROWS,
    *control.ROWS,
    *faces.ROWS,
)


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
