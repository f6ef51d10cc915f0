"""The rules of all node classes, in rooms by kind. A new room is a new module here, and one word in this import."""

from __future__ import annotations

from ryla_graphs.shapes.registry import rule
from ryla_graphs.shapes.rules import (
    conditioning,
    images,
    latents,
    loading,
    masks,
    models,
    objects,
    sampling,
    saving,
    training,
    values,
    video,
    videos,
)

__all__ = [
    "conditioning",
    "images",
    "latents",
    "loading",
    "masks",
    "models",
    "objects",
    "rule",
    "sampling",
    "saving",
    "training",
    "values",
    "video",
    "videos",
]
