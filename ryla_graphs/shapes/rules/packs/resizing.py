"""Packs' pictures and masks at another size: scaled, padded, cut, joined."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.common import clipped, resized
from ryla_graphs.shapes.unknown import Number, Unknown, Whole, least, most, rounded, whole
from ryla_graphs.shapes.values import ImageShape, MaskShape

_LARGEST = 8_192
_PLACEHOLDER = 64
_ACROSS = ("left", "right")


def within(width: Whole, height: Whole, wanted_width: Whole, wanted_height: Whole) -> tuple[Whole, Whole]:
    """The largest sides of the same proportions within the given ones; if one of those is 0, the other decides."""
    if wanted_width == 0 and wanted_height == 0:
        return width, height
    if wanted_width == 0:
        return rounded(width * (wanted_height / height)), wanted_height
    if wanted_height == 0:
        return wanted_width, rounded(height * (wanted_width / width))
    ratio = least(wanted_width / width, wanted_height / height)
    return rounded(width * ratio), rounded(height * ratio)


def divisible(length: Whole, by: Whole) -> Whole:
    """A side cut down to a multiple of `by`."""
    return length // by * by if by > 1 else length


@rule("ImageResizeKJ")
def resize_kj(
    image: ImageShape,
    width: Whole,
    height: Whole,
    upscale_method: str = "area",
    keep_proportion: Any = False,
    divisible_by: Whole = 2,
    get_image_size: ImageShape | None = None,
    width_input: Whole | None = None,
    height_input: Whole | None = None,
    crop: Any = "disabled",
) -> tuple[Any, Whole, Whole]:
    width, height = width_input or width, height_input or height
    if get_image_size is not None:
        width, height = get_image_size.width, get_image_size.height
    elif keep_proportion and (width != 0 or height != 0):
        width, height = within(image.width, image.height, width, height)
    width, height = width or image.width, height or image.height
    if get_image_size is None:
        width, height = divisible(width, divisible_by), divisible(height, divisible_by)
    shown = resized(image, width, height, upscale_method, crop or "center")
    return shown, shown.width, shown.height


@rule("ImageResizeKJv2")
def resize_kj_v2(
    image: ImageShape,
    width: Whole,
    height: Whole,
    upscale_method: str = "area",
    keep_proportion: str = "stretch",
    divisible_by: Whole = 2,
    mask: MaskShape | None = None,
) -> tuple[Any, Whole, Whole, MaskShape]:
    padded = keep_proportion.startswith(("pad", "pillarbox"))
    inner = _inner(image, width, height, keep_proportion)
    shown = resized(image, divisible(inner[0], divisible_by), divisible(inner[1], divisible_by), upscale_method)
    if padded and (width > inner[0] or height > inner[1]):
        # The padding is computed before sides are cut to multiples, and added after.
        room = most(0, width - inner[0]), most(0, height - inner[1])
        by = most(divisible_by, 1)
        sides = (-(-(side + more) // by) * by for side, more in zip((shown.width, shown.height), room, strict=True))
        wide, high = sides
        shown = ImageShape(image.batch, high, wide, image.channels)
        return shown, wide, high, MaskShape(image.batch, high, wide)
    return shown, shown.width, shown.height, _mask(image, mask, shown)


def _inner(image: ImageShape, width: Whole, height: Whole, how: str) -> tuple[Whole, Whole]:
    if how == "total_pixels":
        ratio = image.width / image.height
        if isinstance(ratio, Unknown):
            return Unknown(ratio.reason, 1), Unknown(ratio.reason, 1)
        return int(math.sqrt(width * height * ratio)), int(math.sqrt(width * height / ratio))
    if how == "resize" or how.startswith(("pad", "pillarbox")):
        return within(image.width, image.height, width, height)
    return width or image.width, height or image.height


def _mask(image: ImageShape, mask: MaskShape | None, shown: Any) -> MaskShape:
    """The mask scaled with its picture; a small empty one if there is none, or only a loader's."""
    of_loader = mask is not None and (mask.width, mask.height) == (_PLACEHOLDER, _PLACEHOLDER)
    if mask is None or (of_loader and (image.width, image.height) != (_PLACEHOLDER, _PLACEHOLDER)):
        return MaskShape(1, _PLACEHOLDER, _PLACEHOLDER)
    return MaskShape(mask.batch, shown.height, shown.width)


