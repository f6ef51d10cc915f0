"""Ready-made pipelines, each a parameter model and a function that returns a `Workflow`.

Use them as in `presets.get("flux-dev").build(prompt="a red bicycle")`. A preset is loaded when it is first used.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ryla_graphs.presets.base import Preset
from ryla_graphs.presets.parameters import Parameters
from ryla_graphs.problems import NotFound

GROUPS: Mapping[str, tuple[str, ...]] = {
    "a picture from text": (
        "flux-dev",
        "flux-schnell",
        "flux-lora",
        "z-image-turbo",
        "flux2-klein",
        "qwen-image",
        "sdxl",
        "sd15",
        "base-images",
    ),
    "a person's face": (
        "flux-instantid",
        "flux-pulid",
        "z-image-instantid",
        "sdxl-instantid",
        "character-sheet",
        "face-swap",
        "face-detailer",
    ),
    "a picture from a picture": (
        "flux-img2img",
        "flux-kontext",
        "qwen-image-edit",
        "flux-fill",
        "sdxl-inpaint",
        "flux-controlnet",
        "z-image-controlnet",
        "flux-redux",
        "upscale",
        "seedvr2-upscale",
        "remove-background",
    ),
    "a video": ("wan-t2v", "wan-i2v", "wan22-t2v", "wan22-i2v", "ltx-video"),
}
"""The names of all presets, by what they make."""

NAMES = tuple(name for names in GROUPS.values() for name in names)
"""The names of all presets."""


def get(name: str) -> Preset[Any]:
    """The preset with this name; raises `NotFound`, with similar names, if there is none."""
    if name not in NAMES:
        raise NotFound.among("preset", name, NAMES)
    module = name.replace("-", "_")
    found: Preset[Any] = getattr(import_module(f"ryla_graphs.presets.{module}"), module)
    return found


__all__ = ["GROUPS", "NAMES", "Parameters", "Preset", "get"]
