"""Wan 2.2: a video from text, by two experts."""

from __future__ import annotations

from ryla_graphs.nodes import EmptyHunyuanLatentVideo
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parts.loras import triggered
from ryla_graphs.presets.parts.sampling import encode, negative_notice
from ryla_graphs.presets.parts.wan22 import Wan22Params, load_experts, save_wan22
from ryla_graphs.workflow import Workflow


class Wan22T2VParams(Wan22Params):
    """Parameters of `wan22_t2v`."""


@preset(
    "wan22-t2v",
    Wan22T2VParams,
    example={"prompt": "a fox running in snow"},
    min_comfyui="0.3.46",  # the first that reads Wan 2.2
)
def wan22_t2v(p: Wan22T2VParams) -> Workflow:
    """A video from text with Wan 2.2, five seconds at 832 x 480.

    Two models with 14 billion parameters each take turns: the first lays out the scene and the motion, the second
    draws the detail. `fourSteps` does it in a tenth of the work, with LoRAs that `weights pull` also downloads. LoRAs
    of Wan 2.2 come in pairs, for `highNoiseLoras` and `lowNoiseLoras`; those of Wan 2.1 go into `loras`, for both
    models. Apache-2.0, so commercial use is free.
    """
    experts = load_experts(p)
    text = encode(p, experts.shared.clip, triggered(p.prompt, p.every_lora))
    canvas = EmptyHunyuanLatentVideo(width=p.width, height=p.height, length=p.length, batch_size=1).named("canvas")
    return Workflow(save_wan22(p, experts, text, canvas, "video/wan22_t2v")).noting(negative_notice(p))
