"""Nodes that put pictures of their inputs into a batch."""

from __future__ import annotations

from collections.abc import Sequence

from ryla_graphs.engines.simulator.pictures.registry import Out, Stretch, picks, whole_of
from ryla_graphs.shapes.rules.shuffling import Twister
from ryla_graphs.shapes.values import ImageShape


@picks("ImageBatch")
def two(out: Out) -> list[Stretch]:
    return [whole_of(out["image1"]), whole_of(out["image2"])]


@picks("BatchImagesNode")
def many(out: Out) -> list[Stretch]:
    return [whole_of(pictures) for pictures in out["images"].values()]


@picks("BatchMasksNode")
def many_masks(out: Out) -> list[Stretch]:
    return [whole_of(masks) for masks in out["masks"].values()]


@picks("RebatchImages")
def recut(out: Out) -> list[Stretch]:
    size = out["batch_size"][0]
    return _each(out["images"])[out.item * size : (out.item + 1) * size]


@picks("MergeImageLists")
def single(out: Out) -> list[Stretch]:
    return _each(out["images"])[out.item : out.item + 1]


@picks("ShuffleImageTextDataset")
def shuffled_items(out: Out) -> list[Stretch]:
    order = Twister(out["seed"][0] % (2**32 - 1)).permutation(len(out["images"]))
    return [whole_of(out["images"][order[out.item]])]


@picks("ShuffleDataset")
def shuffled(out: Out) -> list[Stretch]:
    every = _each(out["images"])
    order = Twister(out["seed"][0] % (2**32 - 1)).permutation(len(every))
    return [every[order[out.item]]]


def _each(batches: Sequence[ImageShape]) -> list[Stretch]:
    """Every picture of the batches as its own stretch."""
    return [Stretch(batch, index, 1) for batch in batches for index in range(int(batch.batch))]


@picks("WanMoveVisualizeTracks")
def again(out: Out) -> list[Stretch]:
    return [whole_of(out["images"])]


@picks("RepeatImageBatch")
def repeated(out: Out) -> list[Stretch]:
    return [whole_of(out["image"])]


@picks("ImageFromBatch")
def some(out: Out) -> list[Stretch]:
    batch, index = int(out["image"].batch), out["batch_index"]
    start = max(0, min(batch - 1, index + batch if index < 0 else index))
    return [Stretch(out["image"], start, int(out.shape.batch))]
