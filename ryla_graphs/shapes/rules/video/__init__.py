"""Videos from pictures and sounds: what the nodes of each family write next to texts, and the latents they give."""

from __future__ import annotations

from ryla_graphs.shapes.rules.video import (
    animate,
    cosmos,
    hunyuan,
    ltxv,
    minimax,
    moved,
    others,
    seedvr,
    sound,
    stable,
    wan,
)

__all__ = [
    "animate",
    "cosmos",
    "hunyuan",
    "ltxv",
    "minimax",
    "moved",
    "others",
    "seedvr",
    "sound",
    "stable",
    "wan",
]
