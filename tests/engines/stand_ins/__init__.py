"""Stand-ins of services that need an account, made from their documentation and sources.

What a test sees on them is what was read, not what the clouds do. Each step of theirs can go wrong in every way of
`faults.KINDS`, and each counts what it executed, so that a run that was paid twice shows.
"""

from __future__ import annotations

from tests.engines.stand_ins.faults import Faults, hosted
from tests.engines.stand_ins.runpod import FakeRunPod
from tests.engines.stand_ins.v2 import V2StandIn

__all__ = ["FakeRunPod", "Faults", "V2StandIn", "hosted"]
