"""Files and texts of output nodes, in modules by kind."""

from __future__ import annotations

from ryla_graphs.engines.simulator.saving import pictures, sounds, tensors, texts, videos
from ryla_graphs.engines.simulator.saving.registry import SAVERS

__all__ = ["SAVERS", "pictures", "sounds", "tensors", "texts", "videos"]
