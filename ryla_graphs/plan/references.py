"""The pictures that a model attends to while it samples: the tokens of each count at every step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from ryla_graphs.plan.canvas import UNKNOWN, Canvas, wired
from ryla_graphs.plan.carrying import carried
from ryla_graphs.prompt import PromptNode
from ryla_graphs.validation.view import View

_PIXELS = 2**20
_SCALED: Mapping[str, tuple[str, ...]] = {
    "TextEncodeQwenImageEdit": ("image",),
    "TextEncodeQwenImageEditPlus": ("image1", "image2", "image3"),
    "TextEncodeZImageOmni": ("image1", "image2", "image3"),
}
"""Text encoders that scale these pictures to a megapixel, and encode them into latents if they have a VAE."""
_PROMPTS = ("CONDITIONING", "GUIDER")


class References:
    """The reference pictures of a graph, and how they reach samplers through prompts; `sizes` are the canvases."""

    def __init__(self, view: View, sizes: Mapping[str, Canvas]) -> None:
        self._view, self._sizes = view, sizes

    def of(self, node: PromptNode) -> tuple[Canvas, ...] | None:
        """Those in a sampler's prompts; of several prompts, those of the one with the most pixels.

        None if there are too many to count, as `carried` says.
        """
        found: list[list[Canvas]] = []
        for _, link in wired(node, *_PROMPTS):
            numbers = self._carried.get(link.node, frozenset())
            if numbers is None:
                return None
            found.append([self._added[each] for each in sorted(numbers)])
        return tuple(max(found, key=lambda pictures: sum(each.pixels for each in pictures), default=()))

    @cached_property
    def _added(self) -> Mapping[tuple[str, int], Canvas]:
        """Each picture that a node adds to a prompt."""
        nodes = self._view.run_order()
        return {(node.id, number): each for node in nodes for number, each in enumerate(_added(node, self._sizes))}

    @cached_property
    def _carried(self) -> Mapping[str, frozenset[tuple[str, int]] | None]:
        """The pictures behind each node through which prompts pass."""
        added: dict[str, list[tuple[str, int]]] = {}
        for number, place in self._added:
            added.setdefault(number, []).append((number, place))
        return carried(self._view, _PROMPTS, lambda node: added.get(node.id, ())) if added else {}


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
