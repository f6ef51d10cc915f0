"""A ComfyUI server as an engine, over HTTP and one WebSocket for all runs."""

from __future__ import annotations

from ryla_graphs.engines.comfyui.engine import ComfyUI
from ryla_graphs.engines.comfyui.pool import ComfyUIPool
from ryla_graphs.engines.comfyui.process import ComfyUIProcess
from ryla_graphs.engines.comfyui.server import Patience

__all__ = ["ComfyUI", "ComfyUIPool", "ComfyUIProcess", "Patience"]
