"""Wan 2.2: a video from a picture and text, by two experts."""

from __future__ import annotations

from pydantic import Field

from ryla_graphs.nodes import WanImageToVideo
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import WeightFile
from ryla_graphs.presets.parts.loras import triggered
from ryla_graphs.presets.parts.pictures import GIVEN, Picture, load_picture
from ryla_graphs.presets.parts.sampling import Conditionings, encode, negative_notice
from ryla_graphs.presets.parts.wan22 import FourStepsName, Wan22Params, load_experts, save_wan22
from ryla_graphs.workflow import Workflow


class Wan22I2VParams(Wan22Params):
    """Parameters of `wan22_i2v`."""

    reference_image: Picture = Field(description=f"The first frame: {GIVEN}")
    high_noise_name: WeightFile = Field(
        default="wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors",
        description="The expert of the first steps, in models/diffusion_models",
    )
    low_noise_name: WeightFile = Field(
        default="wan2.2_i2v_low_noise_14B_fp8_scaled.safetensors",
        description="The expert of the last steps, in models/diffusion_models",
    )
    high_four_steps_name: FourStepsName = Field(
        default="wan2.2_i2v_lightx2v_4steps_lora_v1_high_noise.safetensors",
        description="The LoRA that makes the first expert quick, in models/loras",
    )
    low_four_steps_name: FourStepsName = Field(
        default="wan2.2_i2v_lightx2v_4steps_lora_v1_low_noise.safetensors",
        description="The LoRA that makes the second expert quick, in models/loras",
    )


@preset(
    "wan22-i2v",
    Wan22I2VParams,
    example={"prompt": "she turns around", "referenceImage": "me.png"},
    min_comfyui="0.3.46",  # the first that reads Wan 2.2
)
def wan22_i2v(p: Wan22I2VParams) -> Workflow:
    """A video that begins with a picture, with Wan 2.2, five seconds at 832 x 480.

    Like `wan22-t2v`, but starts from a picture. Unlike Wan 2.1, it needs no CLIP vision model. The picture is scaled
    and cropped to `width` and `height`, so give the video the shape of the picture. Apache-2.0, so commercial use is
    free.
    """
    experts = load_experts(p)
    text = encode(p, experts.shared.clip, triggered(p.prompt, p.every_lora))
    begun = WanImageToVideo(
        positive=text.positive,
        negative=text.negative,
        vae=experts.shared.vae,
        start_image=load_picture(p.reference_image, "reference"),
        width=p.width,
        height=p.height,
        length=p.length,
        batch_size=1,
    ).named("canvas")
    conditionings = Conditionings(begun.out.positive, begun.out.negative)
    saved = save_wan22(p, experts, conditionings, begun.out.latent, "video/wan22_i2v")
    return Workflow(saved).noting(negative_notice(p))
