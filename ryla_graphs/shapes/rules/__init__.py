"""The rules of all node classes, in rooms by kind. A new room is a new module here, and one word in this import."""

from __future__ import annotations

from ryla_graphs.shapes.registry import rule
from ryla_graphs.shapes.rules import images, latents, loading, masks, saving, values, videos

__all__ = ["images", "latents", "loading", "masks", "rule", "saving", "values", "videos"]
