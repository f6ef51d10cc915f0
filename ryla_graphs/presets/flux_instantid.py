"""Flux.1 Dev with a face from a reference picture, in two stages."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ryla_graphs.nodes import (
    ApplyInstantIDAdvanced,
    CheckpointLoaderSimple,
    CLIPTextEncode,
    ControlNetLoader,
    InstantIDFaceAnalysis,
    InstantIDModelLoader,
    KSampler,
    SaveImage,
    VAEDecode,
    VAEEncode,
)
from ryla_graphs.presets.base import Steps, Strength, preset
from ryla_graphs.presets.flux import FluxParams, load_flux, sample_flux
from ryla_graphs.presets.pictures import Picture, load_picture
from ryla_graphs.workflow import Workflow

PROVIDERS: dict[str, Literal["CPU", "CUDA"]] = {"CPU": "CPU", "GPU": "CUDA"}
"""What InsightFace calls what the parameter calls `CPU` and `GPU`."""


class FluxInstantIDParams(FluxParams):
    """Parameters of `flux_instantid`."""

    reference_image: Picture = Field(description="Picture with one face, in the server's input folder")
    instantid_strength: Strength = 0.8
    controlnet_strength: Strength = 0.8
    face_provider: Literal["CPU", "GPU"] = Field(default="CPU", description="Where the face is analysed")
    refine_steps: Steps = 30
    refine_cfg: float = Field(
        default=4.5, ge=0, le=30, description="Guidance of the second stage; 4 to 5 suit InstantID"
    )
    refine_denoise: float = Field(
        default=0.55, gt=0, le=1, description="How much of the Flux picture the second stage redraws"
    )
    checkpoint_name: str = Field(
        default="RealVisXL_V5.0_fp16.safetensors", description="SDXL model in models/checkpoints"
    )
    instantid_name: str = Field(default="ip-adapter.bin", description="InstantID adapter in models/instantid")
    controlnet_name: str = Field(
        default="instantid/diffusion_pytorch_model.safetensors", description="InstantID ControlNet in models/controlnet"
    )


@preset("flux-instantid", FluxInstantIDParams)
def flux_instantid(p: FluxInstantIDParams) -> Workflow:
    """A picture from text with Flux.1 Dev, redrawn with the face of a reference picture.

    InstantID is a method for SDXL: on a Flux model it crashes or does nothing. So Flux draws the picture,
    and SDXL with InstantID redraws it: pose and place come from the Flux picture, identity from the
    reference. The negative prompt acts in the second stage, and in the first one too at a cfg above 1.
    """
    picture = sample_flux(p, load_flux(p), p.prompt)
    model, clip, vae = CheckpointLoaderSimple(ckpt_name=p.checkpoint_name).named("sdxl").out
    identity = ApplyInstantIDAdvanced(
        instantid=InstantIDModelLoader(instantid_file=p.instantid_name).named("instantid"),
        insightface=InstantIDFaceAnalysis(provider=PROVIDERS[p.face_provider]).named("face-analysis"),
        control_net=ControlNetLoader(control_net_name=p.controlnet_name).named("face-controlnet"),
        image=load_picture(p.reference_image, "reference"),
        model=model,
        positive=CLIPTextEncode(clip=clip, text=p.prompt).named("refine-prompt"),
        negative=CLIPTextEncode(clip=clip, text=p.negative_prompt).named("refine-negative"),
        ip_weight=p.instantid_strength,
        cn_strength=p.controlnet_strength,
        start_at=0.0,
        end_at=1.0,
        noise=0.35,
        combine_embeds="average",
        image_kps=picture,
    ).named("identity")
    latent = KSampler(
        model=identity.out.model,
        seed=p.seed,
        steps=p.refine_steps,
        cfg=p.refine_cfg,
        sampler_name="dpmpp_2m",
        scheduler="karras",
        positive=identity.out.positive,
        negative=identity.out.negative,
        latent_image=VAEEncode(pixels=picture, vae=vae).named("refine-canvas"),
        denoise=p.refine_denoise,
    ).named("refiner")
    refined = VAEDecode(samples=latent, vae=vae).named("refined")
    return Workflow(SaveImage(images=refined, filename_prefix="flux_instantid").named("save"))
