"""A ComfyUI server as an engine, over HTTP and one WebSocket a run."""

from __future__ import annotations

from ryla_graphs.engines.comfyui.engine import ComfyUI

__all__ = ["ComfyUI"]
