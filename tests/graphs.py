"""Small graphs that several tests use."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ryla_graphs import Workflow
from ryla_graphs.formats import api
from ryla_graphs.graph.graph import Graph, moving
from ryla_graphs.graph.walk import mapped
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


def moved(value: Any, made: dict[Any, Any]) -> Any:
    """An input's value with its wires from the nodes that were made instead."""
    return mapped(value, moving(made))


def copies(workflow: Workflow, name: Callable[[], object] = lambda: None) -> list[Any]:
    """The sinks of the same graph from new nodes, each named as `name` says."""
    made: dict[Any, Any] = {}
    for node in workflow.graph.nodes:
        inputs = {field: moved(value, made) for field, value in node.__dict__.items() if value is not None}
        made[node] = type(node)(**inputs)
        called = name()
        if called is not None:
            made[node] = made[node].named(str(called))
    return [made[sink] for sink in workflow.graph.sinks]


def unfolded(graph: Graph) -> list[str]:
    """What each sink computes, as a text without ids."""
    document = api.dump(graph)
    keys: dict[str, str] = {}
    for number, body in document.items():
        inputs = {
            name: [keys[value[0]], value[1]] if isinstance(value, list) else value
            for name, value in body["inputs"].items()
        }
        keys[number] = str(hash((body["class_type"], json.dumps(inputs, sort_keys=True))))
    return [keys[graph.ids[sink]] for sink in graph.sinks]
