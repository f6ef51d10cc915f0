"""Comfy API v2 as an engine: our own server, comfy-api-proxy, Comfy Cloud and its serverless deployments."""

from __future__ import annotations

from ryla_graphs.engines.patience import Patience
from ryla_graphs.engines.remote.client import V2Client
from ryla_graphs.engines.remote.dialect import RUN_LABEL
from ryla_graphs.engines.remote.engine import Remote

__all__ = ["RUN_LABEL", "Patience", "Remote", "V2Client"]
