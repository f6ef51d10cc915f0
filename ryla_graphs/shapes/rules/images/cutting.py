"""Parts of pictures: cropped by sides, by boxes and by masks, and pictures made larger around the edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.common import as_pictures, resized
from ryla_graphs.shapes.unknown import Undecided, Unknown, Whole, least
from ryla_graphs.shapes.values import ImageShape, MaskShape, Opaque


@rule("ImageCrop")
def crop(image: ImageShape, width: Whole, height: Whole, x: Whole, y: Whole) -> ImageShape:
    left, top = least(x, image.width - 1), least(y, image.height - 1)
    return cut(image, width, height, left, top)


def cut(image: ImageShape, width: Whole, height: Whole, left: Whole, top: Whole) -> ImageShape:
    """A part of pictures that starts inside them."""
    wide, high = least(width, image.width - left), least(height, image.height - top)
    return ImageShape(image.batch, high, wide, image.channels)


@rule("ImageCropV2")
def crop_region(image: ImageShape, crop_region: Mapping[str, Whole]) -> ImageShape:
    region = {"x": 0, "y": 0, "width": 512, "height": 512, **crop_region}
    if as_pictures(image).channels == 1:
        raise NodeFails("what is cut out is shown too, and no picture file has one channel")
    return crop(image, region["width"], region["height"], region["x"], region["y"])


@rule("CenterCropImages", "RandomCropImages")
def crop_to_size(images: ImageShape, width: Whole, height: Whole) -> ImageShape:
    """The position of the cut depends on the class, the size does not."""
    if as_pictures(images).channels == 1:
        raise NodeFails("Pillow makes no picture of one channel alone")
    return ImageShape(images.batch, least(height, images.height), least(width, images.width), images.channels)


@rule("ImagePadForOutpaint")
def pad(image: ImageShape, left: Whole, top: Whole, right: Whole, bottom: Whole) -> tuple[ImageShape, MaskShape]:
    width, height = image.width + left + right, image.height + top + bottom
    return ImageShape(image.batch, height, width, image.channels), MaskShape(1, height, width)


@rule("ImageCropToMask")
def crop_to_mask(images: ImageShape, masks: MaskShape, width: Whole, height: Whole) -> ImageShape:
    if masks.batch not in (1, images.batch):
        raise NodeFails(f"{masks.batch} masks do not go with {images.batch} pictures")
    if images.channels == 2:
        raise NodeFails("it takes no pictures of 2 channels")
    return ImageShape(images.batch, height, width)


@rule("TripoSplatPreprocessImage")
def crop_for_triposplat(image: ImageShape, mask: MaskShape, size: Whole) -> ImageShape:  # noqa: ARG001 - a picture has one
    side = size // 16 * 16
    return ImageShape(image.batch, side, side)


@rule("CropByBBoxes")
def crop_by_boxes(
    image: ImageShape,
    bboxes: Any,
    output_width: Whole,
    output_height: Whole,
    padding: Whole = 0,
    keep_aspect: str = "stretch",
) -> ImageShape:
    """One picture for each frame with boxes: the area around all of them."""
    frames = [[_boxes(bboxes)]] if not isinstance(bboxes, list) else bboxes
    if not frames:
        return image
    if len(frames) == 1:
        count = image.batch if frames[0] else 0
    else:
        count = sum(bool(frames[min(index, len(frames) - 1)]) for index in range(image.batch))
    if count == 0:
        return image
    for boxes in frames[: image.batch if isinstance(image.batch, int) else None]:
        if boxes:
            _check_boxes(image, boxes, output_width, output_height, padding, keep_aspect)
    return ImageShape(count, output_height, output_width, image.channels)


def _boxes(value: Any) -> Any:
    """The boxes. Raises `Undecided` if they come from a detector, which did not run."""
    if isinstance(value, Opaque):
        raise Undecided(value.facts.get("unknown", "the boxes that a detector finds are unknown"))
    return value


def _check_boxes(image: ImageShape, boxes: Any, width: Whole, height: Whole, padding: Whole, keep_aspect: str) -> None:
    if any(isinstance(length, Unknown) for length in (image.width, image.height, width, height, padding)):
        return
    left, top, right, bottom = around(image, boxes, padding)
    if keep_aspect == "pad":
        scale = min(width / (right - left), height / (bottom - top))
        resized(image, round((right - left) * scale), round((bottom - top) * scale))


def around(image: Any, boxes: list[Mapping[str, Any]], padding: Any) -> tuple[int, int, int, int]:
    """The part of a picture that holds all boxes; if that is empty, a part in its upper middle."""
    left, top = (min(int(box[name]) for box in boxes) - padding for name in ("x", "y"))
    right = max(int(box["x"] + box["width"]) for box in boxes) + padding
    bottom = max(int(box["y"] + box["height"]) for box in boxes) + padding
    left, top, right, bottom = max(0, left), max(0, top), min(image.width, right), min(image.height, bottom)
    if right > left and bottom > top:
        return left, top, right, bottom
    size = int(min(image.height, image.width) * 0.3)
    left, top = max(0, (image.width - size) // 2), max(0, int(image.height * 0.1))
    return left, top, max(left + 1, min(image.width, left + size)), max(top + 1, min(image.height, top + size))


@rule("DrawBBoxes")
def draw_boxes(bboxes: Any, image: ImageShape | None = None) -> ImageShape:
    if image is not None:
        as_pictures(image)
        return replace(image, content=None)
    bboxes = _boxes(bboxes)
    frames: list[Any] = [[bboxes]] if isinstance(bboxes, Mapping) else bboxes if isinstance(bboxes, list) else [[]]
    if frames and isinstance(frames[0], Mapping):
        frames = [frames]
    boxes = frames[0] if frames else []
    width = max((int(box["x"] + box["width"]) for box in boxes), default=640)
    height = max((int(box["y"] + box["height"]) for box in boxes), default=640)
    return ImageShape(1, height, width)
