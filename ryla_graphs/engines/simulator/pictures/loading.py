"""Nodes that read pictures from files."""

from __future__ import annotations

from typing import Any

from PIL import Image

from ryla_graphs.engines.simulator.pictures.registry import Out, draws
from ryla_graphs.shapes.registry import Call
from ryla_graphs.shapes.values import ImageShape

_BANDS = {"red": "R", "green": "G", "blue": "B"}


def _of_file(call: Call) -> list[Any]:
    return [call.file(call.inputs["image"], ImageShape)]


@draws("LoadImage", "LoadImageOutput", frames=_of_file)
def load(out: Out, image: Image.Image) -> Image.Image:
    return image.convert("RGB") if out.slot == 0 else _outside(out, image)


@draws("LoadImageMask", frames=_of_file)
def load_mask(out: Out, image: Image.Image) -> Image.Image:
    band = _BANDS.get(out["channel"])
    return image.convert("RGB").getchannel(band) if band is not None else _outside(out, image)


def _outside(out: Out, image: Image.Image) -> Image.Image:
    """White where a picture is transparent; all black for a picture without alpha."""
    if "A" not in image.getbands():
        return Image.new("L", out.size, 0)
    return Image.eval(image.getchannel("A"), lambda value: 255 - value)
