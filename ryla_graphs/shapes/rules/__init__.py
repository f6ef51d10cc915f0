"""The rules of all node classes, in modules by kind. A new module must be added to this import."""

from __future__ import annotations

from ryla_graphs.shapes.registry import rule
from ryla_graphs.shapes.rules import (
    conditioning,
    datasets,
    images,
    latents,
    lists,
    loading,
    masks,
    models,
    numeric,
    objects,
    packs,
    predicted,
    sampling,
    saving,
    sound,
    text,
    training,
    video,
    videos,
)

__all__ = [
    "conditioning",
    "datasets",
    "images",
    "latents",
    "lists",
    "loading",
    "masks",
    "models",
    "numeric",
    "objects",
    "packs",
    "predicted",
    "rule",
    "sampling",
    "saving",
    "sound",
    "text",
    "training",
    "video",
    "videos",
]
