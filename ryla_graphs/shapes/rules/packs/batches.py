"""Packs' batches and lists of pictures and masks: gathered, picked, split, repeated."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from ryla_graphs.shapes.registry import Call, NodeFails, rule
from ryla_graphs.shapes.rules.common import resized, rows
from ryla_graphs.shapes.rules.packs.resizing import loaded_frames, loaded_sides
from ryla_graphs.shapes.unknown import Undecided, Unknown, Whole, least, most, whole
from ryla_graphs.shapes.values import ImageShape, MaskShape, VideoShape

_MOST = 4_096
Shape = Any
"""A batch of pictures, or of masks."""


def of(batch: Whole, given: Shape) -> Shape:
    """The same shape with another batch size."""
    return replace(given, batch=batch, content=None)


def gathered(first: Shape, others: Sequence[Shape], method: str = "bilinear", crop: str = "center") -> Shape:
    """One batch of several, all at the size of the first."""
    channels = getattr(first, "channels", None)
    for other in others:
        if other.shape[1:3] != first.shape[1:3]:
            resized(other, first.width, first.height, method, crop)
        if getattr(other, "channels", None) != channels:
            raise NodeFails("its pictures have different channels")
    return of(sum((other.batch for other in others), first.batch), first)


@rule("ImageBatchMulti")
def batch_many(inputcount: int, image_1: ImageShape, **others: Any) -> Any:
    """An unwired input counts as black pictures, as many as the first has."""
    named = [others.get(f"image_{number}") for number in range(2, min(inputcount, 1_000) + 1)]
    given = [image_1 if image is None else image for image in named]
    channels = most(image_1.channels, *(image.channels for image in given))
    return replace(
        gathered(replace(image_1, channels=channels), [replace(g, channels=channels) for g in given]), content=None
    )


@rule("MaskBatchMulti")
def batch_masks(inputcount: int, mask_1: MaskShape, **others: Any) -> Any:
    return gathered(mask_1, [others[f"mask_{number}"] for number in range(2, inputcount + 1)], "bicubic", "disabled")


def made_of_all(name: str) -> Callable[..., Any]:
    """A rule for Impact's classes that take a first input and any number of similarly named ones."""

    def work(**given: Any) -> Any:
        first, *others = (value for key, value in given.items() if key.startswith(name))
        return gathered(first, others, "lanczos") if isinstance(first, ImageShape) else gathered(first, others)

    return work


rows(made_of_all, {"ImpactMakeImageBatch": "image", "ImpactMakeMaskBatch": "mask"})


def listed(name: str) -> Callable[..., list[Any]]:
    """A rule for Impact's classes that make a list of what is linked."""

    def work(**given: Any) -> list[Any]:
        return [value for key, value in given.items() if key.startswith(name)]

    return work


rows(listed, {"ImpactMakeImageList": "image", "ImpactMakeMaskList": "mask"})


@rule("ImageBatchMultiple+")
def batch_five(image_1: ImageShape, method: str = "lanczos", **others: Any) -> Any:
    given = [others[name] for name in ("image_2", "image_3", "image_4", "image_5") if others.get(name) is not None]
    return gathered(image_1, given, method)


@rule("MaskBatch+")
def batch_two_masks(mask1: MaskShape, mask2: MaskShape) -> Any:
    return gathered(mask1, [mask2], "bicubic")


@rule("ImageListToImageBatch")
def batch_of_list(images: list[ImageShape]) -> Any:
    return gathered(images[0], images[1:], "lanczos") if images else []


@rule("ImageListToBatch+")
def batch_of_list_essentials(image: list[ImageShape]) -> Any:
    return gathered(image[0], image[1:], "bicubic")


@rule("MaskListToMaskBatch", "MaskFromList+")
def masks_of_list(mask: list[MaskShape]) -> Any:
    return gathered(mask[0], mask[1:]) if mask else MaskShape(1, 64, 64)


@rule("ImpactImageBatchToImageList", "ImageBatchToList+")
def list_of_batch(image: ImageShape) -> list[ImageShape]:
    return one_by_one(image)


@rule("MasksToMaskList")
def list_of_masks(masks: MaskShape | None = None) -> list[Any]:
    return [MaskShape(1, 64, 64)] if masks is None else one_by_one(masks)


def one_by_one(given: Shape) -> list[Shape]:
    """A list of batches of one."""
    if isinstance(given.batch, Unknown):
        raise Undecided(given.batch.reason)
    if given.batch > _MOST:
        raise NodeFails(f"a list of {given.batch:,} is longer than {_MOST:,}")
    return [of(1, given) for _ in range(given.batch)]


@rule("GetImageSizeAndCount")
def size_and_count(image: ImageShape) -> tuple[Any, ...]:
    return image, image.width, image.height, image.batch


@rule("GetMaskSizeAndCount")
def mask_size_and_count(mask: MaskShape) -> tuple[Any, ...]:
    return mask, mask.width, mask.height, mask.batch


