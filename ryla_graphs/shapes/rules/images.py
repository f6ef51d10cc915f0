"""Pictures: made, scaled, cut, turned, put together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.common import keeps, resized, rows, sides_to
from ryla_graphs.shapes.unknown import Number, Unknown, Whole, least, most, rounded, whole
from ryla_graphs.shapes.values import ImageShape, MaskShape

_MEGAPIXEL = 1024 * 1024

rows(
    keeps,
    {
        "ImageInvert": "image",
        "ImageBlur": "image",
        "ImageQuantize": "image",
        "ImageSharpen": "image",
        "ImageFlip": "image",
        "ImageAddNoise": "image",
    },
)


@rule("EmptyImage")
def empty_image(width: Whole, height: Whole, batch_size: Whole = 1) -> ImageShape:
    return ImageShape(batch_size, height, width)


@rule("ImageScale")
def image_scale(image: ImageShape, width: Whole, height: Whole) -> ImageShape:
    if width == 0 and height == 0:
        return image
    scaled: ImageShape = resized(image, *sides_to(image.width, image.height, width, height))
    return scaled


@rule("ImageScaleBy")
def image_scale_by(image: ImageShape, scale_by: Number) -> ImageShape:
    scaled: ImageShape = resized(image, rounded(image.width * scale_by), rounded(image.height * scale_by))
    return scaled


@rule("ImageScaleToTotalPixels")
def image_scale_to_pixels(image: ImageShape, megapixels: float, resolution_steps: int = 1) -> ImageShape:
    width, height = to_total_pixels(image.width, image.height, megapixels * _MEGAPIXEL, resolution_steps)
    scaled: ImageShape = resized(image, width, height)
    return scaled


def to_total_pixels(width: Whole, height: Whole, total: float, step: int = 1) -> tuple[Whole, Whole]:
    """Sides of the same proportions that have about so many pixels together."""
    for given in (width, height):
        if isinstance(given, Unknown):
            # The other side may be as short as one step.
            return Unknown(given.reason, step, total), Unknown(given.reason, step, total)
    factor = math.sqrt(total / (width * height))
    return rounded(width * factor / step) * step, rounded(height * factor / step) * step


@rule("ResizeImageMaskNode")
def resize_image_or_mask(input: Any, resize_type: Mapping[str, Any]) -> Any:  # noqa: A002 - the input's name
    width, height, wanted = input.width, input.height, resize_type
    match resize_type["resize_type"]:
        case "scale dimensions" if wanted["width"] == 0 and wanted["height"] == 0:
            return input
        case "scale dimensions":
            sides = sides_to(width, height, wanted["width"], wanted["height"])
        case "scale width":
            sides = sides_to(width, height, wanted["width"], 0)
        case "scale height":
            sides = sides_to(width, height, 0, wanted["height"])
        case "scale by multiplier":
            sides = rounded(width * wanted["multiplier"]), rounded(height * wanted["multiplier"])
        case "scale longer dimension":
            sides = to_one_side(width, height, wanted["longer_size"], most(width, height))
        case "scale shorter dimension":
            sides = to_one_side(width, height, wanted["shorter_size"], least(width, height))
        case "scale total pixels":
            sides = to_total_pixels(width, height, int(wanted["megapixels"] * _MEGAPIXEL))
        case "match size":
            sides = wanted["match"].width, wanted["match"].height
        case "scale to multiple":
            by = wanted["multiple"]
            sides = width // by * by, height // by * by
            if by <= 1 or sides[0] == 0 or sides[1] == 0:
                return input
        case other:
            raise NodeFails(f"it knows no way to resize called {other!r}")
    return resized(input, *sides)


def to_one_side(width: Whole, height: Whole, wanted: Whole, behind: Whole) -> tuple[Whole, Whole]:
    """Both sides where one of them, the longer or the shorter, becomes `wanted`."""
    if width == behind and height == behind:
        return wanted, wanted
    if width == behind:
        return wanted, rounded(height / width * wanted)
    return rounded(width / height * wanted), wanted


@rule("ImageCrop")
def image_crop(image: ImageShape, width: Whole, height: Whole, x: Whole, y: Whole) -> ImageShape:
    left, top = least(x, image.width - 1), least(y, image.height - 1)
    wide, high = least(width, image.width - left), least(height, image.height - top)
    return ImageShape(image.batch, high, wide, image.channels)


@rule("ImageRotate")
def image_rotate(image: ImageShape, rotation: str) -> ImageShape:
    if rotation.startswith(("90", "270")):
        return ImageShape(image.batch, image.width, image.height, image.channels)
    return ImageShape(*image.shape)


@rule("ImagePadForOutpaint")
def image_pad(image: ImageShape, left: Whole, top: Whole, right: Whole, bottom: Whole) -> tuple[ImageShape, MaskShape]:
    width, height = image.width + left + right, image.height + top + bottom
    return ImageShape(image.batch, height, width, image.channels), MaskShape(1, height, width)


@rule("ImageBatch")
def image_batch(image1: ImageShape, image2: ImageShape) -> ImageShape:
    return together([image1, image2])


@rule("BatchImagesNode")
def batch_images(images: Mapping[str, ImageShape]) -> ImageShape:
    return together(list(images.values()))


def together(images: list[ImageShape]) -> ImageShape:
    """One batch at the size of the first; missing channels are filled, one at most."""
    first, channels = images[0], most(*(image.channels for image in images))
    if any(channels - image.channels > 1 for image in images):
        raise NodeFails("its pictures have different channels")
    batch: Whole = sum((image.batch for image in images[1:]), first.batch)
    return ImageShape(batch, first.height, first.width, channels)


@rule("RepeatImageBatch")
def repeat_images(image: ImageShape, amount: Whole) -> ImageShape:
    return ImageShape(image.batch * amount, image.height, image.width, image.channels)


@rule("ImageFromBatch")
def image_from_batch(image: ImageShape, batch_index: int, length: Whole) -> ImageShape:
    return ImageShape(picked(image.batch, batch_index, length)[1], image.height, image.width, image.channels)


def picked(batch: Whole, index: Whole, length: Whole) -> tuple[Whole, Whole]:
    """Where a piece of a batch begins and how long it is; a negative index counts from the end."""
    begin = most(0, least(batch - 1, index + batch if index < 0 else index))
    return begin, least(batch - begin, length)


@rule("ImageCompositeMasked")
def image_composite(destination: ImageShape) -> ImageShape:
    return ImageShape(*destination.shape)


@rule("ImageBlend")
def image_blend(image1: ImageShape, image2: ImageShape) -> ImageShape:
    if image1.batch != 1 and image2.batch != 1 and image1.batch != image2.batch:
        raise NodeFails("its pictures are of different numbers")
    return ImageShape(most(image1.batch, image2.batch), image1.height, image1.width, image1.channels)


@rule("GetImageSize")
def image_size(image: ImageShape) -> tuple[Whole, Whole, Whole]:
    return image.width, image.height, image.batch


@rule("ImageUpscaleWithModel")
def upscale_with_model(image: ImageShape, upscale_model: Any) -> ImageShape:
    factor = upscale_model.facts.get("factor", 4)
    return ImageShape(image.batch, image.height * factor, image.width * factor, image.channels)


@rule("SeedVR2Preprocess")
def pad_for_seedvr2(resized_images: ImageShape) -> ImageShape:
    width, height = (-(-length // 16) * 16 for length in (resized_images.width, resized_images.height))
    return ImageShape(resized_images.batch, height, width)


@rule("SeedVR2PostProcessing")
def finish_seedvr2(images: ImageShape, original_resized_images: ImageShape) -> ImageShape:
    """Cut back to the size before padding, and to even sides; the alpha of the original comes back."""
    before = original_resized_images
    width, height = (least(a, b) // 2 * 2 for a, b in ((images.width, before.width), (images.height, before.height)))
    return ImageShape(least(images.batch, before.batch), height, width, before.channels)


@rule("SeedVR2VideoUpscaler")
def upscale_with_seedvr2(image: ImageShape, resolution: Number, max_resolution: Number = 0) -> ImageShape:
    factor = resolution / least(image.width, image.height)
    if max_resolution:
        factor = least(factor, max_resolution / most(image.width, image.height))
    # Sides are even.
    width, height = (most(1, whole(rounded(length * factor) / 2) * 2) for length in (image.width, image.height))
    return ImageShape(image.batch, height, width, image.channels)
