"""Qwen-Image-Edit: pictures edited as the prompt says."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import (
    CFGNorm,
    ConditioningZeroOut,
    FluxKontextImageScale,
    FluxKontextMultiReferenceLatentMethod,
    SaveImage,
    TextEncodeQwenImageEditPlus,
    VAEEncode,
)
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import Steps, WeightFile
from ryla_graphs.presets.parts.loras import triggered
from ryla_graphs.presets.parts.pictures import Pictures
from ryla_graphs.presets.parts.qwen import QwenParams, load_qwen, sample_qwen
from ryla_graphs.presets.parts.sampling import NO_NEGATIVE_AT, Conditionings, Loaded, negative_notice
from ryla_graphs.sockets import Conditioning, Image, QwenImage
from ryla_graphs.workflow import Workflow


class QwenImageEditParams(Pictures, QwenParams):
    """Parameters of `qwen_image_edit`."""

    steps: Steps = 40
    unet_name: WeightFile = Field(
        default="qwen_image_edit_2511_fp8mixed.safetensors", description="Edit model in models/diffusion_models"
    )


@preset(
    "qwen-image-edit",
    QwenImageEditParams,
    example={"prompt": "make it night", "image": "me.png"},
    min_comfyui="0.5.0",  # the first that has `index_timestep_zero`
)
def qwen_image_edit(p: QwenImageEditParams) -> Workflow:
    """Pictures edited as the prompt says, with Qwen-Image-Edit.

    Takes up to three pictures, which the prompt calls image 1, image 2 and image 3: "the woman of image 1 in the coat
    of image 2". The first is scaled to about one megapixel, and the result has its shape. With a Lightning LoRA as
    `loraId` at strength 1, four steps at cfg 1 suffice. Apache-2.0, so commercial use is free.
    """
    loaded = load_qwen(p, p.unet_name)
    loaded = loaded._replace(model=CFGNorm(model=loaded.model, strength=1.0).named("even-guidance"))
    first, *others = p.load_pictures().values()
    pictures = (FluxKontextImageScale(image=first).named("first-fitted"), *others)
    canvas = VAEEncode(pixels=pictures[0], vae=loaded.vae).named("canvas")
    picture = sample_qwen(p, loaded, _conditionings(p, loaded, pictures), canvas)
    saved = SaveImage(images=picture, filename_prefix="qwen_image_edit").named("save")
    return Workflow(saved).noting(negative_notice(p))


def _conditionings(
    p: QwenImageEditParams, loaded: Loaded[QwenImage], pictures: Sequence[Source[Image]]
) -> Conditionings[QwenImage]:
    text = _looking(loaded, triggered(p.prompt, p.stack), pictures, "prompt")
    if p.cfg > NO_NEGATIVE_AT:
        return Conditionings(text, _looking(loaded, p.negative_prompt, pictures, "negative"))
    return Conditionings(text, ConditioningZeroOut(conditioning=text).named("no-negative"))


def _looking(
    loaded: Loaded[QwenImage], prompt: str, pictures: Sequence[Source[Image]], name: str
) -> Source[Conditioning[QwenImage]]:
    """A prompt that is read together with the pictures."""
    seen = {f"image{place}": picture for place, picture in enumerate(pictures, start=1)}
    read = TextEncodeQwenImageEditPlus(clip=loaded.clip, prompt=prompt, vae=loaded.vae, **seen).named(name)
    method = FluxKontextMultiReferenceLatentMethod(conditioning=read, reference_latents_method="index_timestep_zero")
    return method.named(f"{name}-references")
