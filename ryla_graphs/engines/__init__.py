"""Engines run compiled graphs: the built-in simulator, a ComfyUI server, other services, or several as routes."""

from __future__ import annotations

from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.base import SIMULATOR, Engine, Health, Inputs, Result, Run, judge_of, missing_output, run
from ryla_graphs.engines.connecting import connect, default_address
from ryla_graphs.engines.partner_key import PartnerKey

__all__ = [
    "SIMULATOR",
    "Artifact",
    "Engine",
    "Health",
    "Inputs",
    "PartnerKey",
    "Result",
    "Run",
    "connect",
    "default_address",
    "judge_of",
    "missing_output",
    "run",
]
