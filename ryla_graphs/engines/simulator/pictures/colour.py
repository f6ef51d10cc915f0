"""Nodes that change the colours of pictures, pixel by pixel."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from ryla_graphs.engines.simulator.pictures.registry import Out, draws


def each(image: Image.Image, change: Callable[[float], float]) -> Image.Image:
    """Apply a function of values from 0 to 1 to every channel."""
    table = [max(0, min(255, round(255 * change(value / 255)))) for value in range(256)]
    return image.point(table * len(image.getbands()))


_MEAN = (1 / 3, 1 / 3, 1 / 3, 0)
"""The matrix for the mean of the three colours, which is not their perceived brightness."""


@draws("ImageInvert", frames=("image",))
def invert(_: Out, image: Image.Image) -> Image.Image:
    return each(image, lambda value: 1 - value)


@draws("AdjustBrightness", frames=("images",))
def brighten(out: Out, image: Image.Image) -> Image.Image:
    return each(image, lambda value: value * out["factor"])


@draws("AdjustContrast", frames=("images",))
def contrast(out: Out, image: Image.Image) -> Image.Image:
    return each(image, lambda value: (value - 0.5) * out["factor"] + 0.5)


@draws("NormalizeImages", frames=("images",))
def normalize(out: Out, image: Image.Image) -> Image.Image:
    return each(image, lambda value: (value - out["mean"]) / out["std"])


@draws("ImageQuantize", frames=("image",))
def quantize(out: Out, image: Image.Image) -> Image.Image:
    dither = Image.Dither.FLOYDSTEINBERG if out["dither"].startswith("floyd") else Image.Dither.NONE
    plain = image.convert("RGB")
    return plain.quantize(palette=plain.quantize(out["colors"]), dither=dither).convert("RGB")


@draws("ImageRGBToYUV", frames=("image",))
def to_yuv(out: Out, image: Image.Image) -> Image.Image:
    return image.convert("RGB").convert("YCbCr").getchannel(out.slot)


@draws("ImageYUVToRGB", frames=("Y", "U", "V"))
def from_yuv(_: Out, *images: Image.Image | None) -> Image.Image:
    size = next(image.size for image in images if image is not None)
    bands = [
        Image.new("L", size, 128) if image is None else image.convert("RGB").convert("L", _MEAN) for image in images
    ]
    return Image.merge("YCbCr", bands).convert("RGB")
