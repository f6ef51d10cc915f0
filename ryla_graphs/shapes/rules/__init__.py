"""The rules of all node classes, in rooms by kind. A new room is a new module here, and one word in this import."""

from __future__ import annotations

from ryla_graphs.shapes.registry import rule
from ryla_graphs.shapes.rules import (
    datasets,
    images,
    latents,
    lists,
    loading,
    masks,
    numeric,
    packs,
    saving,
    sound,
    text,
    videos,
)

__all__ = [
    "datasets",
    "images",
    "latents",
    "lists",
    "loading",
    "masks",
    "numeric",
    "packs",
    "rule",
    "saving",
    "sound",
    "text",
    "videos",
]
