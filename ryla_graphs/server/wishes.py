"""What a caller may ask of the machine that a job runs on, beside the graph: `gpu` and `maxCostUsd`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.problems import CannotRunHere, Problem

GPU_NAME = "gpu"
COST_NAMES = ("maxCostUsd", "max_cost_usd")

GPU_MEANING = "The kind of GPU to run on, such as `L40S`; chosen by the plan if left out. For deployments with several"
COST_MEANING = "The most that an image may cost by the plan's estimate, in USD; a dearer one is refused. As `gpu`"


class Wishes(NamedTuple):
    """What was asked for; None leaves it to the deployment."""

    gpu: str | None = None
    max_cost_usd: float | None = None


NO_WISHES = Wishes()

Place = Callable[[CompiledWorkflow, Wishes], str | None]
"""Chooses the kind of GPU for a graph; None leaves it to the engine. Raises `CannotRunHere` where none will do."""


def anywhere(_: CompiledWorkflow, wishes: Wishes) -> str | None:
    """For engines that have one kind of machine: there is nothing to choose, and a wish is refused, not ignored."""
    if wishes != NO_WISHES:
        raise CannotRunHere(
            [
                Problem(
                    code="no_gpu_choice",
                    message="this deployment has one kind of machine, so there is no GPU and no price to choose",
                    parameters=tuple(name for name, wish in zip(("gpu", "maxCostUsd"), wishes, strict=True) if wish),
                    hint="leave `gpu` and `maxCostUsd` out",
                )
            ]
        )
    return None


def wishes_in(content: dict[str, Any]) -> tuple[dict[str, Any], Wishes]:
    """A body without its wishes, and those; a node may bear their names, and is an object then."""
    gpu, cost = None, None
    for name in (GPU_NAME, *COST_NAMES):
        value = content.get(name)
        if name == GPU_NAME and isinstance(value, str):
            gpu = value
        elif name in content and value is None:
            pass  # as if it were left out
        elif name != GPU_NAME and isinstance(value, (int, float)) and not isinstance(value, bool):
            cost = float(value)
        else:
            continue
        content = {key: kept for key, kept in content.items() if key != name}
    return content, Wishes(gpu, cost)
