"""Which pictures of their inputs nodes put into a batch."""

from __future__ import annotations

from ryla_graphs.engines.simulator.pictures.registry import Out, Stretch, picks, whole_of


@picks("ImageBatch")
def two(out: Out) -> list[Stretch]:
    return [whole_of(out["image1"]), whole_of(out["image2"])]


@picks("BatchImagesNode")
def many(out: Out) -> list[Stretch]:
    return [whole_of(pictures) for pictures in out["images"].values()]


@picks("RepeatImageBatch")
def repeated(out: Out) -> list[Stretch]:
    return [whole_of(out["image"])]


@picks("ImageFromBatch")
def some(out: Out) -> list[Stretch]:
    batch, index = int(out["image"].batch), out["batch_index"]
    start = max(0, min(batch - 1, index + batch if index < 0 else index))
    return [Stretch(out["image"], start, int(out.shape.batch))]
