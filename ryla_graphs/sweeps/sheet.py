"""The contact sheet: all cells of a sweep in one labelled picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from ryla_graphs.sweeps.axes import Axis, label_of
from ryla_graphs.sweeps.blocks import PAPER, Colour, frame, stack, table, text
from ryla_graphs.sweeps.grid import Cell, Grid

SIMULATED = "SIMULATED - no model ran"

_WIDEST, _HIGHEST = 6000, 12_000
"""Pixels that all pictures together take at most."""
_LARGEST, _SMALLEST = 512, 96
"""Pixels of one picture's longer side, at most and at least."""
_SHORT = 40
"""The most characters of a parameter and its value that share a line with others."""
_FAINT: Colour = (110, 110, 116)
_WARNING: Colour = (176, 96, 0)
_FAILED: Colour = (150, 20, 20)
_EMPTY: Colour = (236, 236, 232)


@dataclass(frozen=True)
class Shown:
    """What the sheet shows of a cell."""

    picture: Path | None = None
    """A file that Pillow can read; of an animation, the first frame is shown."""
    failure: str | None = None
    """What went wrong, if anything did."""
    note: str | None = None
    """Further text, such as how many more pictures the cell has."""


def contact_sheet(grid: Grid, shown: Mapping[Cell, Shown], *, simulated: bool = False) -> Image.Image:
    """The cells as a table, with the last axis across and the others down.

    The cells of a single axis, or of zipped axes, follow each other.

    Pictures are scaled down to fit, never up. A cell that is not in `shown` did not run.
    """
    cells = [[shown.get(cell, Shown(note="did not run")) for cell in row] for row in _rows(grid)]
    side = max(_SMALLEST, min(_LARGEST, _WIDEST // len(cells[0]), _HIGHEST // len(cells)))
    pictures = [[_thumbnail(each.picture, side) for each in row] for row in cells]
    sizes = [picture.size for row in pictures for picture in row if picture is not None] or [(side, side)]
    box = max(_SMALLEST, *(width for width, _ in sizes)), max(_SMALLEST, *(height for _, height in sizes))
    letters = max(13, min(26, box[0] // 16))
    tiles = [
        [_tile(picture, each, box, letters) for picture, each in zip(*row, strict=True)]
        for row in zip(pictures, cells, strict=True)
    ]
    labelled = _single(grid, tiles, letters, box[0]) if _in_line(grid) else _crossed(grid, tiles, letters, box[0])
    body = table(labelled, letters // 2)
    head = _head(grid, letters, max(body.width, 24 * letters), simulated=simulated)
    return frame(stack([head, body], letters), letters)


def _rows(grid: Grid) -> list[list[Cell]]:
    """The cells in rows: as long as the last axis, or with about as many columns as rows."""
    last = len(grid.axes[-1].values)
    length = last if not _in_line(grid) or last <= 5 else math.ceil(math.sqrt(last))
    return [list(grid.cells[start : start + length]) for start in range(0, len(grid), length)]


def _in_line(grid: Grid) -> bool:
    return grid.zipped or len(grid.axes) == 1


def _thumbnail(path: Path | None, side: int) -> Image.Image | None:
    if path is None:
        return None
    try:
        with Image.open(path) as picture:
            picture.thumbnail((side, side))
            flat = Image.new("RGB", picture.size, PAPER)
            opaque = picture.convert("RGBA")
            flat.paste(opaque, mask=opaque.getchannel("A"))
            return flat
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError):
        return None


def _tile(picture: Image.Image | None, each: Shown, box: tuple[int, int], letters: int) -> Image.Image:
    """A cell: its picture with the text below it, or the text in a box as large as a picture."""
    colour = _FAINT if each.failure is None else _FAILED
    said = f"failed: {each.failure}" if each.failure is not None else each.note
    if picture is None:
        place = Image.new("RGB", box, _EMPTY)
        most = max(1, (box[1] - letters) // round(letters * 1.35))
        note = text(said or "no picture", letters, box[0] - letters, colour=colour, paper=_EMPTY, lines=most)
        place.paste(note, (letters // 2, letters // 2))
        return place
    return picture if said is None else stack([picture, text(said, letters, box[0], colour=colour)], letters // 4)


def _single(grid: Grid, tiles: Sequence[Sequence[Image.Image]], letters: int, width: int) -> list[list[Image.Image]]:
    """The tiles of one axis, or of several zipped ones, each with its values above."""
    labels = iter(grid.cells)
    return [
        [stack([_label(next(labels), grid.axes, letters, width), tile], letters // 4) for tile in row] for row in tiles
    ]


def _crossed(grid: Grid, tiles: Sequence[Sequence[Image.Image]], letters: int, width: int) -> list[list[Image.Image]]:
    """The tiles of several axes, with the last axis's values above and those of the others on the left."""
    rows = _rows(grid)
    above = [_label(cell, grid.axes[-1:], letters, width) for cell in rows[0]]
    left = [_label(row[0], grid.axes[:-1], letters, max(8 * letters, width * 2 // 3)) for row in rows]
    corner = Image.new("RGB", (1, 1), PAPER)
    return [[corner, *above], *([label, *row] for label, row in zip(left, tiles, strict=True))]


def _label(cell: Cell, axes: Sequence[Axis], letters: int, width: int) -> Image.Image:
    lines = [text(f"{axis.parameter} {cell.labels[axis.parameter]}", letters, width) for axis in axes]
    return stack(lines, letters // 4)


def _head(grid: Grid, letters: int, width: int, *, simulated: bool) -> Image.Image:
    """What all cells share: each long value on its own line, the short ones together on one."""
    fixed = [f"{parameter} {label_of(value)}" for parameter, value in grid.fixed.items()]
    long = [line for line in fixed if len(line) > _SHORT]
    short = " \u00b7 ".join(line for line in fixed if len(line) <= _SHORT)
    lines = [text(grid.name or "sweep", letters * 3 // 2, width, lines=1)]
    lines += [text(SIMULATED, letters, width, colour=_WARNING)] if simulated else []
    lines += [text(line, letters, width, colour=_FAINT, lines=4) for line in [*long, *([short] if short else [])]]
    return stack(lines, letters // 4)
