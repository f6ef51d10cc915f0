"""Filters over the neighbourhood of each pixel: blur, sharpen, edges, growing and shrinking, noise."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from statistics import NormalDist

from PIL import Image, ImageChops, ImageFilter

from ryla_graphs.engines.simulator.pictures.registry import Out, draws


@draws("ImageBlur", frames=("image",))
def blur(out: Out, image: Image.Image) -> Image.Image:
    return _blurred(image, out["blur_radius"], out["sigma"])


@draws("ImageSharpen", frames=("image",))
def sharpen(out: Out, image: Image.Image) -> Image.Image:
    return Image.blend(_blurred(image, out["sharpen_radius"], out["sigma"]), image, 1 + 10 * out["alpha"])


def _blurred(image: Image.Image, radius: int, sigma: float) -> Image.Image:
    """Gaussian blur with this radius and sigma; edges are mirrored."""
    steps = range(-radius, radius + 1)
    weights = [math.exp(-((step / radius / sigma) ** 2) / 2) for step in steps]
    spread = math.sqrt(sum(weight * step**2 for weight, step in zip(weights, steps, strict=True)) / sum(weights))
    width, height = image.size
    wide = _mirrored(image, radius)
    high = _mirrored(wide.transpose(Image.Transpose.TRANSPOSE), radius)
    around = high.transpose(Image.Transpose.TRANSPOSE).filter(ImageFilter.GaussianBlur(spread))
    return around.crop((radius, radius, radius + width, radius + height))


def _mirrored(image: Image.Image, margin: int) -> Image.Image:
    """The picture with a mirrored margin at its left and right edges."""
    width, height = image.size
    turned = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    canvas = Image.new(image.mode, (width + 2 * margin, height))
    canvas.paste(turned, (margin + 1 - width, 0))
    canvas.paste(turned, (margin + width - 1, 0))
    canvas.paste(image, (margin, 0))
    return canvas


@draws("Canny", frames=("image",))
def edges(out: Out, image: Image.Image) -> Image.Image:
    """White where brightness changes enough, black elsewhere."""
    smooth = image.convert("L").filter(ImageFilter.GaussianBlur(1))
    enough = 255 * (out["low_threshold"] + out["high_threshold"]) / 2
    return Image.eval(smooth.filter(ImageFilter.FIND_EDGES), lambda value: 255 if value > enough / 2 else 0)


@draws("Morphology", frames=("image",))
def morphology(out: Out, image: Image.Image) -> Image.Image:
    size = out["kernel_size"]
    smaller = spread(image, size, ImageChops.darker)
    larger = spread(image, size, ImageChops.lighter)
    match out["operation"]:
        case "erode":
            return smaller
        case "dilate":
            return larger
        case "open":
            return spread(smaller, size, ImageChops.lighter)
        case "close":
            return spread(larger, size, ImageChops.darker)
        case "gradient":
            return ImageChops.subtract(larger, smaller)
        case "top_hat":
            return ImageChops.subtract(image, spread(smaller, size, ImageChops.lighter))
        case _:
            return ImageChops.subtract(spread(larger, size, ImageChops.darker), image)


def spread(image: Image.Image, size: int, choose: Callable[[Image.Image, Image.Image], Image.Image]) -> Image.Image:
    """The lightest or the darkest pixel within a square around each, of a size, in few steps whatever the size.

    A run of n pixels is two runs of half of it; at the borders the picture goes on as it ends.
    """
    before = (size - 1) // 2
    for axis in (0, 1):
        length = image.size[axis]
        # Beyond its own length, the picture has no further pixels.
        first, last = min(before, length - 1), min(size - 1 - before, length - 1)
        found, done, reach = _wider(image, axis, first, last), 1, first + last + 1
        while done < reach:
            by = min(done, reach - done)
            found, done = choose(found, ImageChops.offset(found, -by * (1 - axis), -by * axis)), done + by
        image = found.crop((0, 0, *image.size))
    return image


def _wider(image: Image.Image, axis: int, first: int, last: int) -> Image.Image:
    """The picture with its first and last row or column repeated as a margin."""
    width, height = image.size
    grown = (width + first + last, height) if axis == 0 else (width, height + first + last)
    ends = (
        ((0, 0, 1, height), (width - 1, 0, width, height))
        if axis == 0
        else ((0, 0, width, 1), (0, height - 1, width, height))
    )
    wider = Image.new(image.mode, grown)
    wider.paste(image, (first, 0) if axis == 0 else (0, first))
    for box, count, start in zip(ends, (first, last), (0, first + image.size[axis]), strict=True):
        if count:
            edge = image.crop(box).resize((count, height) if axis == 0 else (width, count))
            wider.paste(edge, (start, 0) if axis == 0 else (0, start))
    return wider


@draws("ImageAddNoise", frames=("image",))
def add_noise(out: Out, image: Image.Image) -> Image.Image:
    """Adds noise of the same strength and kind, but with other pixels."""
    bands = len(image.getbands())
    dots = random.Random(out["seed"] * 4096 + out.index).randbytes(image.width * image.height * bands)
    strength, normal = 255 * out["strength"], NormalDist()
    table = [max(0, min(255, round(128 + strength * normal.inv_cdf((dot + 0.5) / 256)))) for dot in range(256)]
    noise = Image.frombytes(image.mode, image.size, dots).point(table * bands)
    return ImageChops.add(image, noise, 1, -128)
