"""What one prompt may ask for: pixels, batch and steps, checked before anything is submitted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ryla_graphs.problems import AtNode, Problem

if TYPE_CHECKING:
    from ryla_graphs.plan.plan import StagePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a deployment allows; None for no limit."""

    megapixels: float | None = 16.8
    """Of one picture or frame, in 10^6 pixels: 4096 x 4096."""
    pictures: int | None = 512
    """Pictures or frames that one node works on at once."""
    steps: int | None = 250
    """Evaluations of a model by one sampler, each step with a negative prompt counted twice."""
    work: float | None = 20_000.0
    """Of all samplers together: megapixels times pictures or frames times evaluations. Flux.1 Dev at 1024 x 1024
    with 20 steps is 21, a Wan video of 81 frames of 832 x 480 with 30 steps and a negative prompt 1,941."""


def check(stages: Sequence[StagePlan], limits: Limits | None = None) -> list[Problem]:
    """What the stages of a plan ask for beyond the limits; an empty list where it keeps to them.

    The problems name the inputs to lower where it can be told, so that `CompiledWorkflow.explain` finds the preset
    parameters behind them.
    """
    allowed = limits or Limits()
    # Several stages work on one canvas: it is refused once.
    found = {(p.code, p.node, p.given): p for stage in stages for p in _of_stage(stage, allowed)}
    return [*found.values(), *_of_all(stages, allowed)]


def _of_stage(stage: StagePlan, allowed: Limits) -> Iterator[Problem]:
    megapixels = stage.width * stage.height / 1e6
    pictures = stage.frames * stage.batch
    node, class_type = stage.set_by or (stage.node, stage.class_type)
    if allowed.megapixels is not None and megapixels > allowed.megapixels:
        yield Problem(
            code="too_large",
            message=f"{stage.width}x{stage.height} are {megapixels:.1f} megapixels, {allowed.megapixels:g} are allowed",
            subject=AtNode(node=node, class_type=class_type, input="width" if stage.set_by else None),
            given=round(megapixels, 1),
            expected=f"at most {allowed.megapixels:g} megapixels",
            hint="lower width and height",
        )
    if allowed.pictures is not None and pictures > allowed.pictures:
        frames = stage.frames > stage.batch
        yield Problem(
            code="too_many_pictures",
            message=f"{pictures:,} {'frames' if frames else 'pictures'} at once, {allowed.pictures:,} are allowed",
            subject=AtNode(
                node=node, class_type=class_type, input=("length" if frames else "batch_size") if stage.set_by else None
            ),
            given=pictures,
            expected=f"at most {allowed.pictures:,}",
            hint="make the video shorter" if frames else "lower the batch, and submit several prompts",
        )
    if allowed.steps is not None and stage.kind == "sample" and stage.evaluations > allowed.steps:
        yield Problem(
            code="too_many_steps",
            message=f"its model is evaluated {stage.evaluations:,} times, {allowed.steps:,} are allowed",
            subject=AtNode(
                node=stage.node,
                class_type=stage.class_type,
                input="steps" if stage.class_type.startswith("KSampler") else None,
            ),
            given=stage.evaluations,
            expected=f"at most {allowed.steps:,}; a step with a negative prompt counts twice",
            hint="lower steps, or set cfg to 1 where the model needs no negative prompt",
        )


def _of_all(stages: Sequence[StagePlan], allowed: Limits) -> Iterator[Problem]:
    work = sum(_work(stage) for stage in stages)
    if allowed.work is not None and work > allowed.work:
        largest = max(stages, key=_work)
        yield Problem(
            code="too_much_work",
            message=f"the prompt asks for {work:,.0f} megapixel-steps, {allowed.work:,.0f} are allowed",
            subject=AtNode(node=largest.node, class_type=largest.class_type),
            given=round(work),
            expected=f"at most {allowed.work:,.0f}: megapixels times pictures or frames times evaluations",
            hint=f"ask for {allowed.work / work:.0%} of it, in size, batch, length or steps; or send several prompts",
        )


def _work(stage: StagePlan) -> float:
    if stage.kind != "sample":
        return 0.0
    return stage.width * stage.height * stage.frames * stage.batch * stage.evaluations / 1e6
