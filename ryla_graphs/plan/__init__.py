"""What a graph needs and costs, before anything runs: weights, node packs, ComfyUI, GPU, seconds, money.

`CompiledWorkflow.plan` gives a `Plan`. `choose_gpu` picks a GPU for it, `limits.check` refuses what asks for too much.
Everything here is an estimate; ``docs/plan.md`` says how it is made and how far it was off where figures are public.
"""

from __future__ import annotations

from ryla_graphs.plan.choice import Choice, choose_gpu
from ryla_graphs.plan.estimate import plan_of, stages_of
from ryla_graphs.plan.gpus import GPU, GPUS, gpu
from ryla_graphs.plan.limits import Limits, check
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
