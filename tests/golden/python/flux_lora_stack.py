from collections.abc import Sequence

from ryla_graphs import Source, Workflow
from ryla_graphs.nodes import (
    CLIPTextEncode,
    ConditioningZeroOut,
    DualCLIPLoader,
    EmptySD3LatentImage,
    FluxGuidance,
    KSampler,
    LoraLoader,
    SaveImage,
    UNETLoader,
    VAEDecode,
    VAELoader,
)
from ryla_graphs.sockets import Clip, Model

LORAS = (("lora-1", "character.safetensors", 0.8), ("lora-2", "style.safetensors", 0.5))


def workflow(
    prompt: str = "ohwx in ink a portrait",
    *,
    width: int = 1024,
    height: int = 1024,
    seed: int = 42,
    unet_name: str = "flux1-dev.safetensors",
    clip_name1: str = "clip_l.safetensors",
    clip_name2: str = "t5xxl_fp16.safetensors",
    vae_name: str = "ae.safetensors",
    loras: Sequence[tuple[str, str, float]] = LORAS,
) -> Workflow:
    model: Source[Model] = UNETLoader(unet_name=unet_name).named("flux")
    clip: Source[Clip] = DualCLIPLoader(clip_name1=clip_name1, clip_name2=clip_name2, type="flux").named(
        "text-encoders"
    )
    vae = VAELoader(vae_name=vae_name).named("vae")

    for name, lora_name, strength in loras:
        model, clip = (
            LoraLoader(model=model, clip=clip, lora_name=lora_name, strength_model=strength, strength_clip=strength)
            .named(name)
            .out
        )

    text = CLIPTextEncode(clip=clip, text=prompt).named("prompt")
    positive = FluxGuidance(conditioning=text).named("guidance")
    negative = ConditioningZeroOut(conditioning=text).named("no-negative")
    latent = EmptySD3LatentImage(width=width, height=height).named("canvas")
    samples = KSampler(
        model=model, positive=positive, negative=negative, latent_image=latent, seed=seed, cfg=1.0
    ).named("sampler")
    image = VAEDecode(samples=samples, vae=vae).named("picture")
    save = SaveImage(images=image, filename_prefix="flux_lora").named("save")
    return Workflow(save, name="flux-lora-stack")
