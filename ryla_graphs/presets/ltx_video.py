"""LTX-Video: a video from text, or from a picture and text."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import (
    CheckpointLoaderSimple,
    CLIPLoader,
    EmptyLTXVLatentVideo,
    KSamplerSelect,
    LTXVConditioning,
    LTXVImgToVideo,
    LTXVScheduler,
    SamplerCustom,
)
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import ActsWith, Steps, WeightFile
from ryla_graphs.presets.parts.loras import LoraParams, apply_loras, triggered
from ryla_graphs.presets.parts.pictures import GIVEN, Picture, load_picture
from ryla_graphs.presets.parts.sampling import Conditionings, Loaded, Sampling, encode, negative_notice
from ryla_graphs.presets.parts.videos import save_video
from ryla_graphs.sockets import LTXV, Latent, Vae
from ryla_graphs.workflow import Workflow


def _frames(length: int) -> int:
    below = length - (length - 1) % 8
    if length != below:
        raise ValueError(f"LTX-Video makes 8k+1 frames: {below} or {below + 8}")
    return length


Pixels32 = Annotated[int, Field(ge=64, le=4096, multiple_of=32, description="In pixels, a multiple of 32")]


class LtxVideoParams(LoraParams, Sampling):
    """Parameters of `ltx_video`."""

    steps: Steps = 30
    cfg: float = Field(default=3.0, ge=1, le=30, description="Guidance; at 1 the negative prompt has no effect")
    width: Pixels32 = 768
    height: Pixels32 = 512
    length: Annotated[int, AfterValidator(_frames)] = Field(
        default=97, ge=9, le=1025, description="Frames: 8k+1, so 97 are four seconds at 24 a second"
    )
    fps: float = Field(default=24.0, ge=1, le=120, description="Frames per second; the model sees the number too")
    reference_image: Picture | None = Field(
        default=None, description=f"The first frame: {GIVEN}; if left out, the prompt alone decides"
    )
    reference_strength: Annotated[float, ActsWith("reference_image")] = Field(
        default=1.0, ge=0, le=1, description="How closely the video starts from it; 1 is exactly"
    )
    checkpoint_name: WeightFile = Field(
        default="ltx-video-2b-v0.9.5.safetensors", description="LTX-Video model in models/checkpoints"
    )
    clip_name: WeightFile = Field(default="t5xxl_fp16.safetensors", description="T5 in models/text_encoders")


@preset("ltx-video", LtxVideoParams, example={"prompt": "a fox running in snow"})
def ltx_video(p: LtxVideoParams) -> Workflow:
    """A video from text with LTX-Video; with `referenceImage` it begins with that picture.

    The fastest of the video models here: on a large GPU, four seconds at 768 x 512 take less than four seconds. Write
    long prompts that describe what happens, like a screenplay. You can use the 13B and the distilled models as
    `checkpointName`; distilled ones need 8 steps at a `cfg` of 1. LTX-2, with sound, is another pipeline. The licence
    allows commercial use by companies that earn less than 10 million a year.
    """
    model, _, vae = CheckpointLoaderSimple[LTXV](ckpt_name=p.checkpoint_name).named("ltx-video").out
    clip = CLIPLoader[LTXV](clip_name=p.clip_name, type="ltxv").named("text-encoder")
    loaded = apply_loras(Loaded(model, clip, vae), p.stack)
    begun = _begun(p, encode(p, loaded.clip, triggered(p.prompt, p.stack)), loaded.vae)
    rated = LTXVConditioning(positive=begun.text.positive, negative=begun.text.negative, frame_rate=p.fps).named("rate")
    sampled = SamplerCustom(
        model=loaded.model,
        add_noise=True,
        noise_seed=p.seed,
        cfg=p.cfg,
        positive=rated.out.positive,
        negative=rated.out.negative,
        sampler=KSamplerSelect(sampler_name="euler").named("method"),
        sigmas=LTXVScheduler(steps=p.steps, latent=begun.canvas).named("sigmas"),
        latent_image=begun.canvas,
    ).named("sampler")
    return Workflow(save_video(sampled.out.output, loaded.vae, p.fps, "video/ltx_video")).noting(negative_notice(p))


class _Begun(NamedTuple):
    """What the sampler begins with."""

    text: Conditionings[LTXV]
    canvas: Source[Latent]


def _begun(p: LtxVideoParams, text: Conditionings[LTXV], vae: Source[Vae[LTXV]]) -> _Begun:
    if p.reference_image is None:
        canvas = EmptyLTXVLatentVideo(width=p.width, height=p.height, length=p.length, batch_size=1).named("canvas")
        return _Begun(text, canvas)
    begun = LTXVImgToVideo(
        positive=text.positive,
        negative=text.negative,
        vae=vae,
        image=load_picture(p.reference_image, "reference"),
        width=p.width,
        height=p.height,
        length=p.length,
        batch_size=1,
        strength=p.reference_strength,
    ).named("canvas")
    return _Begun(Conditionings(begun.out.positive, begun.out.negative), begun.out.latent)
