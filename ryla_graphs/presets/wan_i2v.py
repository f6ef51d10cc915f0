"""Wan 2.1: a video from a picture and text."""

from __future__ import annotations

from pydantic import Field

from ryla_graphs.nodes import CLIPVisionEncode, CLIPVisionLoader, WanImageToVideo
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import WeightFile
from ryla_graphs.presets.parts.loras import triggered
from ryla_graphs.presets.parts.pictures import GIVEN, Picture, load_picture
from ryla_graphs.presets.parts.sampling import Conditionings, encode, negative_notice
from ryla_graphs.presets.parts.wan import WanParams, load_wan, save_wan
from ryla_graphs.workflow import Workflow


class WanI2VParams(WanParams):
    """Parameters of `wan_i2v`."""

    reference_image: Picture = Field(description=f"The first frame: {GIVEN}")
    unet_name: WeightFile = Field(
        default="wan2.1_i2v_480p_14B_fp16.safetensors", description="Diffusion model in models/diffusion_models"
    )
    clip_vision_name: WeightFile = Field(
        default="clip_vision_h.safetensors", description="CLIP vision model in models/clip_vision"
    )


@preset(
    "wan-i2v",
    WanI2VParams,
    example={"prompt": "she turns around", "referenceImage": "me.png"},
)
def wan_i2v(p: WanI2VParams) -> Workflow:
    """A video that begins with a picture, with Wan 2.1.

    The picture is scaled and cropped to `width` and `height`, so give the video the shape of the picture. The 480p
    model works best at about 832 x 480 pixels, in either orientation. Apache-2.0, so commercial use is free.
    """
    loaded = load_wan(p)
    text = encode(p, loaded.clip, triggered(p.prompt, p.stack))
    picture = load_picture(p.reference_image, "reference")
    vision = CLIPVisionLoader(clip_name=p.clip_vision_name).named("clip-vision")
    begun = WanImageToVideo(
        positive=text.positive,
        negative=text.negative,
        vae=loaded.vae,
        clip_vision_output=CLIPVisionEncode(clip_vision=vision, image=picture, crop="none").named("seen"),
        start_image=picture,
        width=p.width,
        height=p.height,
        length=p.length,
        batch_size=1,
    ).named("canvas")
    conditionings = Conditionings(begun.out.positive, begun.out.negative)
    saved = save_wan(p, loaded, conditionings, begun.out.latent, "video/wan_i2v")
    return Workflow(saved).noting(negative_notice(p))
