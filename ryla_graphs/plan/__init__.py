"""What a graph needs and costs, before anything runs: weights, node packs, ComfyUI, GPU, seconds, money.

`CompiledWorkflow.plan` is a `Plan`. `choose_gpu` chooses a GPU for it, and `check` refuses graphs that ask for too
much. Everything here is an estimate; ``docs/plan.md`` explains how it is made and how far it is from published figures.
"""

from __future__ import annotations

from ryla_graphs.plan.allowed import Limits
from ryla_graphs.plan.choice import Choice, choose_gpu
from ryla_graphs.plan.estimate import plan_of, stages_of
from ryla_graphs.plan.gpus import GPU, GPUS, gpu
from ryla_graphs.plan.limits import check
from ryla_graphs.plan.plan import Plan, StagePlan

__all__ = [
    "GPU",
    "GPUS",
    "Choice",
    "Limits",
    "Plan",
    "StagePlan",
    "check",
    "choose_gpu",
    "gpu",
    "plan_of",
    "stages_of",
]
