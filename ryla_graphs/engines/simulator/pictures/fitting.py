"""Scales pictures as ComfyUI does, with Pillow."""

from __future__ import annotations

from PIL import Image

from ryla_graphs.shapes.rules.common import middle

_RESAMPLING = {
    "nearest-exact": Image.Resampling.NEAREST,
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "area": Image.Resampling.BOX,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def resample(method: str) -> Image.Resampling:
    """Pillow's name for ComfyUI's method."""
    return _RESAMPLING.get(method, Image.Resampling.BICUBIC)


def fitted(image: Image.Image, size: tuple[int, int], method: str, crop: str = "disabled") -> Image.Image:
    """An image scaled to a size; `crop` keeps only its centre."""
    if image.size == size:
        return image
    if image.mode == "RGBA" and method != "lanczos":
        # ComfyUI scales colours and alpha separately, Pillow does not.
        return Image.merge("RGBA", [fitted(band, size, method, crop) for band in image.split()])
    if crop != "center":
        return image.resize(size, resample(method))
    x, y = middle(image.size, size)
    return image.resize(size, resample(method), (x, y, image.width - x, image.height - y))


def as_mode(image: Image.Image, mode: str) -> Image.Image:
    """An image with the channels of a mode; a new alpha channel is opaque."""
    return image if image.mode == mode else image.convert(mode)
