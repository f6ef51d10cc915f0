"""Pictures, in modules by what is done to them; `picked` chooses a piece of a batch."""

from __future__ import annotations

from ryla_graphs.shapes.rules.images import (
    batches,
    boxed_layers,
    colour,
    cutting,
    frames,
    joining,
    layers,
    meshes,
    models,
    scaling,
    tiles,
)
from ryla_graphs.shapes.rules.images.batches import picked

__all__ = [
    "batches",
    "boxed_layers",
    "colour",
    "cutting",
    "frames",
    "joining",
    "layers",
    "meshes",
    "models",
    "picked",
    "scaling",
    "tiles",
]
