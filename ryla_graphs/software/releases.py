"""The ComfyUI that images are built of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One release of ComfyUI, and what it was pinned with."""

    version: str
    repository: str
    commit: str
    """The full hash."""
    python: str
    """The Python of the image."""
    pins_as_of: str
    """The day as of which `ryla_graphs.software.pins` was resolved."""


RELEASE = Release(
    version="0.33.0",
    repository="Comfy-Org/ComfyUI",
    # Read in a copy of the repository whose history goes through upstream's commits: it is titled "ComfyUI v0.33.0"
    # and sets that version. That the tag v0.33.0 points at it was not seen.
    commit="2f35f4a08176d993cded35dac3332be4f7287f41",
    python="3.12",
    pins_as_of="2026-08-27",
)
"""The release that the bundled catalog was recorded from."""
