"""The commits of ComfyUI whose node classes were recorded, and the one that images are built from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

REPOSITORY = "Comfy-Org/ComfyUI"
"""On GitHub."""
PYTHON = "3.12"
"""The Python of an image."""
PINS_AS_OF = "2026-09-05"
"""The date as of which `ryla_graphs.software.pins` was resolved: two weeks after the commit of `RELEASE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One commit of ComfyUI, and its own node classes as a server at this commit listed them."""

    version: str
    """The version that it reports."""
    commit: str
    """The full hash."""
    date: str
    level: str
    """Which classes it has, in the versions of `ryla_graphs.software.versions.CLASSES_SINCE`: ``0.33.0+`` came after
    the release 0.33.0 but still reports 0.33.0."""
    classes: int
    classes_sha256: str
    """The hash of the sorted names, one per line."""


_ROWS = (
    Release(
        version="0.32.0",
        commit="c2bcbecd82ec5ae66594340b395c24ef0217b238",
        date="2026-08-11",
        level="0.32.0",
        classes=840,
        classes_sha256="e56e7d3ccbb246e2d28c60e9b59c8d7c37080bd4051433a000c166365bad2886",
    ),
    Release(
        version="0.33.0",
        commit="2f35f4a08176d993cded35dac3332be4f7287f41",
        date="2026-08-13",
        level="0.33.0",
        classes=848,
        classes_sha256="91803e16c278fed7612573cffd464690858fa23d164f9239d2ede7af2a98addc",
    ),
    Release(
        version="0.33.0",
        commit="783545f689a0af730065994b46b382ae24844c99",
        date="2026-08-22",
        level="0.33.0+",
        classes=886,
        classes_sha256="764d3bfc5150ca8f1a91bf5116324d8349e41d9e52de180d202a6ed0f9e83923",
    ),
)

RECORDED: Mapping[str, Release] = {row.commit: row for row in _ROWS}
"""By commit. Older recordings have classes that ComfyUI has since dropped, so the bundled catalog lacks them."""

RELEASE = _ROWS[-1]
"""What images are built from: the commit that the bundled catalog was recorded from."""
