"""Qwen-Image: a picture from text, with writing in it."""

from __future__ import annotations

from pydantic import Field

from ryla_graphs.nodes import EmptySD3LatentImage, SaveImage
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import Pixels, Steps, WeightFile
from ryla_graphs.presets.parts.loras import triggered
from ryla_graphs.presets.parts.qwen import QwenParams, load_qwen, sample_qwen
from ryla_graphs.presets.parts.sampling import encode, negative_notice
from ryla_graphs.workflow import Workflow


class QwenImageParams(QwenParams):
    """Parameters of `qwen_image`."""

    steps: Steps = 50
    width: Pixels = 1328
    height: Pixels = 1328
    unet_name: WeightFile = Field(
        default="qwen_image_2512_fp8_e4m3fn.safetensors", description="Diffusion model in models/diffusion_models"
    )


@preset("qwen-image", QwenImageParams, example={"prompt": 'a shop sign that says "Open"'})
def qwen_image(p: QwenImageParams) -> Workflow:
    """A picture from text with Qwen-Image, which can write text into it.

    Text in quotes in the prompt appears in the picture, in English or Chinese. The model is large and takes 50 steps
    at a cfg of 4. With a Lightning LoRA as `loraId` at strength 1, four steps at cfg 1 suffice. Apache-2.0, so
    commercial use is free.
    """
    loaded = load_qwen(p, p.unet_name)
    text = encode(p, loaded.clip, triggered(p.prompt, p.stack))
    canvas = EmptySD3LatentImage(width=p.width, height=p.height, batch_size=1).named("canvas")
    picture = sample_qwen(p, loaded, text, canvas)
    saved = SaveImage(images=picture, filename_prefix="qwen_image").named("save")
    return Workflow(saved).noting(negative_notice(p))
