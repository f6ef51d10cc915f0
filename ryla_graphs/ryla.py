"""What RYLA wants of its own deployment: nothing here holds for ComfyUI, Modal, or anyone else's deployment."""

from __future__ import annotations

from collections.abc import Mapping

GPU_WISHES: Mapping[str, str] = {
    "flux-schnell": "T4",
    "flux-dev": "L40S",
    "flux-lora": "L40S",
    "flux-instantid": "A10",
    "sdxl-instantid": "A10",
}
"""The GPU that RYLA wants for a preset, to be given to `choose_gpu` as `preferred`."""

FRONTS = ("flux-dev", "flux-instantid", "flux-lora", "workflow")
"""The routes that RYLA's clients call at an address of their own."""

EVENT_NAMES: Mapping[str, str] = {"flux-instantid": "instantid", "flux-lora": "lora"}
"""Presets that RYLA's product events call by another name; the others by their own, with underscores."""


def event_stem(preset: str) -> str:
    """How the events of a preset's generations begin.

    >>> event_stem("flux-dev"), event_stem("flux-lora")
    ('modal_flux_dev_generation', 'modal_lora_generation')
    """
    return f"modal_{EVENT_NAMES.get(preset, preset.replace('-', '_'))}_generation"
