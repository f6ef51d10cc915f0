"""Graphs of the sizes that benchmarks measure, written with typed nodes."""

from __future__ import annotations

from ryla_graphs import Workflow
from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import (
    CheckpointLoaderSimple,
    CLIPTextEncode,
    EmptyLatentImage,
    KSampler,
    LoraLoaderModelOnly,
    SaveImage,
    VAEDecode,
)
from ryla_graphs.sockets import Model


def wide(nodes: int) -> Workflow:
    """One checkpoint and as many text-to-image branches of 6 nodes as fit."""
    model, clip, vae = CheckpointLoaderSimple(ckpt_name="sd_xl_base_1.0.safetensors").out
    negative = CLIPTextEncode(clip=clip, text="blurry")
    sinks = []
    for branch in range((nodes - 2) // 5):
        positive = CLIPTextEncode(clip=clip, text=f"picture {branch}")
        latent = KSampler(
            model=model,
            positive=positive,
            negative=negative,
            latent_image=EmptyLatentImage(width=512 + 8 * (branch % 1000), height=512 + 8 * (branch // 1000)),
            seed=branch,
            steps=20,
            cfg=7.0,
            sampler_name="euler",
            scheduler="normal",
        )
        sinks.append(SaveImage(images=VAEDecode(samples=latent, vae=vae), filename_prefix=f"wide/{branch}"))
    return Workflow(*sinks)


def deep(nodes: int) -> Workflow:
    """A chain of LoRA loaders with a picture at its end."""
    checkpoint, clip, vae = CheckpointLoaderSimple(ckpt_name="sd_xl_base_1.0.safetensors").out
    model: Source[Model] = checkpoint
    for link in range(nodes - 7):
        model = LoraLoaderModelOnly(model=model, lora_name=f"style_{link}.safetensors", strength_model=0.5)
    latent = KSampler(
        model=model,
        positive=CLIPTextEncode(clip=clip, text="a red bicycle"),
        negative=CLIPTextEncode(clip=clip, text="blurry"),
        latent_image=EmptyLatentImage(width=1024, height=1024),
        seed=1,
        sampler_name="euler",
        scheduler="normal",
    )
    return Workflow(SaveImage(images=VAEDecode(samples=latent, vae=vae), filename_prefix="deep"))
