"""SeedVR2: a picture, larger and sharper."""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import (
    KSampler,
    ResizeImageMaskNode,
    SaveImage,
    SeedVR2Conditioning,
    SeedVR2LoadDiTModel,
    SeedVR2LoadVAEModel,
    SeedVR2PostProcessing,
    SeedVR2Preprocess,
    SeedVR2VideoUpscaler,
    UNETLoader,
    VAEDecodeTiled,
    VAEEncodeTiled,
    VAELoader,
)
from ryla_graphs.presets import forms
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import Parameters, WeightFile, drawn_below
from ryla_graphs.presets.parts.pictures import GIVEN, Picture, load_picture
from ryla_graphs.sockets import Image
from ryla_graphs.workflow import Workflow

SEED_LIMIT = 2**32
"""SeedVR2's own node pack takes no larger seeds."""

FILES = {
    "core": ("seedvr2_3b_int8_convrot.safetensors", "seedvr2_ema_vae_fp16.safetensors"),
    "numz": ("seedvr2_ema_3b_fp8_e4m3fn.safetensors", "ema_vae_fp16.safetensors"),
}
"""Diffusion model and VAE; the two packagings do not read each other's."""


def _file(place: int) -> Any:
    return lambda given: FILES[given["nodes"]][place]


class SeedVR2UpscaleParams(Parameters):
    """Parameters of `seedvr2_upscale`."""

    image: Picture = Field(description=f"The picture to upscale: {GIVEN}")
    resolution: int = Field(default=2048, ge=64, le=8192, multiple_of=2, description="The shorter side, in pixels")
    color_correction: Literal["lab", "wavelet", "adain", "none"] = Field(
        default="lab", description="How colours are matched to the original; lab is the most faithful"
    )
    seed: Annotated[
        int,
        drawn_below(SEED_LIMIT),
        Field(
            ge=0,
            le=SEED_LIMIT - 1,
            description="Below 2^32; drawn if left out, or if it is -1 or `random`",
            json_schema_extra=forms.SEED,
        ),
        WithJsonSchema(forms.seed_below(SEED_LIMIT)),
    ] = Field(default_factory=lambda: secrets.randbelow(SEED_LIMIT))
    nodes: Literal["core", "numz"] = Field(
        default="core", description="ComfyUI's own nodes, or the pack ComfyUI-SeedVR2_VideoUpscaler"
    )
    unet_name: WeightFile = Field(
        default_factory=_file(0),
        description="Diffusion model, in models/diffusion_models; with numz in models/SEEDVR2",
    )
    vae_name: WeightFile = Field(
        default_factory=_file(1), description="VAE, in models/vae; with numz in models/SEEDVR2"
    )


@preset("seedvr2-upscale", SeedVR2UpscaleParams, example={"image": "me.png"})
def seedvr2_upscale(p: SeedVR2UpscaleParams) -> Workflow:
    """A picture made larger and sharper with SeedVR2, in one step.

    `resolution` is the shorter side of the result; the shape stays the same. ComfyUI has nodes for it since 0.28. On
    an older version, or for the memory-saving options of numz's pack, set `nodes` to numz; the pack works from 0.3.64
    on, and only on a GPU. Apache-2.0, so commercial use is free.
    """
    picture = load_picture(p.image, "original")
    upscaled = _with_core(p, picture) if p.nodes == "core" else _with_numz(p, picture)
    return Workflow(SaveImage(images=upscaled, filename_prefix="seedvr2").named("save"))


def _with_core(p: SeedVR2UpscaleParams, picture: Source[Image]) -> Source[Image]:
    to_size = ResizeImageMaskNode.ResizeType.ScaleShorterDimension(shorter_size=p.resolution)
    resized = ResizeImageMaskNode(input=picture, resize_type=to_size, scale_method="lanczos").named("resized")
    model = UNETLoader(unet_name=p.unet_name, weight_dtype="default").named("seedvr2")
    vae = VAELoader(vae_name=p.vae_name).named("vae")
    padded = SeedVR2Preprocess(resized_images=resized).named("padded")
    canvas = VAEEncodeTiled(pixels=padded, vae=vae, tile_size=512, overlap=128, temporal_size=4096).named("canvas")
    text = SeedVR2Conditioning(model=model, vae_conditioning=canvas).named("conditioning").out
    latent = KSampler(
        model=model,
        seed=p.seed,
        steps=1,
        cfg=1.0,
        sampler_name="euler",
        scheduler="simple",
        positive=text.positive,
        negative=text.negative,
        latent_image=canvas,
        denoise=1.0,
    ).named("sampler")
    drawn = VAEDecodeTiled(samples=latent, vae=vae, tile_size=512, overlap=128, temporal_size=4096).named("drawn")
    finished = SeedVR2PostProcessing(
        images=drawn, original_resized_images=resized, color_correction_method=p.color_correction
    )
    return finished.named("upscaled")


def _with_numz(p: SeedVR2UpscaleParams, picture: Source[Image]) -> Source[Image]:
    return SeedVR2VideoUpscaler(
        image=picture,
        dit=SeedVR2LoadDiTModel(model=p.unet_name, device="cuda:0").named("seedvr2"),
        vae=SeedVR2LoadVAEModel(model=p.vae_name, device="cuda:0").named("vae"),
        seed=p.seed,
        resolution=p.resolution,
        max_resolution=0,
        batch_size=1,
        uniform_batch_size=False,
        color_correction=p.color_correction,
    ).named("upscaled")
