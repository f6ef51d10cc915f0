"""What the Flux presets share: the loaders, and the sampling of one picture."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import Field

from ryla_graphs.errors import Problem
from ryla_graphs.nodes import (
    CLIPTextEncode,
    ConditioningZeroOut,
    DualCLIPLoader,
    EmptySD3LatentImage,
    FluxGuidance,
    KSampler,
    UNETLoader,
    VAEDecode,
    VAELoader,
)
from ryla_graphs.presets.base import Parameters, Pixels, Prompt, Seed, Steps, WeightDtype, random_seed
from ryla_graphs.sockets import Clip, Model, Vae
from ryla_graphs.wires import Source

NO_NEGATIVE_AT = 1.0
"""At this cfg ComfyUI's samplers drop the negative conditioning."""


class FluxParams(Parameters):
    """Parameters of every Flux.1 picture."""

    prompt: Prompt
    negative_prompt: str = Field(default="", max_length=20_000, description="What to avoid; acts only at a cfg above 1")
    width: Pixels = 1024
    height: Pixels = 1024
    steps: Steps = 20
    cfg: float = Field(default=1.0, ge=1, le=30, description="True guidance; above 1 each step costs twice")
    guidance: float = Field(default=3.5, ge=0, le=100, description="Flux's distilled guidance")
    seed: Seed = Field(default_factory=random_seed)
    unet_name: str = Field(default="flux1-dev.safetensors", description="Diffusion model in models/diffusion_models")
    weight_dtype: WeightDtype = "default"
    clip_name1: str = Field(default="clip_l.safetensors", description="CLIP-L in models/text_encoders")
    clip_name2: str = Field(default="t5xxl_fp16.safetensors", description="T5 in models/text_encoders")
    vae_name: str = Field(default="ae.safetensors", description="VAE in models/vae")

    @property
    def uses_negative(self) -> bool:
        """Whether the negative prompt takes part in sampling."""
        return self.cfg > NO_NEGATIVE_AT


class FluxWeights(NamedTuple):
    """What the loaders give."""

    model: Source[Model]
    clip: Source[Clip]
    vae: Source[Vae]


def load_flux(p: FluxParams) -> FluxWeights:
    """The three loaders of Flux.1."""
    return FluxWeights(
        UNETLoader(unet_name=p.unet_name, weight_dtype=p.weight_dtype).named("flux"),
        DualCLIPLoader(clip_name1=p.clip_name1, clip_name2=p.clip_name2, type="flux").named("text-encoders"),
        VAELoader(vae_name=p.vae_name).named("vae"),
    )


def sample_flux(p: FluxParams, weights: FluxWeights, prompt: str) -> VAEDecode:
    """One Flux.1 picture; at cfg 1 the negative prompt is not even encoded."""
    text = CLIPTextEncode(clip=weights.clip, text=prompt).named("prompt")
    negative: CLIPTextEncode | ConditioningZeroOut = ConditioningZeroOut(conditioning=text).named("no-negative")
    if p.uses_negative:
        negative = CLIPTextEncode(clip=weights.clip, text=p.negative_prompt).named("negative")
    latent = KSampler(
        model=weights.model,
        seed=p.seed,
        steps=p.steps,
        cfg=p.cfg,
        sampler_name="euler",
        scheduler="simple",
        positive=FluxGuidance(conditioning=text, guidance=p.guidance).named("guidance"),
        negative=negative,
        latent_image=EmptySD3LatentImage(width=p.width, height=p.height, batch_size=1).named("canvas"),
        denoise=1.0,
    ).named("sampler")
    return VAEDecode(samples=latent, vae=weights.vae).named("picture")


def negative_notice(p: FluxParams) -> tuple[Problem, ...]:
    """Says that a negative prompt has no effect at cfg 1, where that is so."""
    if p.uses_negative or not p.negative_prompt:
        return ()
    return (
        Problem(
            code="negative_without_effect",
            message="at cfg 1 Flux ignores the negative prompt",
            level="warning",
            given=p.negative_prompt,
            hint="raise `cfg` to 1.5-3.5 (each step then costs twice) and lower `guidance` to 1-2, or leave it out",
            parameters=("negativePrompt", "cfg"),
        ),
    )
