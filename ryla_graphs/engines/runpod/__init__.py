"""RunPod's queue endpoints as an engine, with the official worker-comfyui or with our worker."""

from __future__ import annotations

from ryla_graphs.engines.patience import Patience
from ryla_graphs.engines.runpod.engine import RunPod

__all__ = ["Patience", "RunPod"]