@rule("ResizeMask")
def resize_mask(
    mask: MaskShape, width: Whole, height: Whole, keep_proportions: Any = False, upscale_method: str = "area"
) -> tuple[Any, Whole, Whole]:
    if keep_proportions:
        width, height = within(mask.width, mask.height, width or mask.width, height or mask.height)
    shown = resized(mask, width, height, upscale_method)
    return shown, shown.width, shown.height


@rule("ImageResize+")
def resize_essentials(
    image: ImageShape,
    width: Whole,
    height: Whole,
    interpolation: str = "nearest",
    method: str = "stretch",
    condition: str = "always",
    multiple_of: Whole = 0,
) -> tuple[Any, Whole, Whole]:
    width, height = divisible(width, multiple_of), divisible(height, multiple_of)
    wanted = width or image.width, height or image.height
    final, compared = wanted, wanted
    if method in ("keep proportion", "pad"):
        free = _free(width, image.width, image.height, height), _free(height, image.height, image.width, width)
        ratio = least(free[0] / image.width, free[1] / image.height)
        inner = rounded(image.width * ratio), rounded(image.height * ratio)
        final, compared = free if method == "pad" else inner, inner
    elif method.startswith("fill"):
        ratio = most(wanted[0] / image.width, wanted[1] / image.height)
        compared = rounded(image.width * ratio), rounded(image.height * ratio)
    shown: Any = image
    if _applies(condition, image, compared):
        resized(image, *compared, interpolation)
        shown = ImageShape(image.batch, final[1], final[0], image.channels)
    if multiple_of > 1:
        sides = divisible(shown.height, multiple_of), divisible(shown.width, multiple_of)
        shown = ImageShape(shown.batch, *sides, shown.channels)
    return shown, shown.width, shown.height


def _free(wanted: Whole, side: Whole, other: Whole, wanted_other: Whole) -> Whole:
    """A side that is 0: unlimited if the picture grows, unchanged if it shrinks."""
    if wanted != 0:
        return wanted
    return _LARGEST if other < wanted_other else side


def _applies(condition: str, image: ImageShape, to: tuple[Whole, Whole]) -> Any:
    (width, height), area = to, image.width * image.height
    if "always" in condition:
        return True
    if condition == "downscale if bigger":
        return image.height > height or image.width > width
    if condition == "upscale if smaller":
        return image.height < height or image.width < width
    return area > width * height if "bigger area" in condition else area < width * height


@rule("ImageCrop+")
def crop_essentials(
    image: ImageShape, width: Whole, height: Whole, position: str, x_offset: int = 0, y_offset: int = 0
) -> tuple[ImageShape, Whole, Whole]:
    wide, high = least(image.width, width), least(image.height, height)
    x, y = rounded((image.width - wide) / 2), rounded((image.height - high) / 2)
    x = 0 if "left" in position else image.width - wide if "right" in position else x
    y = 0 if "top" in position else image.height - high if "bottom" in position else y
    left, top = x + x_offset, y + y_offset
    right, bottom = least(left + wide, image.width), least(top + high, image.height)
    left, top = most(0, left), most(0, top)
    return ImageShape(image.batch, most(0, bottom - top), most(0, right - left), image.channels), left, top


