"""Nodes that combine pictures: side by side, in a grid, from overlapping tiles; and interpolated frames."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageChops

from ryla_graphs.engines.simulator.frames import Frames, Source
from ryla_graphs.engines.simulator.pictures.fitting import as_mode, fitted
from ryla_graphs.engines.simulator.pictures.registry import Out, draws, makes, source
from ryla_graphs.shapes.registry import Call
from ryla_graphs.shapes.rules.images.tiles import grid as tiles_of

_COLOURS = {"white": "white", "black": "black", "red": "#ff0000", "green": "#00ff00", "blue": "#0000ff"}


@makes("ImageStitch")
def stitch(out: Out) -> Frames:
    """A shorter batch repeats its last picture."""
    pair = out["image1"], out.inputs.get("image2")

    def sources(index: int) -> list[Source]:
        given = (source(value, min(index, int(value.batch) - 1)) for value in pair if value is not None)
        return [found for found in given if found is not None]

    return Frames(sources, lambda _, images: _stitched(out, images))


def _stitched(out: Out, images: Sequence[Image.Image]) -> Image.Image:
    if len(images) < 2:
        return images[0] if images else Image.new(out.mode, out.size)
    first, second = (as_mode(image, out.mode) for image in images)
    across, matched = out["direction"] in ("left", "right"), out["match_image_size"]
    gap = out.inputs.get("spacing_width", 0)
    gap += gap % 2
    if matched:
        width = out.size[0] - first.width - gap if across else first.width
        second = fitted(second, (width, first.height if across else out.size[1] - first.height - gap), "lanczos")
    colour = _COLOURS.get(out.inputs.get("spacing_color", "white"), "white")
    # If the heights differ, the gap is black for all colours except white and black.
    canvas = Image.new(out.mode, out.size, colour if colour in ("white", "black") else "black")
    parts = [second, first] if out["direction"] in ("left", "up") else [first, second]
    position = 0
    for number, part in enumerate(parts):
        if number and gap:
            box = (position, 0, position + gap, out.size[1]) if across else (0, position, out.size[0], position + gap)
            canvas.paste(colour, box)
            position += gap
        place = (position, (out.size[1] - part.height) // 2) if across else ((out.size[0] - part.width) // 2, position)
        canvas.paste(part, place)
        position += part.width if across else part.height
    return canvas


@makes("ImageGrid")
def grid(out: Out) -> Frames:
    every = [(pictures, index) for pictures in out["images"] for index in range(int(pictures.batch))]
    found = [source(*picture) for picture in every]
    columns, gap = out["columns"][0], out["padding"][0]
    cell = out["cell_width"][0], out["cell_height"][0]

    def show(_: int, images: Sequence[Image.Image]) -> Image.Image:
        canvas, left = Image.new("RGB", out.size), list(images)
        for number, behind in enumerate(found):
            if behind is not None:
                place = number % columns * (cell[0] + gap), number // columns * (cell[1] + gap)
                canvas.paste(fitted(left.pop(0), cell, "lanczos"), place)
        return canvas

    return Frames(lambda _: [behind for behind in found if behind is not None], show)


@makes("ImageMergeTileList")
def merge(out: Out) -> Frames:
    """Overlapping tiles fade into each other, each strongest at its centre."""
    tiles, overlap = out["image_list"], out["overlap"][0]
    size = int(tiles[0].width), int(tiles[0].height)
    boxes = tiles_of(*out.size, *size, overlap)[: len(tiles)]

    def show(_: int, images: Sequence[Image.Image]) -> Image.Image:
        canvas = Image.new(out.mode, out.size)
        weight = Image.new("L", out.size, 0)
        for (left, top, right, bottom), image in zip(boxes, images, strict=False):
            tile = as_mode(image, out.mode).crop(
                (0, 0, min(right - left, image.width), min(bottom - top, image.height))
            )
            mine = _strength(*tile.size) if overlap else Image.new("L", tile.size, 255)
            box = (left, top, left + tile.width, top + tile.height)
            behind = weight.crop(box)
            canvas.paste(tile, box, _share(mine, behind))
            weight.paste(ImageChops.lighter(mine, behind), box)
        return canvas

    return Frames(lambda index: [found for tile in tiles if (found := source(tile, index)) is not None], show)


def _strength(width: int, height: int) -> Image.Image:
    """The weights of a tile: half a sine wave in both directions, highest at the centre."""
    ramps = [
        bytes(max(1, round(255 * math.sin(math.pi * place / max(1, length - 1)))) for place in range(length))
        for length in (width, height)
    ]
    across = Image.frombytes("L", (width, 1), ramps[0]).resize((width, height))
    return ImageChops.multiply(across, Image.frombytes("L", (1, height), ramps[1]).resize((width, height)))


def _share(mine: Image.Image, behind: Image.Image) -> Image.Image:
    """The opacity of a tile over earlier ones: full if there are none, half if both are equally strong."""
    ours = ImageChops.add(ImageChops.subtract(mine, behind, 2, 0), Image.new("L", mine.size, 128))
    theirs = ImageChops.subtract(behind, mine, 2, 0)
    shared = ImageChops.subtract(ours, theirs)
    return Image.composite(
        shared, Image.new("L", mine.size, 255), Image.eval(behind, lambda value: 255 if value else 0)
    )


@makes("FrameInterpolate")
def between(out: Out) -> Frames:
    """Interpolated frames are mixtures of their neighbours, since no model detects motion."""
    images, by = out["images"], int(out["multiplier"])

    def sources(index: int) -> list[Source]:
        first, rest = divmod(index, by)
        return [found for at in ((first, first + 1) if rest else (first,)) if (found := source(images, at)) is not None]

    def show(index: int, frames: Sequence[Image.Image]) -> Image.Image:
        return frames[0] if len(frames) == 1 else Image.blend(frames[0], frames[1], index % by / by)

    return Frames(sources, show)


def _stroke(call: Call) -> Any:
    """The file of strokes that the page saved, if the run has it."""
    named = call.inputs.get("mask")
    return call.files.get(named) if isinstance(named, str) else None


@draws("Painter", frames=lambda call: [call.inputs.get("image"), _stroke(call)])
def paint(out: Out, ground: Image.Image | None, strokes: Image.Image | None) -> Image.Image:
    """Strokes that the page saved, on a picture or a plain colour."""
    layer = None if strokes is None else strokes.convert("RGBA").resize(out.size, Image.Resampling.LANCZOS)
    if out.slot == 1:
        return Image.new("L", out.size, 0) if layer is None else layer.getchannel("A")
    colour = str(out.inputs.get("bg_color", "#000000"))
    base = Image.new("RGB", out.size, colour if len(colour) == 7 else "black") if ground is None else ground.copy()
    if layer is not None:
        base.paste(layer.convert(base.mode), (0, 0), layer)
    return base
