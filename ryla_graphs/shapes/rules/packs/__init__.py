"""Numbers, text, switches, pictures and masks of the twenty most used packs, by what their released code does."""

from __future__ import annotations

from ryla_graphs.shapes.rules.packs import (
    batches,
    calculated,
    layer_style,
    pictures,
    resizing,
    switches,
    texts,
    upscaling,
    wan_wrapper,
)

__all__ = [
    "batches", "calculated", "layer_style", "pictures", "resizing", "switches", "texts", "upscaling", "wan_wrapper",
]  # fmt: skip
