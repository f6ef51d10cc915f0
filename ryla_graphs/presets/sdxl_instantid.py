"""SDXL with a face from a reference picture."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ryla_graphs.nodes import EmptyLatentImage, KSampler, SaveImage, VAEDecode
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import Steps
from ryla_graphs.presets.parts.faces import face_notes
from ryla_graphs.presets.parts.instantid import IdentityParams, identify, load_face_tools, load_sdxl
from ryla_graphs.presets.parts.loras import LoraParams, apply_loras, triggered
from ryla_graphs.presets.parts.pictures import Picture, load_picture
from ryla_graphs.presets.parts.sampling import Sampling, encode, negative_notice
from ryla_graphs.workflow import Workflow

Pixels8 = Annotated[int, Field(ge=64, le=4096, multiple_of=8, description="In pixels, a multiple of 8")]


class SdxlInstantIDParams(IdentityParams, LoraParams, Sampling):
    """Parameters of `sdxl_instantid`."""

    steps: Steps = 30
    cfg: float = Field(default=4.5, ge=1, le=30, description="Guidance; 4 to 5 suit InstantID")
    width: Pixels8 = 1016
    height: Pixels8 = 1016
    pose_image: Picture | None = Field(
        default=None, description="Picture whose face sets position and angle; by default the reference"
    )
    text_encoder: bool = Field(default=False, description="Apply the LoRAs to the text encoders too")


@preset(
    "sdxl-instantid",
    SdxlInstantIDParams,
    example={"prompt": "a woman reading in a cafe", "referenceImage": "me.png"},
)
def sdxl_instantid(p: SdxlInstantIDParams) -> Workflow:
    """A picture from text with SDXL and InstantID, with the face of a reference picture.

    The picture has 1016 pixels a side, because at 1024 InstantID tends to draw watermarks. If the reference shows no
    face, the run ends with an error; if it shows several, the largest counts. If a `poseImage` shows no face, it is
    taken for a drawing of keypoints, which spoils the picture. InsightFace's antelopev2 is licensed for non-
    commercial use.
    """
    loaded = apply_loras(load_sdxl(p), p.stack, text_encoder=p.text_encoder)
    text = encode(p, loaded.clip, triggered(p.prompt, p.stack))
    pose = None if p.pose_image is None else load_picture(p.pose_image, "pose")
    identity = identify(p, loaded, load_face_tools(p), text, keypoints=pose)
    latent = KSampler(
        model=identity.out.model,
        seed=p.seed,
        steps=p.steps,
        cfg=p.cfg,
        sampler_name="ddpm",
        scheduler="karras",
        positive=identity.out.positive,
        negative=identity.out.negative,
        latent_image=EmptyLatentImage(width=p.width, height=p.height, batch_size=1).named("canvas"),
        denoise=1.0,
    ).named("sampler")
    saved = SaveImage(
        images=VAEDecode(samples=latent, vae=loaded.vae).named("picture"), filename_prefix="sdxl_instantid"
    )
    return Workflow(saved.named("save")).noting((*negative_notice(p), *face_notes("reference")))
