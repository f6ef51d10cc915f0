"""Batches of pictures: made, repeated, picked, measured."""

from __future__ import annotations

from dataclasses import replace

from ryla_graphs.shapes.registry import rule
from ryla_graphs.shapes.unknown import Whole, least, most
from ryla_graphs.shapes.values import ImageShape


@rule("EmptyImage")
def empty_image(width: Whole, height: Whole, batch_size: Whole = 1) -> ImageShape:
    return ImageShape(batch_size, height, width)


@rule("RepeatImageBatch")
def repeat_images(image: ImageShape, amount: Whole) -> ImageShape:
    return replace(image, batch=image.batch * amount, content=None)


@rule("ImageFromBatch")
def image_from_batch(image: ImageShape, batch_index: int, length: Whole) -> ImageShape:
    return replace(image, batch=picked(image.batch, batch_index, length)[1], content=None)


def picked(batch: Whole, index: Whole, length: Whole) -> tuple[Whole, Whole]:
    """Start and length of a piece of a batch; a negative index counts from the end."""
    begin = most(0, least(batch - 1, index + batch if index < 0 else index))
    return begin, least(batch - begin, length)


@rule("GetImageSize")
def image_size(image: ImageShape) -> tuple[Whole, Whole, Whole]:
    return image.width, image.height, image.batch
