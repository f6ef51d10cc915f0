"""The weight files that presets and common graphs use: one row per file, one module per family.

`MANIFEST` is written by hand. A user's own rows come before it, and the files of the official templates after it.
docs/weights.md lists the sources of the facts.
"""

from __future__ import annotations

from collections.abc import Iterable
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
    templates,
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

_own: tuple[Weight, ...] = ()


def use(rows: Iterable[Weight]) -> None:
    """Use your own rows before all others in this process. They replace the rows of an earlier call.

    `ryla_graphs.models_folder.own.use_own` reads them from the file in `RYLA_WEIGHTS`.
    """
    global _own  # noqa: PLW0603 - a setting of the process, made once at its start
    _own = tuple(rows)
    manifest.cache_clear()
    _by_name.cache_clear()


def own() -> tuple[Weight, ...]:
    """The rows that `use` added."""
    return _own


@cache
def manifest() -> tuple[Weight, ...]:
    """All rows: your own, those of `MANIFEST`, then those of the official templates; the first row of a file wins."""
    found: dict[tuple[str, str], Weight] = {}
    for row in (*_own, *MANIFEST, *templates.rows()):
        found.setdefault(row.key, row)
    return tuple(found.values())


def known(name: str, folder: str | None = None) -> Weight | None:
    """The row of a weight file by its name, in one folder or any; None if it is unknown."""
    rows = _by_name().get(name, ())
    return next((row for row in rows if folder is None or row.folder == folder), None)


@cache
def _by_name() -> dict[str, tuple[Weight, ...]]:
    found: dict[str, tuple[Weight, ...]] = {}
    for row in manifest():
        found[row.name] = (*found.get(row.name, ()), row)
    return found