@rule("GetImageRangeFromBatch")
def range_of_batch(
    start_index: int, num_frames: Whole, images: ImageShape | None = None, masks: MaskShape | None = None
) -> tuple[Any, Any]:
    images_, masks_ = (None if given is None else _range(given, start_index, num_frames) for given in (images, masks))
    return images_, masks_


def _range(given: Shape, start: Whole, count: Whole) -> Shape:
    begin = most(0, given.batch - count) if start == -1 else start
    if begin < 0 or begin >= given.batch:
        raise NodeFails(f"there is no picture number {begin} among {given.batch}")
    return of(least(count, given.batch - begin), given)


@rule("ImageFromBatch+")
def piece_of_batch(image: ImageShape, start: Whole, length: Whole) -> Any:
    return _piece(image, start, image.batch if length < 0 else length)


@rule("MaskFromBatch+")
def piece_of_masks(mask: MaskShape, start: Whole, length: Whole) -> Any:
    return _piece(mask, start, length)


def _piece(given: Shape, start: Whole, length: Whole) -> Shape:
    return of(least(given.batch - least(start, given.batch - 1), length), given)


@rule("ImageExpandBatch+")
def expand_batch(image: ImageShape, size: Whole) -> Any:
    return of(size if size > 1 else least(size, image.batch), image)


@rule("MaskExpandBatch+")
def expand_masks(mask: MaskShape, size: Whole) -> Any:
    return of(size if size > 1 else least(size, mask.batch), mask)


@rule("VHS_SplitImages")
def split_batch(images: ImageShape, split_index: int) -> tuple[Any, ...]:
    count: Any = images.batch
    first = most(0, least(count, split_index if split_index >= 0 else count + split_index))
    return of(first, images), first, of(count - first, images), count - first


@rule("VHS_MergeImages")
def merge_batches(
    images_A: ImageShape,  # noqa: N803 - the names of its inputs
    images_B: ImageShape,  # noqa: N803
    merge_strategy: str = "match A",
    scale_method: str = "nearest-exact",
    crop: str = "disabled",
) -> tuple[Any, Whole]:
    first, second = images_A, images_B
    smaller = first.width * first.height <= second.width * second.height
    as_second = merge_strategy == "match B" or (merge_strategy == "match larger" and smaller)
    # If the first is larger, the pack matches it even for `match smaller`.
    shown = (
        gathered(second, [first], scale_method, crop) if as_second else gathered(first, [second], scale_method, crop)
    )
    return shown, shown.batch


@rule("VHS_SelectEveryNthImage")
def every_nth(images: ImageShape, select_every_nth: Whole, skip_first_images: Whole = 0) -> tuple[Any, Whole]:
    count = most(0, -(-(images.batch - skip_first_images) // select_every_nth))
    return of(count, images), count


@rule("VHS_DuplicateImages")
def duplicate(images: ImageShape, multiply_by: Whole) -> tuple[Any, Whole]:
    return of(images.batch * multiply_by, images), images.batch * multiply_by


@rule("VHS_GetImageCount")
def count_images(images: ImageShape) -> Whole:
    return images.batch


def between(multiplier: str) -> Callable[..., ImageShape]:
    """A rule for models that interpolate frames: for each pair, the multiplier minus one."""

    def work(frames: ImageShape, **given: Any) -> ImageShape:
        if frames.batch < 2:
            raise NodeFails("it takes two frames at least")
        return ImageShape((frames.batch - 1) * given[multiplier] + 1, frames.height, frames.width)

    return work


rows(
    between,
    dict.fromkeys(("RIFE VFI", "FILM VFI", "AMT VFI", "IFRNet VFI", "IFUnet VFI", "M2M VFI"), "multiplier"),
)


@rule("VHS_LoadVideo")
def load_video(
    video: str,
    force_rate: Any,
    custom_width: Whole,
    custom_height: Whole,
    frame_load_cap: Whole,
    skip_first_frames: Whole,
    select_every_nth: Whole,
    call: Call,
    format: str = "AnimateDiff",  # noqa: A002 - the input's name
    vae: Any = None,
) -> tuple[Any, ...]:
    found: Any = call.file(video, VideoShape)
    if isinstance(found, Unknown):
        raise Undecided(found.reason)
    if vae is not None:
        raise Undecided("what a VAE makes of the frames that it loads is unknown")
    width, height = loaded_sides(found.width, found.height, (custom_width, custom_height), format)
    rate = found.fps if force_rate == 0 else Fraction(force_rate)
    total = found.frames if force_rate == 0 else whole(found.frames / found.fps * rate)
    count = most(0, math.ceil((total - skip_first_frames) / select_every_nth))
    count = least(count, frame_load_cap) if frame_load_cap else count
    if count == 0:
        raise NodeFails("there is no frame left to load")
    count = loaded_frames(count, format)
    seen = rate / select_every_nth
    info = {
        "source_fps": float(found.fps), "source_frame_count": found.frames,
        "source_duration": float(found.frames / found.fps), "source_width": found.width,
        "source_height": found.height, "loaded_fps": float(seen), "loaded_frame_count": count,
        "loaded_duration": float(count / seen), "loaded_width": width, "loaded_height": height,
    }  # fmt: skip
    return ImageShape(count, height, width), count, found.audio, info
