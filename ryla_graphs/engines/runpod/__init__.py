"""RunPod's queue endpoints as an engine: with the official worker-comfyui, or with a worker of ours."""

from __future__ import annotations

from ryla_graphs.engines.runpod.engine import RunPod
from ryla_graphs.engines.runpod.run import Patience

__all__ = ["Patience", "RunPod"]
