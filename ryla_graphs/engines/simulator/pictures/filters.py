"""Filters that look around each pixel: blur, sharpen, edges, growing and shrinking, noise."""

from __future__ import annotations

import random
from collections.abc import Callable
from statistics import NormalDist

from PIL import Image, ImageChops, ImageFilter

from ryla_graphs.engines.simulator.pictures.registry import Out, draws


@draws("ImageBlur", frames=("image",))
def blur(out: Out, image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(out["sigma"] * out["blur_radius"]))


@draws("ImageSharpen", frames=("image",))
def sharpen(out: Out, image: Image.Image) -> Image.Image:
    radius = out["sigma"] * out["sharpen_radius"]
    return image.filter(ImageFilter.UnsharpMask(radius, round(out["alpha"] * 1000), 0))


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
    for step in ((1, 0), (0, 1)):
        reach = min(size, image.size[step[1]])
        before, done = (reach - 1) // 2, 1
        found = image
        while done < reach:
            by = min(done, reach - done)
            found = choose(found, _moved(found, step[0] * by, step[1] * by))
            done += by
        image = _moved(found, -step[0] * before, -step[1] * before)
    return image


def _moved(image: Image.Image, left: int, up: int) -> Image.Image:
    """Moved so that what was further right or down is here; the edge is repeated."""
    width, height = image.size
    box = (left, up, left + width, up + height)
    moved = image.crop(box)
    if left > 0:
        moved.paste(image.crop((width - 1, 0, width, height)).resize((left, height)), (width - left, 0))
    elif left < 0:
        moved.paste(image.crop((0, 0, 1, height)).resize((-left, height)), (0, 0))
    if up > 0:
        moved.paste(image.crop((0, height - 1, width, height)).resize((width, up)), (0, height - up))
    elif up < 0:
        moved.paste(image.crop((0, 0, width, 1)).resize((width, -up)), (0, 0))
    return moved


@draws("ImageAddNoise", frames=("image",))
def add_noise(out: Out, image: Image.Image) -> Image.Image:
    """As much and of the same kind, though not the same dots."""
    bands = len(image.getbands())
    dots = random.Random(out["seed"] * 4096 + out.index).randbytes(image.width * image.height * bands)
    strength, normal = 255 * out["strength"], NormalDist()
    table = [max(0, min(255, round(128 + strength * normal.inv_cdf((dot + 0.5) / 256)))) for dot in range(256)]
    noise = Image.frombytes(image.mode, image.size, dots).point(table * bands)
    return ImageChops.add(image, noise, 1, -128)
