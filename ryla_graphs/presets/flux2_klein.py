"""Flux.2 Klein: a picture from text, or pictures edited as the prompt says, in four steps."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import (
    CFGGuider,
    CLIPLoader,
    EmptyFlux2LatentImage,
    Flux2Scheduler,
    GetImageSize,
    KSamplerSelect,
    RandomNoise,
    SamplerCustomAdvanced,
    SaveImage,
    UNETLoader,
    VAEDecode,
    VAELoader,
)
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import ActsWith, Megapixels, Pixels, ReplacedBy, Steps, WeightDtype, WeightFile
from ryla_graphs.presets.parts.loras import LoraParams, apply_loras, triggered
from ryla_graphs.presets.parts.pictures import GIVEN, Picture, load_pictures, scaled
from ryla_graphs.presets.parts.references import encoded, refer
from ryla_graphs.presets.parts.sampling import Conditionings, Loaded, Sampling, encode, negative_notice
from ryla_graphs.sockets import Flux2, Image, Int
from ryla_graphs.workflow import Workflow


class Flux2KleinParams(LoraParams, Sampling):
    """Parameters of `flux2_klein`."""

    steps: Steps = 4
    image: Picture | None = Field(default=None, description=f"The picture to edit: {GIVEN}; the result has its shape")
    image_2: Annotated[Picture | None, ActsWith("image")] = Field(
        default=None, description="A second picture that the prompt can refer to"
    )
    image_3: Annotated[Picture | None, ActsWith("image")] = Field(
        default=None, description="A third picture that the prompt can refer to"
    )
    width: Annotated[Pixels, ReplacedBy("image")] = 1024
    height: Annotated[Pixels, ReplacedBy("image")] = 1024
    megapixels: Annotated[Megapixels, ActsWith("image")] = 1.0
    unet_name: WeightFile = Field(
        default="flux-2-klein-4b.safetensors", description="Diffusion model in models/diffusion_models"
    )
    weight_dtype: WeightDtype = "default"
    clip_name: WeightFile = Field(
        default="qwen_3_4b.safetensors", description="Qwen 3 in models/text_encoders: 4B for Klein 4B, 8B for Klein 9B"
    )
    vae_name: WeightFile = Field(default="flux2-vae.safetensors", description="VAE in models/vae")


@preset(
    "flux2-klein",
    Flux2KleinParams,
    example={"prompt": "a red bicycle"},
    min_comfyui="0.9.2",  # the first that knows Klein
)
def flux2_klein(p: Flux2KleinParams) -> Workflow:
    """A picture from text, or pictures edited as the prompt says, with Flux.2 Klein in four steps.

    With `image`, and up to two more, the prompt says what to make of them: "the woman of image 1 in the coat of image
    2". Each picture is scaled to `megapixels`. Klein 4B is made for 4 steps at cfg 1. You can use the base model,
    `flux-2-klein-base-4b.safetensors`; it needs 20 steps at a cfg of 5, where the negative prompt acts. Klein 4B is
    Apache-2.0, so commercial use is free; the 9B models are not.
    """
    loaded = _load(p)
    text = encode(p, loaded.clip, triggered(p.prompt, p.stack))
    given = load_pictures(p.image, p.image_2, p.image_3)
    pictures = {name: scaled(picture, p.megapixels, f"{name}-scaled") for name, picture in given.items()}
    text = refer(p, text, encoded(pictures, loaded.vae))
    picture = _sample(p, loaded, text, *_size(p, pictures.get("first")))
    saved = SaveImage(images=picture, filename_prefix="flux2_klein").named("save")
    return Workflow(saved).noting(negative_notice(p))


def _load(p: Flux2KleinParams) -> Loaded[Flux2]:
    loaded = Loaded(
        UNETLoader[Flux2](unet_name=p.unet_name, weight_dtype=p.weight_dtype).named("flux2"),
        CLIPLoader[Flux2](clip_name=p.clip_name, type="flux2").named("text-encoder"),
        VAELoader[Flux2](vae_name=p.vae_name).named("vae"),
    )
    return apply_loras(loaded, p.stack)


def _size(p: Flux2KleinParams, first: Source[Image] | None) -> tuple[int | Source[Int], int | Source[Int]]:
    if first is None:
        return p.width, p.height
    size = GetImageSize(image=first).named("size").out
    return size.width, size.height


def _sample(
    p: Flux2KleinParams,
    loaded: Loaded[Flux2],
    text: Conditionings[Flux2],
    width: int | Source[Int],
    height: int | Source[Int],
) -> VAEDecode:
    guider = CFGGuider(model=loaded.model, positive=text.positive, negative=text.negative, cfg=p.cfg)
    drawn = SamplerCustomAdvanced(
        noise=RandomNoise(noise_seed=p.seed).named("noise"),
        guider=guider.named("guider"),
        sampler=KSamplerSelect(sampler_name="euler").named("method"),
        sigmas=Flux2Scheduler(steps=p.steps, width=width, height=height).named("schedule"),
        latent_image=EmptyFlux2LatentImage(width=width, height=height, batch_size=1).named("canvas"),
    ).named("sampler")
    return VAEDecode(samples=drawn.out.output, vae=loaded.vae).named("picture")
