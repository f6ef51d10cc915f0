"""Lists: made, cut into batches, shuffled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, ReadsContent, rule
from ryla_graphs.shapes.rules.shuffling import Twister
from ryla_graphs.shapes.unknown import Undecided, Unknown
from ryla_graphs.shapes.values import ImageShape

_MAX_ITEMS = 100_000


@rule("CreateList")
def create_list(inputs: Mapping[str, list[Any]]) -> list[Any]:
    return [value for values in inputs.values() for value in values]


@rule("RebatchImages")
def rebatch_images(images: list[ImageShape], batch_size: list[int]) -> list[ImageShape]:
    size, batches = batch_size[0], list[ImageShape]()
    pending: list[ImageShape] = []
    for picture in _pictures(images):
        pending.append(picture)
        if len(pending) == size:
            batches.append(_joined(pending))
            pending = []
    return batches + ([_joined(pending)] if pending else [])


def _pictures(images: Sequence[ImageShape]) -> Iterator[ImageShape]:
    """Each picture of some batches on its own."""
    for batch in images:
        if isinstance(batch.batch, Unknown):
            raise Undecided(batch.batch.reason)
        if batch.batch > _MAX_ITEMS:
            raise NodeFails(f"a list of {batch.batch:,} pictures is longer than {_MAX_ITEMS:,}")
        yield from [ImageShape(1, batch.height, batch.width, batch.channels)] * batch.batch


def _joined(pictures: Sequence[ImageShape]) -> ImageShape:
    first = pictures[0]
    if any(picture.shape != first.shape for picture in pictures):
        raise NodeFails("pictures of different sizes do not go into one batch")
    return ImageShape(len(pictures), first.height, first.width, first.channels)


@rule("MergeImageLists")
def merge_image_lists(images: list[ImageShape]) -> list[ImageShape]:
    return list(_pictures(images))


@rule("ShuffleDataset")
def shuffle_images(images: list[ImageShape], seed: list[int]) -> list[ImageShape]:
    pictures = list(_pictures(images))
    return [pictures[index] for index in _order(len(pictures), seed)]


@rule("ShuffleVideoDataset")
def shuffle_videos(videos: list[Any], seed: list[int]) -> list[Any]:
    return [videos[index] for index in _order(len(videos), seed)]


def _shuffled_pairs(things: list[Any], texts: list[Any], seed: list[int]) -> tuple[list[Any], list[Any]]:
    order = _order(len(things), seed)
    if len(texts) < len(things):
        raise NodeFails(f"it has {len(things)} items and only {len(texts)} texts")
    return [things[index] for index in order], [texts[index] for index in order]


@rule("ShuffleImageTextDataset")
def shuffle_image_texts(images: list[Any], texts: list[Any], seed: list[int]) -> tuple[list[Any], list[Any]]:
    return _shuffled_pairs(images, texts, seed)


@rule("ShuffleVideoTextDataset")
def shuffle_video_texts(videos: list[Any], texts: list[Any], seed: list[int]) -> tuple[list[Any], list[Any]]:
    return _shuffled_pairs(videos, texts, seed)


def _order(count: int, seed: list[int]) -> list[int]:
    return Twister(seed[0] % (2**32 - 1)).permutation(count)


@rule("ImageDeduplication")
def deduplicate_images(images: list[ImageShape]) -> list[ImageShape]:
    pictures = list(_pictures(images))
    if len(pictures) > 1:
        raise ReadsContent("which of its pictures are alike")
    return pictures
