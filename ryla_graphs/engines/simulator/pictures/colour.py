"""Pictures whose colours change, and pictures laid over each other."""

from __future__ import annotations

from PIL import Image, ImageFilter

from ryla_graphs.engines.simulator.pictures.fitting import as_mode, fitted
from ryla_graphs.engines.simulator.pictures.registry import Out, draws


@draws("ImageInvert", frames=("image",))
def invert(_: Out, image: Image.Image) -> Image.Image:
    return Image.eval(image, lambda value: 255 - value)


@draws("ImageBlur", frames=("image",))
def blur(out: Out, image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(out["sigma"] * out["blur_radius"]))


@draws("ImageQuantize", frames=("image",))
def quantize(out: Out, image: Image.Image) -> Image.Image:
    dither = Image.Dither.FLOYDSTEINBERG if out["dither"].startswith("floyd") else Image.Dither.NONE
    plain = image.convert("RGB")
    return plain.quantize(palette=plain.quantize(out["colors"]), dither=dither).convert("RGB")


@draws("ImageCompositeMasked", frames=("destination", "source", "mask"))
def composite(out: Out, destination: Image.Image, source: Image.Image, mask: Image.Image | None = None) -> Image.Image:
    size = destination.size if out["resize_source"] else source.size
    layer = None if mask is None else mask.resize(size, Image.Resampling.BILINEAR)
    result = destination.copy()
    result.paste(as_mode(source, destination.mode).resize(size), (out["x"], out["y"]), layer)
    return result


@draws("ImageBlend", frames=("image1", "image2"))
def blend(out: Out, image: Image.Image, other: Image.Image) -> Image.Image:
    return Image.blend(image, as_mode(fitted(other, image.size, "bicubic", "center"), image.mode), out["blend_factor"])
