"""Blocks of a picture: wrapped text, and tables of blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]

PAPER: Colour = (250, 250, 248)
INK: Colour = (28, 28, 30)

_SYSTEM_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial.ttf", "Helvetica.ttc")
"""Tried in this order for text with letters that Pillow's own font lacks, which is all but ASCII and \u00b7."""


def text(
    content: str, size: int, width: int, *, colour: Colour = INK, paper: Colour = PAPER, lines: int = 6
) -> Image.Image:
    """Text in letters `size` pixels high, wrapped at `width` pixels; more than `lines` lines end with an ellipsis."""
    font = _font(size, plain=content.replace("\u00b7", "").isascii())
    wrapped = [line for paragraph in content.splitlines() for line in _wrap(paragraph, font, width)] or [""]
    if len(wrapped) > lines:
        wrapped = [*wrapped[: lines - 1], _cut(f"{wrapped[lines - 1]} ...", font, width)]
    step = round(size * 1.35)
    block = Image.new("RGB", (min(width, round(max(map(font.getlength, wrapped))) + 1), step * len(wrapped)), paper)
    pen = ImageDraw.Draw(block)
    for number, line in enumerate(wrapped):
        pen.text((0, number * step), line, font=font, fill=colour)
    return block


def table(rows: Sequence[Sequence[Image.Image]], gap: int) -> Image.Image:
    """Blocks in rows and columns, `gap` pixels apart; each is aligned to the top left of its cell."""
    widths = [max(block.width for block in column) for column in _columns(rows)]
    heights = [max(block.height for block in row) for row in rows]
    whole = Image.new("RGB", (sum(widths) + gap * (len(widths) - 1), sum(heights) + gap * (len(heights) - 1)), PAPER)
    for down, row in enumerate(rows):
        for across, block in enumerate(row):
            whole.paste(block, (sum(widths[:across]) + gap * across, sum(heights[:down]) + gap * down))
    return whole


def stack(blocks: Sequence[Image.Image], gap: int) -> Image.Image:
    """Blocks one below the other."""
    return table([[block] for block in blocks], gap)


def frame(block: Image.Image, margin: int) -> Image.Image:
    """A block with a margin around it."""
    whole = Image.new("RGB", (block.width + 2 * margin, block.height + 2 * margin), PAPER)
    whole.paste(block, (margin, margin))
    return whole


def _columns(rows: Sequence[Sequence[Image.Image]]) -> Iterator[list[Image.Image]]:
    for column in range(max(map(len, rows))):
        yield [row[column] for row in rows if column < len(row)]


@lru_cache(maxsize=16)
def _font(size: int, *, plain: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for name in () if plain else _SYSTEM_FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _wrap(paragraph: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> Iterator[str]:
    line = ""
    for word in paragraph.split(" "):
        longer = f"{line} {word}" if line else word
        if font.getlength(longer) <= width:
            line = longer
            continue
        if line:
            yield line
        line = word
        while font.getlength(line) > width and len(line) > 1:
            fits = _fitting(line, font, width)
            yield line[:fits]
            line = line[fits:]
    yield line


def _fitting(word: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> int:
    """How many letters of a word that is too long fit; at least one."""
    fits = 1
    while font.getlength(word[: fits + 1]) <= width:
        fits += 1
    return fits


def _cut(line: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    """A line cut short enough to end with an ellipsis."""
    words = line.removesuffix(" ...")
    while words and font.getlength(f"{words} ...") > width:
        words = words[:-1]
    return f"{words} ..."
