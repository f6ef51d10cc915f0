"""Pictures whose colours change but not their size; some classes take only certain numbers of channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.common import broadcast, keeps, resized, rows, same_shape
from ryla_graphs.shapes.unknown import Unknown, Whole, least
from ryla_graphs.shapes.values import ImageShape

rows(
    keeps,
    {
        "AdjustBrightness": "images",
        "AdjustContrast": "images",
        "ImageAddNoise": "image",
        "ImageFlip": "image",
        "ImageInvert": "image",
        "Morphology": "image",
        "NormalizeImages": "images",
    },
)


def only_colours(name: str) -> Callable[..., ImageShape]:
    """A rule for classes that keep the size of a picture and take only red, green and blue."""

    def work(**inputs: Any) -> ImageShape:
        return colours(inputs[name])

    return work


def colours(image: ImageShape) -> ImageShape:
    """Other pictures of three channels. Raises `NodeFails` if those that come in have more or fewer."""
    if not isinstance(image.channels, Unknown) and image.channels != 3:
        raise NodeFails(f"it takes pictures with 3 channels, not {image.channels}")
    return same_shape(image)


rows(only_colours, {"ImageQuantize": "image"})


@rule("ImageBlur")
def blur(image: ImageShape, blur_radius: Whole) -> ImageShape:
    return _mirrored(image, blur_radius)


@rule("ImageSharpen")
def sharpen(image: ImageShape, sharpen_radius: Whole) -> ImageShape:
    return _mirrored(image, sharpen_radius)


def _mirrored(image: ImageShape, radius: Whole) -> ImageShape:
    """The same size. The borders are mirrored over a radius, so the picture needs that many pixels."""
    sides = image.width, image.height, radius
    if not any(isinstance(length, Unknown) for length in sides) and least(*sides[:2]) <= radius:
        raise NodeFails(f"a radius of {radius} is too large for {image.width}x{image.height}")
    return same_shape(image)


@rule("Canny")
def canny(image: ImageShape, low_threshold: Any = 0.0, high_threshold: Any = 1.0) -> ImageShape:
    if low_threshold > high_threshold:
        raise NodeFails("its low threshold is above its high threshold")
    if image.channels not in (1, 3):
        raise NodeFails(f"it takes pictures with 1 or 3 channels, not {image.channels}")
    if least(image.width, image.height) <= 2:
        raise NodeFails("its picture is smaller than what it looks at around a pixel")
    return ImageShape(image.batch, image.height, image.width)


@rule("ImageRGBToYUV")
def to_yuv(image: ImageShape) -> tuple[ImageShape, ImageShape, ImageShape]:
    return colours(image), colours(image), colours(image)


@rule("ImageYUVToRGB")
def from_yuv(Y: ImageShape, U: ImageShape, V: ImageShape) -> ImageShape:  # noqa: N803 - the names of its inputs
    if any(other.shape[:3] != Y.shape[:3] for other in (U, V)):
        raise NodeFails("its three pictures have different sizes")
    return ImageShape(Y.batch, Y.height, Y.width)


@rule("ImageRotate")
def rotate(image: ImageShape, rotation: str) -> ImageShape:
    if rotation.startswith(("90", "270")):
        return ImageShape(image.batch, image.width, image.height, image.channels)
    return same_shape(image)


@rule("ColorTransfer")
def transfer_colours(
    image_target: ImageShape, image_ref: ImageShape | None = None, method: str = "histogram", strength: Any = 1.0
) -> ImageShape:
    if strength == 0 or image_ref is None:
        return image_target
    if method != "histogram":
        colours(image_ref)
        return colours(image_target)
    if image_target.channels != image_ref.channels:
        raise NodeFails("its pictures have different channels")
    return same_shape(image_target)


@rule("TextOverlay")
def write_text(images: ImageShape, text: Any = "") -> ImageShape:
    if isinstance(text, str) and not text.strip():
        return images
    if images.channels not in (1, 3):
        raise NodeFails(f"it writes on pictures with 1 or 3 channels, not {images.channels}")
    return ImageShape(images.batch, images.height, images.width)


@rule("ImageBlend")
def blend(image1: ImageShape, image2: ImageShape) -> ImageShape:
    matched(image1, image2)
    if image1.shape[1:3] != image2.shape[1:3]:
        resized(image2, image1.width, image1.height, "bicubic", "center")
    return ImageShape(broadcast(image1.batch, image2.batch), image1.height, image1.width, image1.channels)


def matched(destination: ImageShape, source: ImageShape) -> None:
    """Raise if two pictures cannot get the same channels: at most one missing channel is filled."""
    if destination.channels - source.channels > 1:
        raise NodeFails(f"pictures of {destination.channels} and {source.channels} channels cannot be put together")