@rule("Image Resize")
def resize_was(
    image: ImageShape,
    mode: str,
    rescale_factor: Number = 2,
    resize_width: Whole = 1024,
    resize_height: Whole = 1536,
    resampling: str = "lanczos",
) -> Any:
    if mode == "rescale":
        sides = whole(image.width * rescale_factor), whole(image.height * rescale_factor)
    else:
        sides = -(-resize_width // 8) * 8, -(-resize_height // 8) * 8
    return resized(image, *sides, resampling)


@rule("Image Crop Location")
def crop_was(
    image: ImageShape, top: Whole = 0, left: Whole = 0, right: Whole = 256, bottom: Whole = 256
) -> tuple[ImageShape, Any]:
    """Cut to multiples of 8; nothing is left of a picture with fewer pixels."""
    top, left = most(top, 0), most(left, 0)
    width, height = clipped(left, right - left, image.width), clipped(top, bottom - top, image.height)
    if width < 8 or height < 8:
        raise NodeFails("nothing is left within its edges")
    box = left, top, left + width, top + height
    return ImageShape(1, height // 8 * 8, width // 8 * 8, image.channels), ((width, height), box)


@rule("PrepImageForClipVision")
def square_for_clip(image: ImageShape) -> ImageShape:
    return ImageShape(image.batch, 224, 224, 3)


@rule("AddLabel")
def add_label(image: ImageShape, height: Whole, direction: str = "up") -> ImageShape:
    """A strip with words on one side; if its height follows the words, it is unknown."""
    if direction == "overlay":
        return ImageShape(image.batch, image.height, image.width, image.channels)
    high = Unknown("how high a label is depends on its font", 8) if height == -1 else height
    if direction in _ACROSS:
        return ImageShape(image.batch, image.height, image.width + high, image.channels)
    return ImageShape(image.batch, image.height + high, image.width, image.channels)


def beside(first: Any, second: Any, direction: str, matched: Any, size: tuple[Whole, Whole]) -> Any:
    """Two pictures or masks side by side; the second is of the kind of the first, and scaled to a size if `matched`."""
    width, height, across = second.width, second.height, direction in _ACROSS
    if matched:
        ratio = second.width / second.height
        width, height = (whole(size[1] * ratio), size[1]) if across else (size[0], whole(size[0] / ratio))
    batch = most(first.batch, second.batch)
    wide = first.width + width if across else most(first.width, width)
    high = most(first.height, height) if across else first.height + height
    if isinstance(first, MaskShape):
        return MaskShape(batch, high, wide)
    channels = most(first.channels, second.channels) if isinstance(second, ImageShape) else first.channels
    return ImageShape(batch, high, wide, channels)


@rule("ImageConcanate")
def concatenate(image1: Any, image2: Any, direction: str = "right", match_image_size: Any = True) -> Any:
    return beside(image1, image2, direction, match_image_size, (image1.width, image1.height))


@rule("ImageConcatMulti")
def concatenate_many(
    inputcount: int, image_1: Any, direction: str = "right", match_image_size: Any = False, **others: Any
) -> Any:
    """An unwired input is a black picture of the size of the first."""
    shown, size = image_1, (image_1.width, image_1.height)
    for number in range(2, min(inputcount, 1_000) + 1):
        given = others.get(f"image_{number}")
        shown = beside(shown, image_1 if given is None else given, direction, match_image_size, size)
    return shown


_RATIOS: Mapping[str, int] = {
    "None": 1, "AnimateDiff": 8, "Mochi": 16, "LTXV": 32, "Hunyuan": 16, "Cosmos": 16, "Wan": 8,
}  # fmt: skip
_FRAMES: Mapping[str, tuple[int, int]] = {
    "Mochi": (6, 1), "LTXV": (8, 1), "Hunyuan": (4, 1), "Cosmos": (8, 1), "Wan": (4, 1),
}  # fmt: skip


def loaded_sides(width: int, height: int, wanted: tuple[Any, Any], form: str) -> tuple[int, int]:
    """The sides of a video that VideoHelperSuite loads: as wanted, cut to the multiples of its format."""
    by = _RATIOS.get(form, 1)
    wide, high = float(width), float(height)
    if wanted[0] and wanted[1]:
        wide, high = float(wanted[0]), float(wanted[1])
    elif wanted[0]:
        wide, high = float(wanted[0]), high * wanted[0] / wide
    elif wanted[1]:
        wide, high = wide * wanted[1] / high, float(wanted[1])
    return int(wide / by + 0.5) * by, int(high / by + 0.5) * by


def loaded_frames(frames: Whole, form: str) -> Whole:
    """How many frames remain for a format that takes only certain numbers of frames."""
    by, over = _FRAMES.get(form, (1, 0))
    return (frames - over) // by * by + over
