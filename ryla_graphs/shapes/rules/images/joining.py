"""Several pictures combined: stitched, batched, laid over each other; and channels split and joined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.common import as_pictures, resized, same_shape
from ryla_graphs.shapes.rules.images.colour import matched
from ryla_graphs.shapes.unknown import Whole, least, most, whole
from ryla_graphs.shapes.values import ImageShape, MaskShape

_ACROSS = ("left", "right")


@rule("ImageStitch")
def stitch(
    image1: ImageShape,
    direction: str,
    match_image_size: Any,
    spacing_width: Whole = 0,
    image2: ImageShape | None = None,
) -> ImageShape:
    if image2 is None:
        return image1
    first, second, across = image1, image2, direction in _ACROSS
    if match_image_size:
        ratio = second.width / second.height
        wide = whole(first.height * ratio) if across else first.width
        second = resized(second, wide, first.height if across else whole(first.width / ratio), "lanczos")
        if isinstance(second, MaskShape):
            raise NodeFails("its second picture has one channel, which is lost when it is scaled")
    batch, channels = most(first.batch, second.batch), most(first.channels, second.channels)
    gap = spacing_width + spacing_width % 2
    if across:
        width = first.width + second.width + gap
        return ImageShape(batch, most(first.height, second.height), width, channels)
    return ImageShape(batch, first.height + second.height + gap, most(first.width, second.width), channels)


@rule("ImageBatch")
def batch_two(image1: ImageShape, image2: ImageShape) -> ImageShape:
    return together([image1, image2])


@rule("BatchImagesNode")
def batch_images(images: Mapping[str, ImageShape]) -> Any:
    return together(list(images.values())) if images else None


def together(images: list[ImageShape]) -> ImageShape:
    """One batch at the size of the first; missing channels are filled, one at most."""
    first, channels = images[0], most(*(image.channels for image in images))
    for image in images:
        if channels - image.channels > 1:
            raise NodeFails("its pictures have different channels")
        if image.shape[1:3] != first.shape[1:3]:
            resized(image, first.width, first.height, "bilinear", "center")
    batch: Whole = sum((image.batch for image in images[1:]), first.batch)
    return ImageShape(batch, first.height, first.width, channels)


@rule("ImageCompositeMasked")
def composite(
    destination: ImageShape, source: ImageShape, resize_source: Any = False, mask: MaskShape | None = None
) -> ImageShape:
    matched(destination, source)
    pasted = resized(source, destination.width, destination.height, "bilinear") if resize_source else source
    if mask is not None:
        resized(mask, pasted.width, pasted.height, "bilinear")
    return same_shape(destination)


@rule("PorterDuffImageComposite")
def porter_duff(
    source: ImageShape, source_alpha: MaskShape, destination: ImageShape, destination_alpha: MaskShape
) -> tuple[ImageShape, MaskShape]:
    if source.channels != destination.channels:
        raise NodeFails("its pictures have different channels")
    batch = least(source.batch, source_alpha.batch, destination.batch, destination_alpha.batch)
    for given in (destination_alpha, source, source_alpha):
        if given.shape[1:3] != destination.shape[1:3]:
            resized(given, destination.width, destination.height, "bicubic", "center")
    size = destination.height, destination.width
    return ImageShape(batch, *size, destination.channels), MaskShape(batch, *size)


@rule("SplitImageWithAlpha")
def split_alpha(image: ImageShape) -> tuple[ImageShape, MaskShape]:
    colours = ImageShape(image.batch, image.height, image.width, least(3, image.channels))
    return colours, MaskShape(image.batch, image.height, image.width)


@rule("JoinImageWithAlpha")
def join_alpha(image: ImageShape, alpha: MaskShape) -> ImageShape:
    resized(alpha, image.width, image.height, "bilinear")
    return ImageShape(most(image.batch, alpha.batch), image.height, image.width, least(3, image.channels) + 1)


@rule("ImageGrid")
def grid(
    images: list[ImageShape],
    columns: list[Whole],
    cell_width: list[Whole],
    cell_height: list[Whole],
    padding: list[Whole],
) -> ImageShape:
    count: Whole = sum((image.batch for image in images[1:]), images[0].batch) if images else 0
    if count == 0:
        raise NodeFails("there is no picture for its grid")
    if any(as_pictures(image).channels == 1 for image in images):
        raise NodeFails("Pillow makes no picture of one channel alone")
    across, gap = columns[0], padding[0]
    down = (count + across - 1) // across
    width, height = (n * (size + gap) - gap for n, size in ((across, cell_width[0]), (down, cell_height[0])))
    return ImageShape(1, height, width)
