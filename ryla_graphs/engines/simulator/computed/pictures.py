"""Nodes whose pictures depend, in size, number or kind, on the content of pictures."""

from __future__ import annotations

from typing import Any

from PIL import Image, ImageChops

from ryla_graphs.engines.simulator.computed.registry import computed
from ryla_graphs.engines.simulator.pictures.filters import spread
from ryla_graphs.engines.simulator.pictures.fitting import fitted
from ryla_graphs.engines.simulator.pictures.layers import composition
from ryla_graphs.engines.simulator.pictures.registry import source
from ryla_graphs.shapes.registry import Call, NodeFails, ReadsContent
from ryla_graphs.shapes.rules.images.cutting import crop_for_triposplat
from ryla_graphs.shapes.rules.images.layers import canvas_of, compose, layers_of
from ryla_graphs.shapes.values import ImageShape, MaskShape

_OPAQUE = 255
_BRIGHTNESS = (0.2126, 0.7152, 0.0722)


def _seen(call: Call, value: Any, index: int) -> Image.Image:
    """One picture or mask, drawn. Raises `ReadsContent` if its pixels are unknown."""
    found = source(value, index)
    if found is None:
        raise ReadsContent("the pixels that it reads are unknown")
    image: Image.Image = call.world.renderer.frame(*found)
    return image


@computed("ImageHistogram")
def histogram(image: ImageShape, call: Call) -> tuple[list[int], ...]:
    """The histograms of brightness: of all colours together, of perceived brightness, and of each colour."""
    picture = _seen(call, image, 0).convert("RGB")
    colours = [band.histogram() for band in picture.split()]
    together = [sum(counts) // 3 for counts in zip(*colours, strict=True)]
    seen = picture.convert("L", (*_BRIGHTNESS, 0)).histogram()
    return together, seen, *colours


@computed("TripoSplatPreprocessImage")
def crop_body(image: ImageShape, mask: MaskShape, erode_radius: int, size: int, call: Call) -> ImageShape:
    shape = crop_for_triposplat(image, mask, size)
    sides = int(image.width), int(image.height)
    for index in range(int(image.batch)):
        seen = fitted(_seen(call, mask, index), sides, "bilinear")
        scale = int(shape.width) / min(sides)
        large = fitted(seen, (max(1, round(sides[0] * scale)), max(1, round(sides[1] * scale))), "lanczos")
        if spread(large, 2 * erode_radius + 1, ImageChops.darker).getbbox() is None:
            raise NodeFails("its mask is empty")
    return shape


@computed("ImageCompositor")
def put_together(layers: Any, call: Call) -> tuple[ImageShape, MaskShape]:
    try:
        return compose(layers)
    except ReadsContent:
        width, height = canvas_of(layers, layers_of(layers))
        canvas = call.world.renderer.frame(composition(layers, (width, height)), 0)
        opaque = canvas.getchannel("A").getextrema()[0] == _OPAQUE
        return ImageShape(1, height, width, 3 if opaque else 4), MaskShape(1, height, width)
