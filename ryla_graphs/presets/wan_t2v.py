"""Wan 2.1: a video from text."""

from __future__ import annotations

from ryla_graphs.nodes import EmptyHunyuanLatentVideo
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import Steps
from ryla_graphs.presets.parts.loras import triggered
from ryla_graphs.presets.parts.sampling import encode, negative_notice
from ryla_graphs.presets.parts.wan import WanParams, load_wan, save_wan
from ryla_graphs.workflow import Workflow


class WanT2VParams(WanParams):
    """Parameters of `wan_t2v`."""

    steps: Steps = 30


@preset("wan-t2v", WanT2VParams, example={"prompt": "a fox running in snow"})
def wan_t2v(p: WanT2VParams) -> Workflow:
    """A video from text with Wan 2.1.

    By default it uses the small model, with 1.3 billion parameters, and makes two seconds at 832 x 480. You can use
    the 14B model as `unetName`. The negative prompt acts. Twice as many frames take more than twice as long.
    Apache-2.0, so commercial use is free.
    """
    loaded = load_wan(p)
    text = encode(p, loaded.clip, triggered(p.prompt, p.stack))
    canvas = EmptyHunyuanLatentVideo(width=p.width, height=p.height, length=p.length, batch_size=1).named("canvas")
    return Workflow(save_wan(p, loaded, text, canvas, "video/wan_t2v")).noting(negative_notice(p))
