"""What the Z-Image presets share."""

from __future__ import annotations

from pydantic import Field

from ryla_graphs.nodes import (
    CLIPLoader,
    EmptySD3LatentImage,
    KSampler,
    ModelSamplingAuraFlow,
    UNETLoader,
    VAEDecode,
    VAELoader,
)
from ryla_graphs.presets.base import Steps, WeightDtype, WeightFile
from ryla_graphs.presets.parts.loras import LoraParams, apply_loras, triggered
from ryla_graphs.presets.parts.sampling import Canvas, Loaded, Sampling, encode
from ryla_graphs.sockets import ZImage


class ZImageParams(Canvas, LoraParams, Sampling):
    """Parameters of every Z-Image picture. Any fine-tuned file of the family does."""

    steps: Steps = 8
    shift: float = Field(default=3.0, ge=0, le=100, description="How long sampling stays with the coarse; 3 is usual")
    unet_name: WeightFile = Field(
        default="z_image_turbo_bf16.safetensors", description="Diffusion model in models/diffusion_models"
    )
    weight_dtype: WeightDtype = "default"
    clip_name: WeightFile = Field(default="qwen_3_4b.safetensors", description="Qwen 3 4B in models/text_encoders")
    vae_name: WeightFile = Field(default="ae.safetensors", description="VAE in models/vae, the same as Flux's")


def draw_z_image(p: ZImageParams) -> VAEDecode:
    """A new picture from the prompt."""
    loaded = Loaded(
        UNETLoader[ZImage](unet_name=p.unet_name, weight_dtype=p.weight_dtype).named("z-image"),
        CLIPLoader[ZImage](clip_name=p.clip_name, type="lumina2").named("text-encoder"),
        VAELoader[ZImage](vae_name=p.vae_name).named("vae"),
    )
    model, clip, vae = apply_loras(loaded, p.stack)
    text = encode(p, clip, triggered(p.prompt, p.stack))
    latent = KSampler(
        model=ModelSamplingAuraFlow(model=model, shift=p.shift).named("shift"),
        seed=p.seed,
        steps=p.steps,
        cfg=p.cfg,
        sampler_name="res_multistep",
        scheduler="simple",
        positive=text.positive,
        negative=text.negative,
        latent_image=EmptySD3LatentImage(width=p.width, height=p.height, batch_size=1).named("canvas"),
        denoise=1.0,
    ).named("sampler")
    return VAEDecode(samples=latent, vae=vae).named("picture")
