"""What the Z-Image presets share."""

from __future__ import annotations

from pydantic import Field

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import (
    CLIPLoader,
    EmptySD3LatentImage,
    KSampler,
    ModelSamplingAuraFlow,
    UNETLoader,
    VAEDecode,
    VAELoader,
)
from ryla_graphs.presets.parameters import Steps, WeightDtype, WeightFile
from ryla_graphs.presets.parts.loras import LoraParams, apply_loras, triggered
from ryla_graphs.presets.parts.sampling import Canvas, Loaded, Sampling, encode
from ryla_graphs.sockets import Latent, ZImage


class ZImageParams(LoraParams, Sampling):
    """Parameters of every Z-Image picture. Any fine-tuned file of the family does."""

    steps: Steps = 8
    shift: float = Field(
        default=3.0, ge=0, le=100, description="How long sampling stays with coarse structure; 3 is usual"
    )
    unet_name: WeightFile = Field(
        default="z_image_turbo_bf16.safetensors", description="Diffusion model in models/diffusion_models"
    )
    weight_dtype: WeightDtype = "default"
    clip_name: WeightFile = Field(default="qwen_3_4b.safetensors", description="Qwen 3 4B in models/text_encoders")
    vae_name: WeightFile = Field(default="ae.safetensors", description="VAE in models/vae, the same as Flux's")


class ZImagePictureParams(Canvas, ZImageParams):
    """Parameters of a new Z-Image picture of a size of one's own."""


def load_z_image(p: ZImageParams) -> Loaded[ZImage]:
    """The loaders of Z-Image, and its LoRAs."""
    loaded = Loaded(
        UNETLoader[ZImage](unet_name=p.unet_name, weight_dtype=p.weight_dtype).named("z-image"),
        CLIPLoader[ZImage](clip_name=p.clip_name, type="lumina2").named("text-encoder"),
        VAELoader[ZImage](vae_name=p.vae_name).named("vae"),
    )
    return apply_loras(loaded, p.stack)


def sample_z_image(p: ZImageParams, loaded: Loaded[ZImage], canvas: Source[Latent]) -> VAEDecode:
    """A picture from the prompt, drawn on a canvas."""
    text = encode(p, loaded.clip, triggered(p.prompt, p.stack))
    latent = KSampler(
        model=ModelSamplingAuraFlow(model=loaded.model, shift=p.shift).named("shift"),
        seed=p.seed,
        steps=p.steps,
        cfg=p.cfg,
        sampler_name="res_multistep",
        scheduler="simple",
        positive=text.positive,
        negative=text.negative,
        latent_image=canvas,
        denoise=1.0,
    ).named("sampler")
    return VAEDecode(samples=latent, vae=loaded.vae).named("picture")


def draw_z_image(p: ZImagePictureParams) -> VAEDecode:
    """A new picture from the prompt."""
    canvas = EmptySD3LatentImage(width=p.width, height=p.height, batch_size=1).named("canvas")
    return sample_z_image(p, load_z_image(p), canvas)
