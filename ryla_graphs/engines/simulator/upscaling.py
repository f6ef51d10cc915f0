"""Upscalers that need a model: the size is right, the detail is not."""

from __future__ import annotations

from PIL import ImageOps

from ryla_graphs.engines.simulator.call import Call, handles
from ryla_graphs.engines.simulator.pictures import scaled
from ryla_graphs.engines.simulator.values import Pictures


@handles("ImageUpscaleWithModel")
def upscale_with_model(call: Call) -> tuple[Pictures]:
    """The size is that of a fourfold model."""
    return (scaled(call, call["image"], 4, "bicubic"),)


@handles("SeedVR2VideoUpscaler")
def upscale_with_seedvr2(call: Call) -> tuple[Pictures]:
    """`resolution` is the shorter side; the longer one may have a limit, and sides are even."""
    pictures: Pictures = call["image"]
    factor = call["resolution"] / min(pictures.size)
    if call["max_resolution"]:
        factor = min(factor, call["max_resolution"] / max(pictures.size))
    return (_even(scaled(call, pictures, factor, "bicubic")),)


@handles("SeedVR2Preprocess")
def pad_for_seedvr2(call: Call) -> tuple[Pictures]:
    """Padded at the right and below to multiples of 16."""
    pictures: Pictures = call["resized_images"]
    width, height = pictures.size
    border = (0, 0, -width % 16, -height % 16)
    return (pictures.map(lambda image: ImageOps.expand(image, border)),)


@handles("SeedVR2PostProcessing")
def finish_seedvr2(call: Call) -> tuple[Pictures]:
    """Cut back to the size before padding."""
    width, height = call["original_resized_images"].size
    return (_even(call["images"].map(lambda image: image.crop((0, 0, width, height)))),)


def _even(pictures: Pictures) -> Pictures:
    width, height = (side - side % 2 for side in pictures.size)
    return pictures.map(lambda image: image.crop((0, 0, width, height)))
