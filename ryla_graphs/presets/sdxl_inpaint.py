"""SDXL: a part of a picture redrawn."""

from __future__ import annotations

from pydantic import Field

from ryla_graphs.nodes import (
    CheckpointLoaderSimple,
    DifferentialDiffusion,
    GrowMask,
    InpaintModelConditioning,
    SaveImage,
)
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import Denoise, Megapixels, Steps, WeightFile
from ryla_graphs.presets.parts.faces import paste
from ryla_graphs.presets.parts.loras import triggered
from ryla_graphs.presets.parts.masks import MaskedParams, load_masked, mask_notes
from ryla_graphs.presets.parts.pictures import scaled
from ryla_graphs.presets.parts.sampling import Conditionings, encode, negative_notice
from ryla_graphs.presets.parts.stable_diffusion import CheckpointParams, load_checkpoint, sample
from ryla_graphs.sockets import SDXL
from ryla_graphs.workflow import Workflow


class SdxlInpaintParams(MaskedParams, CheckpointParams):
    """Parameters of `sdxl_inpaint`."""

    steps: Steps = 30
    grow_mask: int = Field(default=8, ge=0, le=512, description="By how many pixels the mask is made larger")
    denoise: Denoise = 1.0
    megapixels: Megapixels = 1.0
    checkpoint_name: WeightFile = Field(
        default="RealVisXL_V5.0_fp16.safetensors",
        description="SDXL model in models/checkpoints; one made for inpainting or any other",
    )


@preset(
    "sdxl-inpaint",
    SdxlInpaintParams,
    example={"prompt": "a vase of tulips", "baseImage": "room.png", "maskImage": "mask.png"},
    min_comfyui="0.6.0",  # the first whose ImageScaleToTotalPixels keeps to `resolution_steps`
)
def sdxl_inpaint(p: SdxlInpaintParams) -> Workflow:
    """A part of a picture redrawn with SDXL: the part that a mask or the picture's transparency marks.

    The base picture is scaled to `megapixels`; outside the mask, no pixel of the scaled picture changes. At a
    `denoise` of 1 nothing under the mask is kept; below 1, its colours and shapes are. Grey parts of the mask change
    less than white ones, so a soft edge blends better. A base picture without transparency needs `maskImage`; with
    neither, nothing is redrawn. `checkpointName` may be a model made for inpainting, or any other.
    """
    loaded = load_checkpoint(p, CheckpointLoaderSimple[SDXL](ckpt_name=p.checkpoint_name).named("sdxl"))
    picture, masked = load_masked(p)
    base = scaled(picture, p.megapixels)
    mask = GrowMask(mask=masked, expand=p.grow_mask, tapered_corners=True).named("grown-mask")
    text = encode(p, loaded.clip, triggered(p.prompt, p.stack))
    begun = InpaintModelConditioning[SDXL](
        positive=text.positive, negative=text.negative, vae=loaded.vae, pixels=base, mask=mask, noise_mask=True
    ).named("masked")
    model = DifferentialDiffusion(model=loaded.model).named("soft-mask")
    conditionings = Conditionings(begun.out.positive, begun.out.negative)
    drawn = sample(p, loaded._replace(model=model), conditionings, begun.out.latent, denoise=p.denoise)
    saved = SaveImage(images=paste(drawn, into=base, mask=mask), filename_prefix="sdxl_inpaint").named("save")
    return Workflow(saved).noting((*negative_notice(p), *mask_notes(p)))
