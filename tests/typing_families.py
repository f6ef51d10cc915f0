"""Never run: mypy and pyright read it. What they know of model families, and what they refuse.

Marked as in `typing_wiring.py`: a mark that a checker does not need is an error.
"""

from __future__ import annotations

from typing import assert_type

from ryla_graphs import Output, Source
from ryla_graphs.nodes import (
    ApplyInstantIDAdvanced,
    ApplyInstantIDControlNet,
    BasicScheduler,
    CFGGuider,
    CheckpointLoaderSimple,
    CLIPTextEncode,
    CLIPTextEncodeHiDream,
    ConditioningZeroOut,
    ControlNetApplyAdvanced,
    ControlNetLoader,
    DualCLIPLoader,
    EmptyLatentImage,
    FluxGuidance,
    InstantIDAttentionPatch,
    InstantIDFaceAnalysis,
    InstantIDModelLoader,
    KSampler,
    KSamplerSelect,
    LoadImage,
    LoraLoader,
    LoraLoaderModelOnly,
    RandomNoise,
    SamplerCustomAdvanced,
    UNETLoader,
    VAEDecode,
    VAELoader,
)
from ryla_graphs.sockets import SDXL, Clip, Conditioning, ControlNet, Flux1, Latent, Model, Vae
from tests.data.my_nodes import CheckpointLoaderSimple as MyCheckpointLoader

canvas = EmptyLatentImage(width=1024, height=1024)
picture = LoadImage(image="face.png").out.image

flux = UNETLoader[Flux1](unet_name="flux1-dev.safetensors")
flux_clip = DualCLIPLoader[Flux1](clip_name1="clip_l.safetensors", clip_name2="t5xxl_fp16.safetensors", type="flux")
flux_text = FluxGuidance(conditioning=CLIPTextEncode(clip=flux_clip, text="a red bicycle"))
flux_vae = VAELoader[Flux1](vae_name="ae.safetensors")

model, clip, vae = CheckpointLoaderSimple[SDXL](ckpt_name="sd_xl_base_1.0.safetensors").out
text = CLIPTextEncode(clip=clip, text="a red bicycle")
face_net = ControlNetLoader[SDXL](control_net_name="instantid.safetensors")

some_model = UNETLoader(unet_name=input())
some_clip = CheckpointLoaderSimple(ckpt_name=input()).out.clip
some_text = CLIPTextEncode(clip=some_clip, text="a red bicycle")
some_net = ControlNetLoader(control_net_name=input())

# The family goes with the wires
assert_type(flux, UNETLoader[Flux1])
assert_type(clip, Output[Clip[SDXL]])
assert_type(flux_text, FluxGuidance[Flux1])
styled, styled_clip = LoraLoader(model=model, clip=clip, lora_name="style.safetensors").out
assert_type(styled, Output[Model[SDXL]])
latent = KSampler(model=styled, positive=text, negative=text, latent_image=canvas)
assert_type(latent.out.latent, Output[Latent[SDXL]])
assert_type(latent.named("sampler").replace(steps=30), KSampler[SDXL])
VAEDecode(samples=latent, vae=vae)

# Where nothing says the family it is unknown, and fits all
assert_type(some_model.out.model, Output[Model])
assert_type(canvas.out.latent, Output[Latent])
KSampler(model=some_model, positive=some_text, negative=some_text, latent_image=canvas)
KSampler(model=flux, positive=some_text, negative=some_text, latent_image=canvas)
KSampler(model=some_model, positive=text, negative=flux_text, latent_image=latent)
ControlNetApplyAdvanced(positive=text, negative=text, control_net=some_net, image=picture)
CLIPTextEncodeHiDream(clip=some_clip, clip_l="", clip_g="", t5xxl="", llama="")
assert_type(MyCheckpointLoader(ckpt_name="flux1-dev-fp8.safetensors").out.vae, Output[Vae])


# A bare type takes any family
def sample(weights: Source[Model], texts: list[Source[Conditioning]], net: Source[ControlNet]) -> KSampler:
    positive, negative = ControlNetApplyAdvanced(
        positive=texts[0], negative=texts[1], control_net=net, image=picture
    ).out
    return KSampler(model=weights, positive=positive, negative=negative, latent_image=canvas)


VAEDecode(samples=sample(flux, [flux_text, text], face_net), vae=vae)

# InstantID: everything around it is SDXL's
instantid = InstantIDModelLoader(instantid_file="ip-adapter.bin")
faces = InstantIDFaceAnalysis(provider="CPU")
patched = InstantIDAttentionPatch(instantid=instantid, insightface=faces, image=picture, model=some_model)
assert_type(patched.out.model, Output[Model[SDXL]])
ApplyInstantIDControlNet(
    face_embeds=patched.out.face_embeds, control_net=face_net, image_kps=picture, positive=text, negative=some_text
)
ApplyInstantIDAdvanced(
    instantid=instantid,
    insightface=faces,
    control_net=face_net,
    image=picture,
    model=flux,  # type: ignore[arg-type]
    positive=flux_text,  # type: ignore[arg-type]
    negative=text,
)
lora = LoraLoaderModelOnly(model=flux, lora_name="me.safetensors")
InstantIDAttentionPatch(instantid=instantid, insightface=faces, image=picture, model=lora)  # type: ignore[arg-type]

# A text, a LoRA's text encoder, a ControlNet, a VAE, a checkpoint of another family
KSampler(model=flux, positive=text, negative=text, latent_image=canvas)  # type: ignore[misc]
LoraLoader(model=flux, clip=clip, lora_name="style.safetensors")  # type: ignore[misc]
ControlNetApplyAdvanced(positive=flux_text, negative=flux_text, control_net=face_net, image=picture)  # type: ignore[misc]
VAEDecode(samples=latent, vae=flux_vae)  # type: ignore[misc]
CLIPTextEncodeHiDream(clip=flux_clip, clip_l="", clip_g="", t5xxl="", llama="")  # type: ignore[arg-type]
KSampler(model=flux, positive=flux_text, negative=ConditioningZeroOut(conditioning=text), latent_image=canvas)  # type: ignore[misc]
mine = MyCheckpointLoader[SDXL](ckpt_name="sd_xl_base_1.0.safetensors").out
KSampler(model=mine.model, positive=flux_text, negative=flux_text, latent_image=canvas)  # type: ignore[misc]

# A family that is none
UNETLoader[int](unet_name="flux1-dev.safetensors")  # type: ignore[type-var]

# Two nodes written into each other: mypy, unlike pyright, gives up on the inner one
SamplerCustomAdvanced(
    noise=RandomNoise(noise_seed=1),
    guider=CFGGuider(model=flux, positive=text, negative=text),  # pyright: ignore[reportArgumentType]
    sampler=KSamplerSelect(sampler_name="euler"),
    sigmas=BasicScheduler(model=flux),
    latent_image=canvas,
)
