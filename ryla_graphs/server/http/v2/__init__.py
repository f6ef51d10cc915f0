"""Comfy API v2: the jobs and assets that `comfy-sdk` speaks, over the same deployment as our own routes."""

from __future__ import annotations

from ryla_graphs.server.http.v2 import assets, jobs

ROUTERS = (assets.router, jobs.router)

__all__ = ["ROUTERS"]
