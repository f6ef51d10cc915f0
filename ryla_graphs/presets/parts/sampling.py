"""What every family has: prompts, guidance, a seed, and weights that loaders give."""

from __future__ import annotations

from typing import Generic, NamedTuple

from pydantic import Field

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import CLIPTextEncode, ConditioningZeroOut
from ryla_graphs.presets.parameters import Parameters, Pixels, Prompt, Seed, Steps, random_seed
from ryla_graphs.problems import Problem
from ryla_graphs.sockets import Clip, Conditioning, Family, Model, Vae

NO_NEGATIVE_AT = 1.0
"""At this cfg ComfyUI's samplers drop the negative conditioning."""


class Sampling(Parameters):
    """Parameters of everything that is sampled from a prompt."""

    prompt: Prompt
    negative_prompt: str = Field(default="", max_length=20_000, description="What to avoid; acts only at a cfg above 1")
    steps: Steps = 20
    cfg: float = Field(
        default=1.0,
        ge=1,
        le=30,
        description="Guidance; 1 is none; above 1 each step costs twice and the negative prompt acts",
    )
    seed: Seed = Field(default_factory=random_seed)


class Canvas(Parameters):
    """The size of a new picture."""

    width: Pixels = 1024
    height: Pixels = 1024


class Loaded(NamedTuple, Generic[Family]):
    """What the loaders of one model give."""

    model: Source[Model[Family]]
    clip: Source[Clip[Family]]
    vae: Source[Vae[Family]]


class Conditionings(NamedTuple, Generic[Family]):
    """What a sampler goes towards, and away from."""

    positive: Source[Conditioning[Family]]
    negative: Source[Conditioning[Family]]


def encode(
    p: Sampling,
    clip: Source[Clip[Family]],
    prompt: str,
    *,
    negative: Source[Conditioning[Family]] | None = None,
    label: str = "",
) -> Conditionings[Family]:
    """The prompts as conditionings. `negative` is one that is there already, from another picture of the graph."""
    text = CLIPTextEncode(clip=clip, text=prompt).named(f"{label}prompt")
    return Conditionings(text, against(p, clip, text) if negative is None else negative)


def against(
    p: Sampling, clip: Source[Clip[Family]], text: Source[Conditioning[Family]]
) -> Source[Conditioning[Family]]:
    """The negative conditioning; at cfg 1, where samplers drop it, no prompt is encoded for it."""
    if p.cfg > NO_NEGATIVE_AT:
        return CLIPTextEncode(clip=clip, text=p.negative_prompt).named("negative")
    return ConditioningZeroOut(conditioning=text).named("no-negative")


def negative_notice(p: Sampling, advice: str = "") -> tuple[Problem, ...]:
    """Says that a negative prompt has no effect at cfg 1, where that is so."""
    if p.cfg > NO_NEGATIVE_AT or not p.negative_prompt:
        return ()
    return (
        Problem(
            code="negative_without_effect",
            message="at cfg 1 the negative prompt is ignored",
            given=p.negative_prompt,
            hint=f"raise `cfg` (each step then costs twice{advice}), or leave the negative prompt out",
            parameters=("negativePrompt", "cfg"),
        ),
    )
