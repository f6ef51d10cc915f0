"""Engines run compiled graphs: the built-in simulator, a ComfyUI server, other services, or several as routes."""

from __future__ import annotations

from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.asynchronous import arun
from ryla_graphs.engines.base import SIMULATOR, Engine, Health, Inputs, Result, Run, judge_of, missing_output, run
from ryla_graphs.engines.connecting import connect, default_address
from ryla_graphs.engines.many import Ended, ManyResults, run_many
from ryla_graphs.engines.partner_key import PartnerKey

__all__ = [
    "SIMULATOR",
    "Artifact",
    "Ended",
    "Engine",
    "Health",
    "Inputs",
    "ManyResults",
    "PartnerKey",
    "Result",
    "Run",
    "arun",
    "connect",
    "default_address",
    "judge_of",
    "missing_output",
    "run",
    "run_many",
]
