"""Composes layers on a canvas, where `ryla_graphs.shapes.rules.images.layers` places them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PIL import Image, ImageChops, ImageOps

from ryla_graphs.engines.simulator.frames import Frames, Source
from ryla_graphs.engines.simulator.pictures.colour import each
from ryla_graphs.engines.simulator.pictures.registry import Out, makes, source
from ryla_graphs.shapes.rules.images.layers import Layer, layers_of

_MIXED: Mapping[str, Callable[[Image.Image, Image.Image], Image.Image]] = {
    "multiply": ImageChops.multiply,
    "screen": ImageChops.screen,
    "overlay": ImageChops.overlay,
    "hard-light": ImageChops.hard_light,
    "soft-light": ImageChops.soft_light,
    "darken": ImageChops.darker,
    "lighten": ImageChops.lighter,
    "difference": ImageChops.difference,
    "linear-dodge": ImageChops.add,
    "subtract": ImageChops.subtract,
}
"""Blend modes that Pillow supports; layers with other modes are overlaid normally."""


@makes("ImageCompositor")
def compose(out: Out) -> Frames:
    whole = composition(out["layers"], out.size)

    def show(index: int, images: Sequence[Image.Image]) -> Image.Image:
        canvas = whole.draw(index, images)
        return canvas if out.slot == 0 else each(canvas.getchannel("A"), lambda value: 1 - value)

    return Frames(whole.sources, show)


def composition(document: Any, size: tuple[int, int]) -> Frames:
    """All layers of a document on one canvas, with alpha."""
    layers = layers_of(document)
    behind = [(source(layer.item["image"], layer.index), mask_of(layer)) for layer in layers]

    def sources(_: int) -> list[Source]:
        return [found for pair in behind for found in pair if found is not None]

    def show(_: int, images: Sequence[Image.Image]) -> Image.Image:
        canvas, left = Image.new("RGBA", size), list(images)
        for layer, (picture, mask) in zip(layers, behind, strict=True):
            shown = left.pop(0) if picture is not None else Image.new("RGB", (1, 1))
            _lay(canvas, layer, shown, left.pop(0) if mask is not None else None)
        return canvas

    return Frames(sources, show)


def mask_of(layer: Layer) -> Source | None:
    """The mask of a layer, if it has one."""
    mask = layer.item.get("mask")
    if mask is None or (mask.batch != 1 and layer.index >= mask.batch):
        return None
    return source(mask, 0 if mask.batch == 1 else layer.index)


def see_through(image: Image.Image, mask: Image.Image | None) -> Image.Image:
    """A picture that is transparent where its mask is white."""
    if mask is None:
        return image
    picture = image.convert("RGBA")
    through = each(mask.resize(picture.size, Image.Resampling.BILINEAR), lambda value: 1 - value)
    picture.putalpha(ImageChops.multiply(picture.getchannel("A"), through))
    return picture


def _lay(canvas: Image.Image, layer: Layer, image: Image.Image, mask: Image.Image | None) -> None:
    """Put one layer on a canvas, at its position and rotation."""
    item, (left, top, width, height) = layer.item, layer.part
    picture = see_through(image, mask).convert("RGBA").crop((left, top, left + width, top + height))
    picture = ImageOps.mirror(picture) if item.get("flip_h") else picture
    picture = ImageOps.flip(picture) if item.get("flip_v") else picture
    picture = picture.resize(layer.size, Image.Resampling.LANCZOS)
    if turn := item.get("rotation"):
        picture = picture.rotate(-math.degrees(turn), Image.Resampling.BICUBIC, expand=True)
    if (opacity := item.get("opacity", 1.0)) != 1:
        picture.putalpha(each(picture.getchannel("A"), lambda value: value * opacity))
    x0, y0, x1, y1 = layer.box
    x, y = x0 + (x1 - x0 - picture.width) // 2, y0 + (y1 - y0 - picture.height) // 2
    placed = picture.crop((-x, -y, canvas.width - x, canvas.height - y))
    mode = item.get("blend_mode", "normal")
    canvas.paste(Image.alpha_composite(canvas, placed) if mode == "normal" else _mixed(canvas, placed, mode))


def _mixed(canvas: Image.Image, layer: Image.Image, mode: str) -> Image.Image:
    """Blend a layer with the canvas by a mode; transparent parts of the canvas stay transparent."""
    under, over = canvas.convert("RGB"), layer.convert("RGB")
    mix = _MIXED.get(mode)
    mixed = Image.composite(over if mix is None else mix(under, over), under, layer.getchannel("A"))
    mixed.putalpha(canvas.getchannel("A"))
    return mixed
