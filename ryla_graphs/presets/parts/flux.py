"""What the Flux.1 presets share: the loaders, and the sampling of one picture."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import (
    CheckpointLoaderSimple,
    DualCLIPLoader,
    EmptySD3LatentImage,
    FluxGuidance,
    KSampler,
    UNETLoader,
    VAEDecode,
    VAELoader,
)
from ryla_graphs.presets.parameters import Parameters, ReplacedBy, WeightDtype, WeightFile
from ryla_graphs.presets.parts.loras import LoraParams, apply_loras, triggered
from ryla_graphs.presets.parts.sampling import Canvas, Conditionings, Loaded, Sampling, encode
from ryla_graphs.sockets import Conditioning, Flux1, Latent

CFG_ADVICE = "; 1.5-3.5 suit Flux, with `guidance` lowered to 1-2"


class FluxParams(LoraParams, Sampling):
    """Parameters of every Flux.1 picture. Any fine-tuned file of the family does."""

    text_encoder: bool = Field(
        default=False, description="Apply the LoRAs to the text encoders too; most Flux LoRAs have nothing for them"
    )
    unet_name: Annotated[WeightFile, ReplacedBy("flux_checkpoint_name")] = Field(
        default="flux1-dev.safetensors", description="Diffusion model in models/diffusion_models"
    )
    weight_dtype: Annotated[WeightDtype, ReplacedBy("flux_checkpoint_name")] = "default"
    clip_name1: Annotated[WeightFile, ReplacedBy("flux_checkpoint_name")] = Field(
        default="clip_l.safetensors", description="CLIP-L in models/text_encoders"
    )
    clip_name2: Annotated[WeightFile, ReplacedBy("flux_checkpoint_name")] = Field(
        default="t5xxl_fp16.safetensors", description="T5 in models/text_encoders"
    )
    vae_name: Annotated[WeightFile, ReplacedBy("flux_checkpoint_name")] = Field(
        default="ae.safetensors", description="VAE in models/vae"
    )
    flux_checkpoint_name: WeightFile | None = Field(
        default=None,
        description="One file in models/checkpoints instead of these, such as flux1-dev-fp8.safetensors",
    )


class Guided(Parameters):
    """The guidance of Flux.1 Dev and its kin; Schnell has none."""

    guidance: float = Field(default=3.5, ge=0, le=100, description="Flux's distilled guidance; costs nothing")


class FluxPictureParams(Canvas, Guided, FluxParams):
    """Parameters of a new picture by Flux.1 Dev."""


def load_flux(p: FluxParams) -> Loaded[Flux1]:
    """The loaders of Flux.1, and its LoRAs."""
    if p.flux_checkpoint_name:
        loaded = Loaded(*CheckpointLoaderSimple[Flux1](ckpt_name=p.flux_checkpoint_name).named("flux").out)
    else:
        loaded = Loaded(
            UNETLoader[Flux1](unet_name=p.unet_name, weight_dtype=p.weight_dtype).named("flux"),
            DualCLIPLoader[Flux1](clip_name1=p.clip_name1, clip_name2=p.clip_name2, type="flux").named("text-encoders"),
            VAELoader[Flux1](vae_name=p.vae_name).named("vae"),
        )
    return apply_loras(loaded, p.stack, text_encoder=p.text_encoder)


def flux_text(
    p: FluxParams,
    loaded: Loaded[Flux1],
    prompt: str,
    *,
    negative: Source[Conditioning[Flux1]] | None = None,
    label: str = "",
) -> Conditionings[Flux1]:
    """The prompts, with trigger words and Flux's guidance; see `encode`."""
    text, negative = encode(p, loaded.clip, triggered(prompt, p.stack), negative=negative, label=label)
    if isinstance(p, Guided):
        text = FluxGuidance(conditioning=text, guidance=p.guidance).named(f"{label}guidance")
    return Conditionings(text, negative)


def flux_canvas(p: Canvas) -> EmptySD3LatentImage:
    """An empty latent of the size asked for."""
    return EmptySD3LatentImage(width=p.width, height=p.height, batch_size=1).named("canvas")


def sample_flux(
    p: FluxParams,
    loaded: Loaded[Flux1],
    text: Conditionings[Flux1],
    canvas: Source[Latent],
    *,
    seed: int | None = None,
    denoise: float = 1.0,
    label: str = "",
) -> VAEDecode:
    """One picture, drawn on a canvas."""
    latent = KSampler(
        model=loaded.model,
        seed=p.seed if seed is None else seed,
        steps=p.steps,
        cfg=p.cfg,
        sampler_name="euler",
        scheduler="simple",
        positive=text.positive,
        negative=text.negative,
        latent_image=canvas,
        denoise=denoise,
    ).named(f"{label}sampler")
    return VAEDecode(samples=latent, vae=loaded.vae).named(f"{label}picture")


def draw_flux(p: FluxPictureParams) -> VAEDecode:
    """A new picture from the prompt."""
    loaded = load_flux(p)
    return sample_flux(p, loaded, flux_text(p, loaded, p.prompt), flux_canvas(p))
