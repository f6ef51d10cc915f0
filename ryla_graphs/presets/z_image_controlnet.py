"""Z-Image Turbo with a union ControlNet: a picture that takes its forms from another one."""

from __future__ import annotations

from pydantic import Field

from ryla_graphs.nodes import EmptySD3LatentImage, ModelPatchLoader, SaveImage, ZImageFunControlnet
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import Strength, WeightFile
from ryla_graphs.presets.parts.control import ControlParams, guide
from ryla_graphs.presets.parts.sampling import negative_notice
from ryla_graphs.presets.parts.z_image import ZImageParams, load_z_image, sample_z_image
from ryla_graphs.workflow import Workflow


class ZImageControlnetParams(ControlParams, ZImageParams):
    """Parameters of `z_image_controlnet`."""

    controlnet_strength: Strength = 1.0
    controlnet_name: WeightFile = Field(
        default="Z-Image-Turbo-Fun-Controlnet-Union.safetensors", description="ControlNet in models/model_patches"
    )


@preset(
    "z-image-controlnet",
    ZImageControlnetParams,
    example={"prompt": "a marble statue", "controlImage": "me.png"},
)
def z_image_controlnet(p: ZImageControlnetParams) -> Workflow:
    """A picture with the edges, depth or pose of another one, with Z-Image Turbo and a union ControlNet.

    `control` says what to take from the picture. ComfyUI's own nodes detect it, with Depth Anything 3 for depth, and
    SDPose for the pose of one person. Set `controlIsMap` if the picture already shows edges, depth or a skeleton. A
    `controlnetStrength` of 0.6 to 0.8 gives the prompt more freedom. Apache-2.0, so commercial use is free.
    """
    loaded = load_z_image(p)
    guided = guide(p)
    model = ZImageFunControlnet(
        model=loaded.model,
        model_patch=ModelPatchLoader(name=p.controlnet_name).named("controlnet"),
        vae=loaded.vae,
        image=guided.map,
        strength=p.controlnet_strength,
    ).named("controlled")
    canvas = EmptySD3LatentImage(width=guided.width, height=guided.height, batch_size=1).named("canvas")
    picture = sample_z_image(p, loaded._replace(model=model), canvas)
    saved = SaveImage(images=picture, filename_prefix="z_image_controlnet").named("save")
    return Workflow(saved).noting(negative_notice(p))
