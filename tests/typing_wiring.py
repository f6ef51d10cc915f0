"""Never run: mypy and pyright read it. What must hold is asserted, what must fail is marked.

A mark that is not needed is an error in both checkers, so every line here that should be refused is.
The nine faults are those by which authoring tools for ComfyUI are compared; a number out of range (E7) is
the one that types cannot see, and is refused when the node is written.
"""

from __future__ import annotations

from typing import Any, assert_type

from ryla_graphs import Output, Source, Workflow
from ryla_graphs.nodes import (
    BatchImagesNode,
    CheckpointLoaderSimple,
    CLIPTextEncode,
    EmptyLatentImage,
    KSampler,
    LoadImage,
    LoraLoader,
    ResizeImageMaskNode,
    SaveImage,
    VAEDecode,
)
from ryla_graphs.sockets import Clip, Image, Latent, Model
from tests.data.my_nodes import CheckpointLoaderSimple as MyCheckpointLoader
from tests.data.my_nodes import MyBlurPlus

model, clip, vae = CheckpointLoaderSimple(ckpt_name="sd_xl_base_1.0.safetensors").out
assert_type(model, Output[Model])
assert_type(clip, Output[Clip])
text = CLIPTextEncode(clip=clip, text="a red bicycle")
canvas = EmptyLatentImage(width=512, height=512)
latent = KSampler(
    model=model,
    positive=text,
    negative=text.out.conditioning,
    latent_image=canvas,
    sampler_name="euler",
    scheduler="simple",
)
picture = VAEDecode(samples=latent, vae=vae)
workflow = Workflow(SaveImage(images=picture, filename_prefix="x"))

assert_type(latent.out.latent, Output[Latent])
assert_type(LoraLoader(model=model, clip=clip, lora_name="x").out.model, Output[Model])
assert_type(latent.replace(steps=30), KSampler)
assert_type(latent.named("sampler"), KSampler)
assert_type(workflow.find(KSampler), tuple[KSampler, ...])

stands_for_its_output: Source[Image] = picture
anything: Source[Any] = latent

# E1: MODEL into CLIP
CLIPTextEncode(clip=model, text="x")  # type: ignore[arg-type]

# E2: a text into a number
KSampler(model=model, positive=text, negative=text, latent_image=canvas, cfg="7")  # type: ignore[arg-type]

# E3: VAE into LATENT
VAEDecode(samples=vae, vae=vae)  # type: ignore[arg-type]

# E4: a misspelt sampler
KSampler(model=model, positive=text, negative=text, latent_image=canvas, sampler_name="eulr")  # type: ignore[arg-type]

# E5: an unknown input
KSampler(model=model, positive=text, negative=text, latent_image=canvas, strength=1.0)  # type: ignore[call-arg]

# E6: a missing input
VAEDecode(samples=latent)  # type: ignore[call-arg]

# E8: a file that is not on the server, with classes generated from that server
MyCheckpointLoader(ckpt_name="sd_xl_base.safetensors")  # type: ignore[arg-type]

# E9: LATENT into IMAGE
SaveImage(images=latent, filename_prefix="x")  # type: ignore[arg-type]

# An output that is not there, a node that has several, a node of no outputs
no_such_output = latent.out.image  # type: ignore[attr-defined]
CLIPTextEncode(clip=CheckpointLoaderSimple(ckpt_name="x"), text="x")  # type: ignore[arg-type]
VAEDecode(samples=SaveImage(images=picture, filename_prefix="x"), vae=vae)  # type: ignore[arg-type]

# Nodes are values
latent.steps = 30  # type: ignore[misc]

# Dynamic inputs: an option of the right class, a wire of the right type, no key of another option
ResizeImageMaskNode(input=picture, resize_type="scale width")
ResizeImageMaskNode(input=picture, resize_type=ResizeImageMaskNode.ResizeType.ScaleByMultiplier(multiplier=2.0))
ResizeImageMaskNode(input=picture, resize_type="by hand")  # type: ignore[arg-type]
ResizeImageMaskNode(input=latent, resize_type="scale width")  # type: ignore[arg-type]
ResizeImageMaskNode.ResizeType.ScaleByMultiplier(width=2)  # type: ignore[call-arg]
BatchImagesNode(images=[picture, LoadImage(image="a.png").out.image])
BatchImagesNode(images=[picture, latent])  # type: ignore[list-item]

# A user's own classes are as strict, and fit the bundled ones
blurred = MyBlurPlus(image=picture, class_="fine", blocks_0=2, mode=MyBlurPlus.Mode.Soft(radius=4))
SaveImage(images=blurred.out.image, filename_prefix="x")
SaveImage(images=blurred.out.count_, filename_prefix="x")  # type: ignore[arg-type]
MyBlurPlus(image=picture, class_="medium")  # type: ignore[arg-type]
