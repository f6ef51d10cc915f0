"""What the Wan presets share."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import (
    CLIPLoader,
    KSampler,
    ModelSamplingSD3,
    SaveVideo,
    UNETLoader,
    VAELoader,
)
from ryla_graphs.presets.parameters import Pixels, WeightDtype, WeightFile
from ryla_graphs.presets.parts.loras import LoraParams, apply_loras
from ryla_graphs.presets.parts.sampling import Conditionings, Loaded, Sampling
from ryla_graphs.presets.parts.videos import save_video
from ryla_graphs.sockets import Latent, Wan


def _frames(length: int) -> int:
    below = length - (length - 1) % 4
    if length != below:
        raise ValueError(f"Wan makes 4k+1 frames: {below} or {below + 4}")
    return length


Length = Annotated[
    int,
    Field(ge=1, le=1025, description="Frames: 4k+1, so 33 are two seconds at 16 a second"),
    AfterValidator(_frames),
]


class WanVideoParams(LoraParams, Sampling):
    """Parameters of every Wan video. Any fine-tuned file of the family does."""

    width: Pixels = 832
    height: Pixels = 480
    length: Length = 33
    fps: float = Field(default=16.0, ge=1, le=120, description="Frames a second; Wan was trained at 16")
    shift: float = Field(
        default=8.0, ge=0, le=100, description="How long sampling stays with coarse structure; 8 is usual"
    )
    weight_dtype: WeightDtype = "default"
    clip_name: WeightFile = Field(
        default="umt5_xxl_fp8_e4m3fn_scaled.safetensors", description="UMT5 in models/text_encoders"
    )
    vae_name: WeightFile = Field(default="wan_2.1_vae.safetensors", description="VAE in models/vae")


class WanParams(WanVideoParams):
    """Parameters of every Wan 2.1 video."""

    cfg: float = Field(default=6.0, ge=1, le=30, description="Guidance; at 1 the negative prompt has no effect")
    unet_name: WeightFile = Field(
        default="wan2.1_t2v_1.3B_fp16.safetensors", description="Diffusion model in models/diffusion_models"
    )


def load_expert(p: WanVideoParams, unet_name: str, name: str) -> Loaded[Wan]:
    """A diffusion model, loaded by a node called `name`, with the text encoder and the VAE that all of Wan share."""
    return Loaded(
        UNETLoader[Wan](unet_name=unet_name, weight_dtype=p.weight_dtype).named(name),
        CLIPLoader[Wan](clip_name=p.clip_name, type="wan").named("text-encoder"),
        VAELoader[Wan](vae_name=p.vae_name).named("vae"),
    )


def load_wan(p: WanParams) -> Loaded[Wan]:
    """The loaders of Wan 2.1, and its LoRAs."""
    return apply_loras(load_expert(p, p.unet_name, "wan"), p.stack)


def save_wan(
    p: WanParams, loaded: Loaded[Wan], text: Conditionings[Wan], canvas: Source[Latent], prefix: str
) -> SaveVideo:
    """Sample a video and save it."""
    latent = KSampler(
        model=ModelSamplingSD3(model=loaded.model, shift=p.shift).named("shift"),
        seed=p.seed,
        steps=p.steps,
        cfg=p.cfg,
        sampler_name="uni_pc",
        scheduler="simple",
        positive=text.positive,
        negative=text.negative,
        latent_image=canvas,
        denoise=1.0,
    ).named("sampler")
    return save_video(latent, loaded.vae, p.fps, prefix)
