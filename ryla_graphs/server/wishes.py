"""What a caller asks for beside the graph: one object, from headers, query and body to the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from pydantic import Field

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.formats.read import Preference
from ryla_graphs.problems import CannotRunHere, Problem

GPU_NAME = "gpu"
COST_NAMES = ("maxCostUsd", "max_cost_usd")
USER_NAMES, USER_HEADER = ("userKey", "user_key"), "X-Ryla-User"
FACE_NAMES = ("measureFace", "measure_face")
USER, MAX_USD = "user_key", "max_usd"
"""Where a job keeps, in `JobRequest.extra`, who it is for and what all its attempts may cost."""

GPU_MEANING = "The kind of GPU to run on, such as `L40S`; chosen by the plan if left out. For deployments with several"
USER_MEANING = "The user it is for, who decides its share where routes have shares; by default the caller"
COST_MEANING = (
    "The most that an image may cost by the plan's estimate, in USD; a more expensive one is refused. As `gpu`"
)


FACE_MEANING = "Measure afterwards how well its face was kept, with the person's consent. Not on every server"
OUTPUTS_MEANING = "Ids of the output nodes to run, with what they need; all if left out"
LABELS_MEANING = "Labels to find the job by: `GET /jobs?label=name:value`"
MOST_LABELS, LABEL_NAME, LABEL_VALUE = 16, 64, 512
"""How many labels a job may have, and how long their names and values may be."""
Labels = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=LABEL_NAME)], Annotated[str, Field(max_length=LABEL_VALUE)]],
    Field(max_length=MOST_LABELS),
]
"""The labels of a job, as a field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureWish:
    """How a picture is to come; what is left out stays as it is."""

    media_type: str | None = None
    width: int | None = None
    """In pixels; a picture that is narrower stays so."""
    quality: int = 90
    """Of JPEG and WebP."""


NO_PICTURE_WISH = PictureWish()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What was asked for; what is left out is left to the deployment. `submit.asked` reads them."""

    gpu: str | None = None
    max_cost_usd: float | None = None
    measure_face: bool = False
    """Whether the faces of what comes out are to be measured; the caller has the person's consent."""
    prefer: Preference | None = None
    """Which graph is read of a file that has two; as in `formats.read`."""
    randomize: bool = False
    """Whether every seed of a graph is drawn (``?randomize=seed``)."""
    partner_key: PartnerKey | None = None
    """The caller's, for partners' paid services."""
    previews: bool = False
    """Whether the job's events carry pictures of what is being made (``Prefer: previews``)."""
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
    picture: PictureWish = NO_PICTURE_WISH
    """How a picture is to come."""
    outputs: tuple[str, ...] | None = None
    """The output nodes that are to run, with what they need; all where it is left out."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What the job can be found by."""
    inline: bool = False
    """Whether outputs stand in JSON themselves."""

    @property
    def any_machine(self) -> bool:
        """Whether nothing is asked of the machine."""
        return self.gpu is None and self.max_cost_usd is None


NO_WISHES = Wishes()

Place = Callable[[CompiledWorkflow, Wishes], str | None]
"""Chooses the kind of GPU for a graph; None leaves it to the engine. Raises `CannotRunHere` if none will do."""

Budget = Callable[[str, CompiledWorkflow, str | None], Mapping[str, Any]]
"""Whether an owner may still spend what a graph may cost on a kind of GPU; gives what is to be kept with the job.
Raises `RequestError` (`over_budget`)."""


def unlimited(_owner: str, _workflow: CompiledWorkflow, _gpu: str | None) -> Mapping[str, Any]:
    """For engines that count no money."""
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
