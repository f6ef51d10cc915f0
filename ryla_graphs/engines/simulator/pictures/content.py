"""Gives pixels to a node's outputs, by the tables in `registry`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from PIL import Image

from ryla_graphs.engines.simulator.drawing import Drawn, draw
from ryla_graphs.engines.simulator.frames import Frames, Source, content_of
from ryla_graphs.engines.simulator.media import give_media
from ryla_graphs.engines.simulator.pictures.fitting import as_mode, fitted
from ryla_graphs.engines.simulator.pictures.registry import DRAWINGS, MAKES, PICKS, Drawing, Out, Stretch
from ryla_graphs.shapes.registry import Call, nested
from ryla_graphs.shapes.values import AudioShape, ImageShape, LatentShape, MaskShape, VideoShape

_PICTURES = (ImageShape, MaskShape)
_FILLED = (*_PICTURES, VideoShape, AudioShape, LatentShape)


def give_content(call: Call, outputs: tuple[Any, ...], key: str, caption: str) -> tuple[Any, ...]:
    """Outputs with their content; an output that is an unchanged input keeps its content."""
    given = {id(value) for value in _flat(call.inputs.values())}

    def filled(value: Any, slot: int, item: int) -> Any:
        if not isinstance(value, _FILLED) or id(value) in given or value.content is not None:
            return value
        own_key = f"{key}.{slot}.{item}"
        if isinstance(value, _PICTURES):
            return replace(value, content=_frames(call, value, slot, item, own_key, caption))
        if isinstance(value, (VideoShape, AudioShape)):
            return give_media(call, value, slot, own_key)
        return replace(value, content=Drawn(own_key, caption))

    return tuple(
        [filled(item, slot, number) for number, item in enumerate(value)]
        if isinstance(value, list)
        else filled(value, slot, 0)
        for slot, value in enumerate(outputs)
    )


def stand_in(call: Call, value: Any, key: str) -> Any:
    """A guessed value; if it is a picture, its content says that it is guessed."""
    if not isinstance(value, (*_PICTURES, VideoShape)) or value.content is not None:
        return value
    shape = ImageShape(value.frames, value.height, value.width) if isinstance(value, VideoShape) else value
    out = Out(call, {}, shape, 0, 0, 0, key)

    def show(index: int, _: Sequence[Image.Image]) -> Image.Image:
        return as_mode(draw(*out.size, key, index, f"GUESSED for {call.class_type}"), out.mode)

    return replace(value, content=Frames(lambda _: (), show))


def _flat(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from value
        else:
            yield value


def _frames(call: Call, shape: Any, slot: int, item: int, key: str, caption: str) -> Frames:
    inputs = nested(call.inputs, call.schema)

    def out(index: int) -> Out:
        return Out(call, inputs, shape, slot, item, index, key)

    if (pick := PICKS.get(call.class_type)) is not None:
        return _picked(out(0), pick(out(0)))
    if (make := MAKES.get(call.class_type)) is not None:
        return _sized(make(out(0)), out(0))
    drawing = DRAWINGS.get(call.class_type)
    if drawing is not None:
        return _drawn(out, drawing, inputs)
    first = next((value for value in _flat(call.inputs.values()) if content_of(value) is not None), None)
    if first is not None:
        count = first.frames if isinstance(first, VideoShape) else first.batch
        return _picked(out(0), [Stretch(first, 0, int(count))])
    return Frames(lambda _: (), lambda index, _: as_mode(draw(*out(index).size, key, index, caption), out(index).mode))


def _sized(frames: Frames, out: Out) -> Frames:
    """Frames with the size and the channels of the shape."""

    def show(index: int, images: Sequence[Image.Image]) -> Image.Image:
        image = frames.draw(index, images)
        return as_mode(image if image.size == out.size else image.resize(out.size), out.mode)

    return Frames(frames.sources, show)


def _picked(out: Out, stretches: Sequence[Stretch]) -> Frames:
    """Pictures of the inputs, fitted to the size; if there are too few, they repeat from the first."""
    total = sum(stretch.count for stretch in stretches)

    def sources(index: int) -> list[Source]:
        index %= max(1, total)
        for stretch in stretches:
            frames = content_of(stretch.pictures)
            if index < stretch.count and frames is not None:
                return [(frames, stretch.start + index)]
            index -= stretch.count
        return []

    def show(_: int, images: Sequence[Image.Image]) -> Image.Image:
        image = images[0] if images else Image.new(out.mode, out.size)
        return as_mode(fitted(image, out.size, "bilinear", "center"), out.mode)

    return Frames(sources, show)


def _drawn(out: Callable[[int], Out], drawing: Drawing, inputs: dict[str, Any]) -> Frames:
    named = drawing.frames
    behind: Sequence[Any] = named(out(0).call) if callable(named) else [inputs.get(name) for name in named]

    def sources(index: int) -> list[Source]:
        found = ((content_of(value), value) for value in behind)
        return [(frames, index % max(1, int(value.batch))) for frames, value in found if frames is not None]

    def show(index: int, images: Sequence[Image.Image]) -> Image.Image:
        left, now = list(images), out(index)
        given = [left.pop(0) if content_of(value) is not None else None for value in behind]
        image = drawing.draw(now, *given)
        return as_mode(image if image.size == now.size else image.resize(now.size), now.mode)

    return Frames(sources, show)
