"""Pictures cut into overlapping tiles, and reassembled."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.unknown import Undecided, Unknown
from ryla_graphs.shapes.values import ImageShape, Several

_MOST = 4096
"""More tiles than a node is called times are not worth cutting."""


@rule("SplitImageToTileList")
def split(image: ImageShape, tile_width: int, tile_height: int, overlap: int) -> list[ImageShape] | Several:
    if isinstance(image.width, Unknown) or isinstance(image.height, Unknown):
        raise Undecided(f"the number of tiles depends on an unknown size: {image.width!r}")
    boxes = grid(image.width, image.height, tile_width, tile_height, overlap)
    return [ImageShape(image.batch, bottom - top, right - left, image.channels) for left, top, right, bottom in boxes]


@rule("ImageMergeTileList")
def merge(
    image_list: list[ImageShape], final_width: list[int], final_height: list[int], overlap: list[int]
) -> ImageShape:
    if not image_list:
        raise NodeFails("there is no tile to begin with")
    first = image_list[0]
    tile_width, tile_height = int(first.width), int(first.height)
    for tile, _ in zip(image_list, grid(final_width[0], final_height[0], tile_width, tile_height, overlap[0])):  # noqa: B905 - what is left over is not looked at
        if tile.batch not in (1, first.batch) or tile.channels not in (1, first.channels):
            raise NodeFails("its tiles differ in number or channels")
    return ImageShape(first.batch, final_height[0], final_width[0], first.channels)


def grid(width: int, height: int, tile_width: int, tile_height: int, overlap: int) -> list[tuple[int, int, int, int]]:
    """The boxes of tiles, row by row: left, top, right, bottom. Raises `NodeFails` if there are too many."""
    columns = list(_stretches(width, tile_width, overlap))
    found = list(_stretches(height, tile_height, overlap))
    if len(columns) * len(found) > _MOST:
        raise NodeFails(f"{len(columns) * len(found):,} tiles are more than {_MOST:,}")
    return [(left, top, right, bottom) for top, bottom in found for left, right in columns]


def _stretches(whole: int, tile: int, overlap: int) -> Iterator[tuple[int, int]]:
    """Start and end of the tiles of one row; the last tile ends with the picture."""
    step = round(max(tile * 0.25, tile - overlap))
    position = 0
    while position < whole:
        end = min(position + tile, whole)
        yield max(0, end - tile), end
        if end >= whole:
            break
        position += step
