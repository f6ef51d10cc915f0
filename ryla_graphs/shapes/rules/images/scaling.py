"""Whole pictures and masks at another size: to given sides, by factors, to a number of pixels, padded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.common import as_pictures, resized, same_shape, sides_to
from ryla_graphs.shapes.unknown import Number, Unknown, Whole, least, most, rounded, whole
from ryla_graphs.shapes.values import ImageShape, MaskShape

_MEGAPIXEL = 1024 * 1024
_KONTEXT_SIDES = (
    (672, 1568), (688, 1504), (720, 1456), (752, 1392), (800, 1328),
    (832, 1248), (880, 1184), (944, 1104), (1024, 1024),
)  # fmt: skip


@rule("ImageScale")
def image_scale(image: ImageShape, width: Whole, height: Whole, upscale_method: str = "area", crop: str = "") -> Any:
    if width == 0 and height == 0:
        return image
    return resized(image, *sides_to(image.width, image.height, width, height), upscale_method, crop)


@rule("ImageScaleBy")
def image_scale_by(image: ImageShape, scale_by: Number, upscale_method: str = "area") -> Any:
    return resized(image, rounded(image.width * scale_by), rounded(image.height * scale_by), upscale_method)


@rule("ImageScaleToTotalPixels")
def image_scale_to_pixels(
    image: ImageShape, megapixels: float, upscale_method: str = "area", resolution_steps: int = 1
) -> Any:
    sides = to_total_pixels(image.width, image.height, megapixels * _MEGAPIXEL, resolution_steps)
    return resized(image, *sides, upscale_method)


def to_total_pixels(width: Whole, height: Whole, total: float, step: int = 1) -> tuple[Whole, Whole]:
    """Sides of the same proportions with about this total of pixels."""
    for given in (width, height):
        if isinstance(given, Unknown):
            # The other side may be as short as one step.
            return Unknown(given.reason, step, total), Unknown(given.reason, step, total)
    factor = math.sqrt(total / (width * height))
    return rounded(width * factor / step) * step, rounded(height * factor / step) * step


@rule("ImageScaleToMaxDimension")
def image_scale_to_side(image: ImageShape, largest_size: Whole, upscale_method: str = "area") -> Any:
    return resized(image, *to_longer(image.width, image.height, largest_size), upscale_method)


@rule("ResizeImageMaskNode")
def resize_image_or_mask(input: Any, resize_type: Mapping[str, Any], scale_method: str = "area") -> Any:  # noqa: A002 - the input's name
    width, height, wanted = input.width, input.height, resize_type
    match resize_type["resize_type"]:
        case "scale dimensions" if wanted["width"] == 0 and wanted["height"] == 0:
            return input
        case "scale dimensions":
            sides = sides_to(width, height, wanted["width"], wanted["height"])
        case ("scale width" | "scale height") as side if wanted[side.removeprefix("scale ")] == 0:
            return input
        case "scale width":
            sides = sides_to(width, height, wanted["width"], 0)
        case "scale height":
            sides = sides_to(width, height, 0, wanted["height"])
        case "scale by multiplier":
            sides = rounded(width * wanted["multiplier"]), rounded(height * wanted["multiplier"])
        case "scale longer dimension":
            sides = to_longer(width, height, wanted["longer_size"])
        case "scale shorter dimension":
            sides = to_shorter(width, height, wanted["shorter_size"])
        case "scale total pixels":
            sides = to_total_pixels(width, height, int(wanted["megapixels"] * _MEGAPIXEL))
        case "match size":
            sides = wanted["match"].width, wanted["match"].height
        case "scale to multiple":
            by = wanted["multiple"]
            sides = width // by * by, height // by * by
            if by <= 1 or sides[0] == 0 or sides[1] == 0 or sides == (width, height):
                return input
        case other:
            raise NodeFails(f"it knows no way to resize called {other!r}")
    return resized(input, *sides, scale_method, wanted.get("crop", "disabled"))


def to_longer(width: Whole, height: Whole, wanted: Whole) -> tuple[Whole, Whole]:
    """Both sides, with the longer one set to `wanted`."""
    for given in (width, height):
        if isinstance(given, Unknown):
            return least(wanted, Unknown(given.reason, 1)), least(wanted, Unknown(given.reason, 1))
    return _to_one_side(width, height, wanted, most(width, height))


def to_shorter(width: Whole, height: Whole, wanted: Whole) -> tuple[Whole, Whole]:
    """Both sides, with the shorter one set to `wanted`."""
    for given in (width, height):
        if isinstance(given, Unknown):
            return most(wanted, Unknown(given.reason, 1)), most(wanted, Unknown(given.reason, 1))
    return _to_one_side(width, height, wanted, least(width, height))


def _to_one_side(width: Whole, height: Whole, wanted: Whole, behind: Whole) -> tuple[Whole, Whole]:
    if width == height:
        return wanted, wanted
    if width == behind:
        return wanted, rounded(height / width * wanted)
    return rounded(width / height * wanted), wanted


@rule("ResizeImagesByLongerEdge")
def resize_by_longer_edge(images: ImageShape, longer_edge: Whole) -> Any:
    if isinstance(images.width, Unknown) or isinstance(images.height, Unknown):
        return resized(images, *to_longer(images.width, images.height, longer_edge))
    return _cut_to_whole(images, longer_edge, images.width > images.height)


@rule("ResizeImagesByShorterEdge")
def resize_by_shorter_edge(images: ImageShape, shorter_edge: Whole) -> Any:
    if isinstance(images.width, Unknown) or isinstance(images.height, Unknown):
        return resized(images, *to_shorter(images.width, images.height, shorter_edge))
    return _cut_to_whole(images, shorter_edge, images.width < images.height)


def _cut_to_whole(images: ImageShape, wanted: Whole, is_width: bool) -> Any:
    """One side as wanted, the other truncated to a whole number."""
    if images.channels == 1:
        raise NodeFails("Pillow makes no picture of one channel alone")
    other = wanted / images.width if is_width else wanted / images.height
    width, height = (wanted, whole(images.height * other)) if is_width else (whole(images.width * other), wanted)
    return resized(images, width, height, "lanczos")


@rule("FluxKontextImageScale")
def scale_for_kontext(image: ImageShape) -> Any:
    """The preferred size with the most similar proportions."""
    for given in (image.width, image.height):
        if isinstance(given, Unknown):
            low, high = _KONTEXT_SIDES[0]
            return resized(image, Unknown(given.reason, low, high), Unknown(given.reason, low, high))
    ratio = image.width / image.height
    known = {*_KONTEXT_SIDES, *((high, wide) for wide, high in _KONTEXT_SIDES)}
    _, width, height = min((abs(ratio - wide / high), wide, high) for wide, high in known)
    return resized(image, width, height, "lanczos", "center")


@rule("ResizeAndPadImage")
def resize_and_pad(image: ImageShape, target_width: Whole, target_height: Whole, interpolation: str = "area") -> Any:
    if not any(isinstance(length, Unknown) for length in (image.width, image.height, target_width, target_height)):
        inner = resized(image, *fitting(image, target_width, target_height), interpolation)
        if isinstance(inner, MaskShape) and image.batch != 1:
            raise NodeFails("pictures of one channel lose it when they are scaled")
    return ImageShape(image.batch, target_height, target_width, image.channels)


def fitting(image: Any, width: Whole, height: Whole) -> tuple[Whole, Whole]:
    """The largest sides of the same proportions that fit within the given ones."""
    scale = least(width / image.width, height / image.height)
    return whole(image.width * scale), whole(image.height * scale)


@rule("SeedVR2Preprocess")
def pad_for_seedvr2(resized_images: ImageShape) -> ImageShape:
    """Sides of whole 16s, and frames as a video of that model has them: four for each after the first."""
    given = resized_images
    if least(given.width, given.height) < 2:
        raise NodeFails("its pictures have fewer than 2 pixels on a side")
    width, height = (-(-length // 16) * 16 for length in (given.width, given.height))
    frames = given.batch if given.batch == 1 else most(5, -(-(given.batch - 1) // 4) * 4 + 1)
    return ImageShape(frames, height, width, least(given.channels, 3), videos=1)


@rule("SeedVR2PostProcessing")
def finish_seedvr2(images: ImageShape, original_resized_images: ImageShape, color_correction_method: str) -> ImageShape:
    """Cut back to the size before padding, and to even sides; the alpha of the original comes back."""
    before = original_resized_images
    whole_width, whole_height = least(images.width, before.width), least(images.height, before.height)
    width, height = whole_width // 2 * 2, whole_height // 2 * 2
    if width == 0 or height == 0:
        raise NodeFails("nothing is left of its pictures with even sides")
    fits = images.channels == least(before.channels, 3) or color_correction_method == "none"
    if color_correction_method == "adain" and not fits:
        # Its numbers are reshaped to the channels of the pictures, which succeeds if they divide evenly.
        fits = whole_width * whole_height * least(before.channels, 3) % images.channels == 0
    if not fits:
        raise NodeFails(f"colours of {before.channels} channels cannot be converted to {images.channels}")
    channels = images.channels + 1 if before.channels == 4 else images.channels
    return ImageShape(least(images.batch, before.batch), height, width, channels)


@rule("SeedVR2VideoUpscaler")
def upscale_with_seedvr2(image: ImageShape, resolution: Number, max_resolution: Number = 0) -> ImageShape:
    factor = resolution / least(image.width, image.height)
    if max_resolution:
        factor = least(factor, max_resolution / most(image.width, image.height))
    # Sides are even.
    width, height = (most(1, whole(rounded(length * factor) / 2) * 2) for length in (image.width, image.height))
    return ImageShape(image.batch, height, width, image.channels)


@rule("LTXVPreprocess")
def compress_for_ltxv(image: ImageShape, img_compression: Whole) -> ImageShape:
    """Through a video codec and back, which needs even sides."""
    if img_compression == 0:
        return same_shape(image)
    if as_pictures(image).channels != 3:
        raise NodeFails("its pictures have an alpha channel, which its video codec does not support")
    width, height = image.width // 2 * 2, image.height // 2 * 2
    if width == 0 or height == 0:
        raise NodeFails("nothing is left of its pictures with even sides")
    return ImageShape(image.batch, height, width)
