"""What a caller asks for beside the graph: one object, from headers, query and body to the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.formats.read import Preference
from ryla_graphs.problems import CannotRunHere, Problem

GPU_NAME = "gpu"
COST_NAMES = ("maxCostUsd", "max_cost_usd")
USER_NAMES, USER_HEADER = ("userKey", "user_key"), "X-Ryla-User"
USER, MAX_USD = "user_key", "max_usd"
"""Where a job keeps, in `JobRequest.extra`, who it is for and what all its attempts may cost."""

GPU_MEANING = "The kind of GPU to run on, such as `L40S`; chosen by the plan if left out. For deployments with several"
USER_MEANING = "Who it is for: decides which share of users it is in, where routes have shares; else whoever asks"
COST_MEANING = "The most that an image may cost by the plan's estimate, in USD; a dearer one is refused. As `gpu`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What was asked for; what is left out is left to the deployment. `submit.asked` reads them."""

    gpu: str | None = None
    max_cost_usd: float | None = None
    prefer: Preference | None = None
    """Which graph is read of a file that has two; as in `formats.read`."""
    partner_key: PartnerKey | None = None
    """The caller's, for partners' paid services."""
    previews: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What is kept with the job: see `JobRequest.extra`."""
    asynchronous: bool = False
    """Answer 202 at once (``Prefer: respond-async``)."""
    wait: float | None = None
    """In seconds: answer 202 after so long (``Prefer: wait=N``)."""
    cancel_on_disconnect: bool = False
    """Cancel the job if the caller hangs up (``X-Cancel-On-Disconnect: true``)."""
    accept: str = "*/*"
    """The media types that the answer may have."""
    quality: int = 90
    """Of JPEG and WebP."""
    inline: bool = False
    """Whether outputs stand in JSON themselves."""

    @property
    def any_machine(self) -> bool:
        """Whether nothing is asked of the machine."""
        return self.gpu is None and self.max_cost_usd is None


NO_WISHES = Wishes()

Place = Callable[[CompiledWorkflow, Wishes], str | None]
"""Chooses the kind of GPU for a graph; None leaves it to the engine. Raises `CannotRunHere` where none will do."""

Budget = Callable[[str, CompiledWorkflow, str | None], Mapping[str, Any]]
"""Whether an owner may still spend what a graph may cost on a kind of GPU; gives what is to be kept with the job.
Raises `RequestError` (`over_budget`)."""


def unlimited(_owner: str, _workflow: CompiledWorkflow, _gpu: str | None) -> Mapping[str, Any]:
    """For engines whose money nobody counts."""
    return {}


def some_route(_: CompiledWorkflow, wishes: Wishes) -> str | None:
    """For engines that choose among routes: a price bounds all attempts together, and GPUs are the routes' own."""
    return anywhere(_, replace(wishes, max_cost_usd=None))


def anywhere(_: CompiledWorkflow, wishes: Wishes) -> str | None:
    """For engines that have one kind of machine: there is nothing to choose, and a wish is refused, not ignored."""
    if not wishes.any_machine:
        asked = {"gpu": wishes.gpu, "maxCostUsd": wishes.max_cost_usd}
        raise CannotRunHere(
            [
                Problem(
                    code="no_gpu_choice",
                    message="this deployment has one kind of machine, so there is no GPU and no price to choose",
                    parameters=tuple(name for name, wish in asked.items() if wish),
                    hint="leave `gpu` and `maxCostUsd` out",
                )
            ]
        )
    return None
