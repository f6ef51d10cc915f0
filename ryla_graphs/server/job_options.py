"""The options of a request besides the graph, from headers, query and body, in one object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.formats.read import Preference
from ryla_graphs.problems import CannotRunHere, Problem

GPU_NAME = "gpu"
COST_NAMES = ("maxCostUsd", "max_cost_usd")
USER_NAMES, USER_HEADER = ("userKey", "user_key"), "X-Ryla-User"
FACE_NAMES = ("measureFace", "measure_face")
USER, MAX_USD = "user_key", "max_usd"
"""The keys in `JobRequest.extra` for the job's user, and for the most that all its attempts may cost."""

GPU_MEANING = "The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one"
USER_MEANING = "The user that the job is for, by whom routes with shares are chosen; by default the caller"
COST_MEANING = (
    "The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes"
)


FACE_MEANING = "Measure afterwards how well the face was kept; needs the person's consent, and not every server can"
OUTPUTS_MEANING = "Ids of the output nodes to run, together with the nodes that they need; default all"
LABELS_MEANING = "Labels to find the job by: `GET /jobs?label=name:value`"
MOST_LABELS, LABEL_NAME, LABEL_VALUE = 16, 64, 512
"""The most labels of a job, and the most characters of their names and values."""


def _few(labels: Any) -> Any:
    """Refuse too many labels before each of them is judged, which could be millions."""
    if isinstance(labels, Mapping) and len(labels) > MOST_LABELS:
        counts = {"count": f"{len(labels):,}", "most": MOST_LABELS}
        raise PydanticCustomError("too_long", "there are {count} labels; a job has at most {most}", counts)
    return labels


Labels = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=LABEL_NAME)], Annotated[str, Field(max_length=LABEL_VALUE)]],
    Field(max_length=MOST_LABELS),
    BeforeValidator(_few),
]
"""The labels of a job, as a field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureOptions:
    """The requested form of a picture; None leaves it unchanged."""

    media_type: str | None = None
    width: int | None = None
    """The largest width in pixels; narrower pictures are not enlarged."""
    quality: int = 90
    """The quality of JPEG and WebP."""


UNCHANGED_PICTURE = PictureOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOptions:
    """The options of a request; the deployment decides what is left out. `submit.options` reads them."""

    gpu: str | None = None
    max_cost_usd: float | None = None
    measure_face: bool = False
    """Whether to measure the faces in the outputs; the caller declares to have the person's consent."""
    prefer: Preference | None = None
    """Which graph to read from a file that has two; as in `formats.read`."""
    randomize: bool = False
    """Whether to draw every seed of the graph (``?randomize=seed``)."""
    partner_key: PartnerKey | None = None
    """The caller's key for partners' paid services."""
    previews: bool = False
    """Whether the job's events include previews (``Prefer: previews``)."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """JSON to store with the job: see `JobRequest.extra`."""
    asynchronous: bool = False
    """Answer 202 at once (``Prefer: respond-async``)."""
    wait: float | None = None
    """Answer 202 after this many seconds (``Prefer: wait=N``)."""
    cancel_on_disconnect: bool = False
    """Cancel the job if the caller hangs up (``X-Cancel-On-Disconnect: true``)."""
    accept: str = "*/*"
    """The media types that the answer may have."""
    picture: PictureOptions = UNCHANGED_PICTURE
    """The requested form of the picture."""
    outputs: tuple[str, ...] | None = None
    """The output nodes to run, with the nodes that they need; None for all."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels by which the job can be found."""
    inline: bool = False
    """Whether the JSON answer holds the outputs themselves, in base64."""

    @property
    def any_machine(self) -> bool:
        """Whether the request leaves the choice of machine open."""
        return self.gpu is None and self.max_cost_usd is None


NO_OPTIONS = JobOptions()

Place = Callable[[CompiledWorkflow, JobOptions], str | None]
"""Chooses the kind of GPU for a graph; None leaves it to the engine. Raises `CannotRunHere` if none will do."""

Budget = Callable[[str, CompiledWorkflow, str | None], Mapping[str, Any]]
"""Checks that an owner may still spend what a graph may cost on a kind of GPU; returns JSON to store with the job.
Raises `RequestError` (`over_budget`)."""


def unlimited(_owner: str, _workflow: CompiledWorkflow, _gpu: str | None) -> Mapping[str, Any]:
    """For deployments without a budget."""
    return {}


def some_route(_: CompiledWorkflow, options: JobOptions) -> str | None:
    """For routers: `maxCostUsd` limits all attempts together, and each route has its own GPUs."""
    return anywhere(_, replace(options, max_cost_usd=None))


def anywhere(_: CompiledWorkflow, options: JobOptions) -> str | None:
    """For engines with one kind of machine: refuses a choice of GPU or price instead of ignoring it."""
    if not options.any_machine:
        given = {"gpu": options.gpu, "maxCostUsd": options.max_cost_usd}
        raise CannotRunHere(
            [
                Problem(
                    code="no_gpu_choice",
                    message="this deployment has one kind of machine, so there is no GPU and no price to choose",
                    parameters=tuple(name for name, value in given.items() if value),
                    hint="leave `gpu` and `maxCostUsd` out",
                )
            ]
        )
    return None
