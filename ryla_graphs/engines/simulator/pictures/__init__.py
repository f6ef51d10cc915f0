"""Pictures and masks that are really computed, in modules by kind; `registry` explains how a class gets pixels."""

from __future__ import annotations

from ryla_graphs.engines.simulator.pictures import (
    batches,
    boxes,
    colour,
    compositing,
    filters,
    geometry,
    joining,
    keyframes,
    layers,
    loading,
    masks,
    matching,
    models,
    packs,
    texts,
)
from ryla_graphs.engines.simulator.pictures.content import give_content, stand_in

__all__ = [
    "batches",
    "boxes",
    "colour",
    "compositing",
    "filters",
    "geometry",
    "give_content",
    "joining",
    "keyframes",
    "layers",
    "loading",
    "masks",
    "matching",
    "models",
    "packs",
    "stand_in",
    "texts",
]
