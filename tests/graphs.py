"""Small graphs that several tests use."""

from __future__ import annotations

from ryla_graphs import Workflow
from ryla_graphs.nodes import (
    CheckpointLoaderSimple,
    CLIPTextEncode,
    EmptyImage,
    EmptyLatentImage,
    ImageInvert,
    KSampler,
    SaveImage,
    VAEDecode,
)


def text_to_image(prompt: str = "a red bicycle", *, seed: int = 1, steps: int = 20) -> Workflow:
    """SDXL, seven nodes; the sampler is called `sampler`, the output `save`."""
    model, clip, vae = CheckpointLoaderSimple(ckpt_name="sd_xl_base_1.0.safetensors").out
    latent = KSampler(
        model=model,
        seed=seed,
        steps=steps,
        cfg=7.0,
        sampler_name="euler",
        scheduler="normal",
        positive=CLIPTextEncode(clip=clip, text=prompt),
        negative=CLIPTextEncode(clip=clip, text="blurry"),
        latent_image=EmptyLatentImage(width=512, height=768, batch_size=2),
    ).named("sampler")
    return Workflow(SaveImage(images=VAEDecode(samples=latent, vae=vae), filename_prefix="pictures/x").named("save"))


def chain(length: int) -> Workflow:
    """A picture inverted `length` times."""
    image: EmptyImage | ImageInvert = EmptyImage(width=64, height=64, batch_size=1, color=0)
    for _ in range(length):
        image = ImageInvert(image=image)
    return Workflow(SaveImage(images=image, filename_prefix="chain"))
