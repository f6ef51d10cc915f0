"""A user's own pipelines, as files: a @preset, a typed function, a saved editor file with its ``.toml``."""

from __future__ import annotations

import json
from pathlib import Path

PYTHON = '''
from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ryla_graphs import Picture, Workflow, load_picture, preset
from ryla_graphs.nodes import EmptyImage, ImageInvert, ImageScaleToTotalPixels, SaveImage
from ryla_graphs.presets import Parameters

print("imported")


class GreyParams(Parameters):
    width: Annotated[int, Field(ge=16, le=512, description="In pixels")] = 64


@preset("grey", GreyParams, example={})
def grey(p: GreyParams) -> Workflow:
    """A grey picture."""
    return Workflow(SaveImage(images=EmptyImage(width=p.width, height=64), filename_prefix="grey").named("save"))


def small_portrait(
    face: Picture,
    seed: int,
    size: Annotated[float, Field(gt=0, le=4)] = 0.01,
    how: Literal["as-is", "negative"] = "as-is",
) -> Workflow:
    """A portrait made small.

    Args:
        face: Whose it is.
        size: How large it is,
            in megapixels.
    """
    print("built")
    if size > 3:
        raise ValueError("more than 3 megapixels is not small")
    small = ImageScaleToTotalPixels(
        image=load_picture(face, "face"), upscale_method="lanczos", megapixels=size, resolution_steps=1
    )
    picture = ImageInvert(image=small) if how == "negative" else small
    return Workflow(SaveImage(images=picture, filename_prefix=f"portrait-{seed % 1000}").named("save"))


def _helper() -> Workflow: ...
'''

EDITOR = {
    "last_node_id": 2,
    "last_link_id": 1,
    "nodes": [
        {
            "id": 1,
            "type": "EmptyImage",
            "pos": [0, 0],
            "size": [200, 100],
            "flags": {},
            "order": 0,
            "mode": 0,
            "inputs": [],
            "outputs": [{"name": "IMAGE", "type": "IMAGE", "links": [1]}],
            "properties": {},
            "widgets_values": [64, 48, 1, 0],
        },
        {
            "id": 2,
            "type": "SaveImage",
            "pos": [300, 0],
            "size": [200, 100],
            "flags": {},
            "order": 1,
            "mode": 0,
            "inputs": [{"name": "images", "type": "IMAGE", "link": 1}],
            "outputs": [],
            "properties": {},
            "widgets_values": ["colour"],
        },
    ],
    "links": [[1, 1, 0, 2, 0, "IMAGE"]],
    "groups": [],
    "config": {},
    "extra": {"linearData": {"inputs": [["1", "color"], ["1", "width"]], "outputs": ["2"]}},
    "version": 0.4,
}

TOML = """
description = "A picture of one colour."

[parameters]
width = "1.width"

[parameters.paint]
input = "1.color"
min = 1
max = 255
description = "Its blue"
default = 7
"""


def written(folder: Path) -> Path:
    """The three pipelines, in a folder."""
    (folder / "my_own.py").write_text(PYTHON)
    (folder / "One colour.json").write_text(json.dumps(EDITOR))
    (folder / "One colour.toml").write_text(TOML)
    return folder
