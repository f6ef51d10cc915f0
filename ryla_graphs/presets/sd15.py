"""Stable Diffusion 1.5: a picture from text, and from the forms of another picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from ryla_graphs.nodes import CheckpointLoaderSimple, CLIPSetLastLayer, ControlNetLoader, SaveImage
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import ActsWith, Pixels, WeightFile
from ryla_graphs.presets.parts.control import Control
from ryla_graphs.presets.parts.sampling import negative_notice
from ryla_graphs.presets.parts.stable_diffusion import ControlledParams, draw, load_checkpoint
from ryla_graphs.sockets import SD15
from ryla_graphs.workflow import Workflow

NETS: Mapping[Control, str] = {
    "canny": "control_v11p_sd15_canny_fp16.safetensors",
    "depth": "control_v11f1p_sd15_depth_fp16.safetensors",
    "pose": "control_v11p_sd15_openpose_fp16.safetensors",
}
"""One ControlNet for each kind of map."""


def _net(given: dict[str, Any]) -> str | None:
    return None if given["control_image"] is None else NETS[given["control"]]


class Sd15Params(ControlledParams):
    """Parameters of `sd15`."""

    width: Pixels = 512
    height: Pixels = 512
    clip_skip: int = Field(
        default=1,
        ge=1,
        le=12,
        description="The layer of the text encoder to use, counted from the end; anime models want 2",
    )
    checkpoint_name: WeightFile = Field(
        default="v1-5-pruned-emaonly-fp16.safetensors", description="SD 1.5 model in models/checkpoints"
    )
    controlnet_name: Annotated[WeightFile | None, ActsWith("control_image")] = Field(
        default_factory=_net, description="ControlNet in models/controlnet; by default the one for `control`"
    )


@preset("sd15", Sd15Params, example={"prompt": "a red bicycle"})
def sd15(p: Sd15Params) -> Workflow:
    """A picture from text with Stable Diffusion 1.5; a ControlNet adds edges, depth or pose of another one.

    Small and quick: 2 GB, and 512 x 512 pixels in a second or two. There are fine-tuned models for every style, which
    you can use as `checkpointName`. Above 768 pixels a side, heads and horizons appear twice; draw small, and enlarge
    with `upscale`. The licence allows commercial use, except for a list of harmful uses.
    """
    loaded = load_checkpoint(p, CheckpointLoaderSimple[SD15](ckpt_name=p.checkpoint_name).named("sd15"))
    if p.clip_skip > 1:
        skipped = CLIPSetLastLayer[SD15](clip=loaded.clip, stop_at_clip_layer=-p.clip_skip).named("clip-skip")
        loaded = loaded._replace(clip=skipped)
    net = p.controlnet_name and ControlNetLoader[SD15](control_net_name=p.controlnet_name).named("controlnet")
    saved = SaveImage(images=draw(p, loaded, net or None), filename_prefix="sd15").named("save")
    return Workflow(saved).noting(negative_notice(p))
