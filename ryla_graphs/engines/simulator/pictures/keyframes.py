"""Key frames of a dance at their places within a section; black elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image

from ryla_graphs.engines.simulator.frames import Frames, Source
from ryla_graphs.engines.simulator.pictures.registry import Out, makes, source
from ryla_graphs.shapes.values import AudioShape

_RATE = 30


@makes("WanDancerPadKeyframes", "WanDancerPadKeyframesList")
def keyframes(out: Out) -> Frames:
    piece = out.inputs.get("segment_index", out.item)
    images = out["images"]
    places = _places(int(images.batch), out["segment_length"], piece, out["audio"])

    def sources(index: int) -> list[Source]:
        found = source(images, places[index]) if index in places else None
        return [] if found is None else [found]

    def show(index: int, frames: Sequence[Image.Image]) -> Image.Image:
        if out.slot == 1:
            return Image.new("L", out.size, 255 if index in places else 0)
        return frames[0] if frames else Image.new(out.mode, out.size)

    return Frames(sources, show)


def _places(count: int, length: int, piece: int, audio: AudioShape) -> dict[int, int]:
    """The key frame at each place of a section; they are spread over the whole sound."""
    seconds = float(audio.seconds)
    pieces = int((seconds - 0.2) / (length / _RATE)) + 1 if seconds > 0.2 else 0
    total = pieces * length
    if total == 0 or count == 0:
        return {}
    apart = total / count

    def of(number: int, last: bool) -> tuple[list[int], int]:
        end = total - length * number - 1 if last else length - 1
        within = max(0, math.ceil(end / apart - 1))
        return [math.ceil(apart * index) for index in range(within)], end

    before = sum(len(of(number, number == pieces - 1)[0]) for number in range(piece))
    inner, end = of(piece, piece == pieces - 1)
    return {
        place: before + index
        for index, place in enumerate([*inner, end])
        if before + index < count and 0 <= place < length
    }
