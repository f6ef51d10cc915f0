"""Draws simulated pictures: colours that depend on all inputs, and a mark that is hard to miss."""

from __future__ import annotations

import hashlib
import textwrap
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

MARK = "SIMULATED - no model ran"


@dataclass(frozen=True, slots=True)
class Drawn:
    """Stands for an output that only a model could make: a key that identifies it, and a caption."""

    key: str
    caption: str = ""


def draw(width: int, height: int, key: str, index: int, caption: str) -> Image.Image:
    """Picture number `index` of a latent; the same key gives the same picture."""
    digest = hashlib.sha256(f"{key}#{index}".encode()).hexdigest()
    seed = int(digest[:15], 16)
    picture = _gradient(width, height, seed)
    pen = ImageDraw.Draw(picture)
    size = max(8, min(width, height) // 28)
    font = ImageFont.load_default(size)
    band = int(size * 1.9)
    pen.rectangle((0, 0, width, band), fill=(20, 20, 20))
    pen.text((size // 2, band // 5), MARK, font=font, fill=(255, 210, 70))
    letters = max(8, int((width - size) / (size * 0.55)))
    lines = textwrap.wrap(f"{caption} #{index}" if index else caption, letters)[: max(1, (height - band) // (size * 2))]
    for number, line in enumerate(lines):
        pen.text((size // 2, band + size // 2 + number * int(size * 1.3)), line, font=font, fill=(255, 255, 255))
    return picture


def _gradient(width: int, height: int, seed: int) -> Image.Image:
    """Two colours from the seed, blended from one side to the other; cheap to make and to compress."""
    first, second = _colour(seed), _colour(seed >> 13)
    ramp = Image.linear_gradient("L").rotate(90 * (seed % 4)).resize((width, height), Image.Resampling.NEAREST)
    # With a palette, only 256 colours are blended instead of every pixel.
    blended = [round(a + (b - a) * step / 255) for step in range(256) for a, b in zip(first, second, strict=True)]
    ramp.putpalette(blended)
    return ramp.convert("RGB")


def _colour(seed: int) -> tuple[int, int, int]:
    """A colour dark enough for white letters."""
    return (40 + seed % 131, 40 + (seed >> 7) % 131, 40 + (seed >> 14) % 131)
