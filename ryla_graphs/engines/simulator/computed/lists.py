"""Nodes whose lists depend on the content of pictures."""

from __future__ import annotations

from PIL import Image

from ryla_graphs.engines.simulator.computed.registry import computed
from ryla_graphs.engines.simulator.frames import Frames, content_of
from ryla_graphs.shapes.registry import Call, NodeFails
from ryla_graphs.shapes.unknown import Undecided
from ryla_graphs.shapes.values import ImageShape

_SIDE = 8
_MAX_PICTURES = 1_000


@computed("ImageDeduplication")
def deduplicate(images: list[ImageShape], similarity_threshold: list[float], call: Call) -> list[ImageShape]:
    """Keep a picture unless one before it has nearly the same pattern of light and dark."""
    every = [(batch, index) for batch in images for index in range(int(batch.batch))]
    if len(every) > _MAX_PICTURES:
        raise NodeFails(f"the simulator compares up to {_MAX_PICTURES} pictures, and this node has {len(every)}")
    kept: dict[int, ImageShape] = {}
    for batch, index in every:
        frames = content_of(batch)
        if frames is None:
            raise Undecided("the pixels that it compares are unknown")
        pattern = _pattern(call.world.renderer.frame(frames, index))
        alike = (1 - (pattern ^ other).bit_count() / _SIDE**2 for other in kept)
        if not any(share >= similarity_threshold[0] for share in alike):
            kept[pattern] = ImageShape(1, batch.height, batch.width, batch.channels, content=_one(frames, index))
    return list(kept.values())


def _pattern(image: Image.Image) -> int:
    small = image.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS).convert("L").tobytes()
    average = sum(small) / len(small)
    return sum(1 << place for place, value in enumerate(small) if value > average)


def _one(frames: Frames, index: int) -> Frames:
    """One frame of a batch as its own batch."""
    return Frames(lambda _: [(frames, index)], lambda _, images: images[0])
