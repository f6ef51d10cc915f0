"""The pictures that a model attends to while it samples: the tokens of each count at every step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ryla_graphs.plan.canvas import UNKNOWN, Canvas, wired
from ryla_graphs.prompt import PromptNode
from ryla_graphs.validation.view import View

_PIXELS = 2**20
_SCALED: Mapping[str, tuple[str, ...]] = {
    "TextEncodeQwenImageEdit": ("image",),
    "TextEncodeQwenImageEditPlus": ("image1", "image2", "image3"),
    "TextEncodeZImageOmni": ("image1", "image2", "image3"),
}
"""Text encoders that scale these pictures to a megapixel, and encode them into latents if they have a VAE."""


def references_of(view: View, node: PromptNode, sizes: Mapping[str, Canvas]) -> tuple[Canvas, ...]:
    """The reference pictures in a sampler's prompts; of several prompts, those of the one with the most pixels."""
    found = [_behind(view, link.node, sizes) for _, link in wired(node, "CONDITIONING", "GUIDER")]
    return max(found, key=lambda pictures: sum(each.pixels for each in pictures), default=())


def _behind(view: View, start: str, sizes: Mapping[str, Canvas]) -> tuple[Canvas, ...]:
    """The pictures of all nodes that contribute to a prompt, each node once."""
    pictures: list[Canvas] = []
    stack, seen = [start], {start}
    while stack:
        node = view.nodes.get(stack.pop())
        if node is None:  # its class is missing from the catalog
            continue
        pictures += _added(node, sizes)
        for _, link in wired(node, "CONDITIONING", "GUIDER"):
            if link.node not in seen:
                seen.add(link.node)
                stack.append(link.node)
    return tuple(pictures)


def _added(node: PromptNode, sizes: Mapping[str, Canvas]) -> Iterator[Canvas]:
    class_type = node.schema.class_type
    if class_type == "ReferenceLatent":
        yield from (sizes.get(link.node, UNKNOWN) for name, link in wired(node, "LATENT") if name == "latent")
    elif class_type in _SCALED and "vae" in node.wires:
        for name in _SCALED[class_type]:
            if name in node.wires:
                before = sizes.get(node.wires[name].node, UNKNOWN)
                shape = replace(before, frames=1, batch=1)
                scales = node.inputs.get("auto_resize_images") is not False
                yield shape.scaled((_PIXELS / shape.pixels) ** 0.5) if scales else shape
