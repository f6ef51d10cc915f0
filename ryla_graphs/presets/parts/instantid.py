"""A person's face by InstantID on SDXL: loaders, identity, and the redrawing of a picture with it."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import (
    ApplyInstantIDAdvanced,
    CheckpointLoaderSimple,
    ControlNetLoader,
    InstantIDFaceAnalysis,
    InstantIDModelLoader,
    KSampler,
    SetLatentNoiseMask,
    VAEDecode,
    VAEEncode,
)
from ryla_graphs.presets.parameters import Parameters, ShowsPerson, Strength, WeightFile
from ryla_graphs.presets.parts.pictures import GIVEN, Picture, load_picture
from ryla_graphs.presets.parts.sampling import Conditionings, Loaded
from ryla_graphs.sockets import SDXL, ControlNet, Image, Latent, Mask

PROVIDERS: dict[str, Literal["CPU", "CUDA"]] = {"CPU": "CPU", "GPU": "CUDA"}
"""What InsightFace calls what the parameter calls `CPU` and `GPU`."""

ReferenceImage = Annotated[Picture, ShowsPerson(), Field(description=f"Picture of the person, with one face: {GIVEN}")]
FaceProvider = Annotated[Literal["CPU", "GPU"], Field(description="Where InsightFace analyses the face")]


class IdentityParams(Parameters):
    """Whose face, how strongly, and the files of SDXL and InstantID."""

    reference_image: ReferenceImage
    instantid_strength: Strength = 0.8
    controlnet_strength: Strength = 0.8
    face_provider: FaceProvider = "CPU"
    checkpoint_name: WeightFile = Field(
        default="RealVisXL_V5.0_fp16.safetensors", description="SDXL model in models/checkpoints"
    )
    instantid_name: WeightFile = Field(default="ip-adapter.bin", description="InstantID adapter in models/instantid")
    controlnet_name: WeightFile = Field(
        default="instantid/diffusion_pytorch_model.safetensors", description="InstantID ControlNet in models/controlnet"
    )


class FaceTools(NamedTuple):
    """What finds a face, and draws it."""

    instantid: InstantIDModelLoader
    analysis: InstantIDFaceAnalysis
    controlnet: Source[ControlNet[SDXL]]
    reference: Source[Image]


class Redraw(NamedTuple):
    """The numbers of a sampling that redraws."""

    steps: int
    cfg: float
    denoise: float
    seed: int


def load_sdxl(p: IdentityParams) -> Loaded[SDXL]:
    """The loader of SDXL."""
    return Loaded(*CheckpointLoaderSimple[SDXL](ckpt_name=p.checkpoint_name).named("sdxl").out)


def load_face_tools(p: IdentityParams) -> FaceTools:
    """The loaders of InstantID, and the reference."""
    return FaceTools(
        InstantIDModelLoader(instantid_file=p.instantid_name).named("instantid"),
        InstantIDFaceAnalysis(provider=PROVIDERS[p.face_provider]).named("face-analysis"),
        ControlNetLoader[SDXL](control_net_name=p.controlnet_name).named("face-controlnet"),
        load_picture(p.reference_image, "reference"),
    )


def identify(
    p: IdentityParams,
    sdxl: Loaded[SDXL],
    tools: FaceTools,
    text: Conditionings[SDXL],
    *,
    keypoints: Source[Image] | None = None,
    label: str = "",
) -> ApplyInstantIDAdvanced:
    """SDXL that knows the face; where it goes, the face in `keypoints` says, or else the reference itself."""
    return ApplyInstantIDAdvanced(
        instantid=tools.instantid,
        insightface=tools.analysis,
        control_net=tools.controlnet,
        image=tools.reference,
        model=sdxl.model,
        positive=text.positive,
        negative=text.negative,
        ip_weight=p.instantid_strength,
        cn_strength=p.controlnet_strength,
        start_at=0.0,
        end_at=1.0,
        noise=0.35,
        combine_embeds="average",
        image_kps=keypoints,
    ).named(f"{label}identity")


def redraw(
    sdxl: Loaded[SDXL],
    identity: ApplyInstantIDAdvanced,
    picture: Source[Image],
    how: Redraw,
    *,
    mask: Source[Mask] | None = None,
    label: str = "",
) -> VAEDecode:
    """A picture redrawn with the face, inside the mask if there is one."""
    canvas: Source[Latent] = VAEEncode(pixels=picture, vae=sdxl.vae).named(f"{label}refine-canvas")
    if mask is not None:
        canvas = SetLatentNoiseMask(samples=canvas, mask=mask).named(f"{label}masked-canvas")
    latent = KSampler(
        model=identity.out.model,
        seed=how.seed,
        steps=how.steps,
        cfg=how.cfg,
        sampler_name="dpmpp_2m",
        scheduler="karras",
        positive=identity.out.positive,
        negative=identity.out.negative,
        latent_image=canvas,
        denoise=how.denoise,
    ).named(f"{label}refiner")
    return VAEDecode(samples=latent, vae=sdxl.vae).named(f"{label}refined")
