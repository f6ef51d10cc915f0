"""How often a sampler evaluates its model: steps, guidance, and the evaluations its method needs per step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ryla_graphs.plan.canvas import number_of
from ryla_graphs.prompt import Link, PromptNode
from ryla_graphs.validation.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampler:
    """The names of the inputs that say how a sampler class samples; None if it has no such input."""

    steps: str | None = None
    cfg: str | None = None
    method: str | None = None
    first: str | None = None
    """The step it begins at."""
    last: str | None = None
    sigmas: str | None = None
    guider: str | None = None


SAMPLERS: Mapping[str, Sampler] = {
    "KSampler": Sampler(steps="steps", cfg="cfg", method="sampler_name"),
    "KSamplerAdvanced": Sampler(
        steps="steps", cfg="cfg", method="sampler_name", first="start_at_step", last="end_at_step"
    ),
    "FaceDetailer": Sampler(steps="steps", cfg="cfg", method="sampler_name"),
    "SamplerCustom": Sampler(cfg="cfg", method="sampler", sigmas="sigmas"),
    "SamplerCustomAdvanced": Sampler(method="sampler", sigmas="sigmas", guider="guider"),
}
"""The samplers whose work follows from their inputs."""

_TWO = ("heun", "exp_heun_2", "dpm_2", "dpmpp_2s", "dpmpp_sde", "seeds_2", "seeds2", "sa_solver_pece")
_THREE = ("heunpp2", "seeds_3")
"""Samplers with two and three evaluations per step, found by running ComfyUI 0.33's on a model that counts; all others
make one."""

_GUIDES: Mapping[str, int] = {"BasicGuider": 1, "DualCFGGuider": 3, "PerpNegGuider": 3}
"""Evaluations per step for guiders where `cfg` does not decide."""


@dataclass(frozen=True, slots=True)
class Evaluations:
    """How often a model is evaluated."""

    steps: int
    a_step: int
    """Evaluations per step: those of the method, doubled with a negative prompt."""
    at_once: int
    """How many of them ComfyUI computes together if memory allows."""
    unknown: str | None = None
    """What could not be determined."""
    counted: bool = True
    """Whether the steps are known before the run."""

    @property
    def total(self) -> int:
        """All evaluations."""
        return self.steps * self.a_step


Schedules = dict[Link, int | None]
"""The steps of the schedules that were traced, by the link that carries them."""


def evaluations(view: View, node: PromptNode, known: Schedules) -> Evaluations | None:
    """How often a sampler evaluates its model; None for an unknown class. All samplers of a view share `known`."""
    row = SAMPLERS.get(node.schema.class_type)
    if row is None:
        return None
    method = _method(view, node, row)
    guided = _guided(view, node, row, method)
    steps = _steps(view, node, row, known)
    unknown = "how many steps it takes" if steps is None else None
    if method == "dpm_adaptive":
        unknown = "how many steps it takes: its method decides on the way"
    return Evaluations(max(1, steps or 1), guided * _order(method), guided, unknown, steps is not None)


def _order(method: str) -> int:
    if method.startswith(_THREE):
        return 3
    return 2 if method.startswith(_TWO) else 1


def _method(view: View, node: PromptNode, row: Sampler) -> str:
    value = view.literal(node, row.method or "")
    source = view.source(node.wires.get(row.method or ""))
    if source is not None and value is None:
        chosen = view.literal(source, "sampler_name")
        # SamplerDPMPP_SDE and similar classes have the method in their name.
        value = chosen if isinstance(chosen, str) else source.schema.class_type.removeprefix("Sampler").lower()
    return value if isinstance(value, str) else ""


def _guided(view: View, node: PromptNode, row: Sampler, method: str) -> int:
    """1 if only the positive prompt is evaluated, 2 if the negative one is too."""
    if row.guider is not None:
        guider = view.source(node.wires.get(row.guider))
        if guider is None:
            return 1
        if guider.schema.class_type in _GUIDES:
            return _GUIDES[guider.schema.class_type]
        cfg = number_of(view, guider, "cfg")
    else:
        cfg = number_of(view, node, row.cfg or "cfg")
    # At cfg 1 ComfyUI skips the negative prompt, except for methods that use it themselves.
    return 1 if cfg is not None and abs(cfg - 1.0) < 1e-9 and "cfg_pp" not in method else 2


def _steps(view: View, node: PromptNode, row: Sampler, known: Schedules) -> int | None:
    if row.sigmas is not None:
        return _sigma_steps(view, node.wires.get(row.sigmas), known)
    steps = number_of(view, node, row.steps or "steps")
    if steps is None:
        return None
    first = number_of(view, node, row.first) or 0 if row.first else 0
    last = min(steps, number_of(view, node, row.last) or steps) if row.last else steps
    return max(0, int(last - first))


def _sigma_steps(view: View, link: Link | None, known: Schedules) -> int | None:
    """The steps of a schedule, traced through the nodes that split it, each once for all samplers."""
    path: list[tuple[Link, PromptNode]] = []
    while link is not None and link not in known and (node := view.source(link)) is not None:
        known[link] = None  # also what a cycle of links comes back to
        if (begun := _begun(view, node)) is not None:
            known[link] = begun[0]
            break
        path.append((link, node))
        link = node.wires.get("sigmas")
    steps = known.get(link) if link is not None else None
    for passed, node in reversed(path):
        at = number_of(view, node, "step") if node.schema.class_type == "SplitSigmas" else None
        if at is not None and steps is not None:
            steps = min(steps, int(at)) if passed.slot == 0 else max(0, steps - int(at))
        known[passed] = steps
    return steps


def _begun(view: View, node: PromptNode) -> tuple[int | None] | None:
    """The steps of a schedule that a node makes, if they are known; None if it makes none."""
    if "steps" in node.known:
        given = number_of(view, node, "steps")
        return (None if given is None else int(given),)
    if node.schema.class_type == "ManualSigmas":
        return (max(1, str(node.inputs.get("sigmas", "")).count(",")),)
    return None
