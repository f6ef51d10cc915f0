"""The simulator saves what a real ComfyUI saves: names, kinds, sizes, and nearly the pixels.

Set RYLA_COMFYUI to the address of a server, such as http://127.0.0.1:8188; no weights are needed.
"""

from __future__ import annotations

import io
import os
import re
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from ryla_graphs import Workflow, nodes, run
from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.comfyui import ComfyUI
from ryla_graphs.engines.inputs import file_inputs
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.nodes import EmptyImage, LoadImage, PreviewImage, SaveImage
from ryla_graphs.problems import ExecutionFailed

URL = os.environ.get("RYLA_COMFYUI", "")

pytestmark = pytest.mark.skipif(not URL, reason="RYLA_COMFYUI names no server")

NEAR = 3.0
"""How far the pixels may be apart on average, of 255."""
_LETTERS = re.compile(r"(?<=_temp_)[a-z]{5}(?=_)")

Make = Callable[[str], Any]
"""Output nodes whose files are named after a word that the server has not heard yet."""


def loaded(name: str) -> Any:
    return LoadImage(image=name).out


def tiles(word: str) -> Any:
    large = nodes.ImageScaleBy(image=loaded("a.png").image, upscale_method="bicubic", scale_by=2.5)
    parts = nodes.SplitImageToTileList(image=large, tile_width=64, tile_height=64, overlap=8)
    joined = nodes.ImageMergeTileList(image_list=parts, final_width=160, final_height=120, overlap=8)
    return [PreviewImage(images=parts), SaveImage(images=joined, filename_prefix=f"{word}_%batch_num%")]


def with_alpha(word: str) -> Any:
    both = nodes.JoinImageWithAlpha(image=loaded("a.png").image, alpha=loaded("b.png").mask)
    return SaveImage(images=both, filename_prefix=word)


def layered(word: str) -> Any:
    first = nodes.AddLayer(image=loaded("a.png").image)
    second = nodes.AddLayer(image=loaded("b.png").image, mask=loaded("b.png").mask, layers=first, x=30, y=10)
    return SaveImage(images=nodes.ImageCompositor(layers=second, compositor={}).out.image, filename_prefix=word)


def shown(word: str) -> Any:
    image, other = loaded("a.png"), loaded("b.png")
    return [
        nodes.ImageCompare(image_a=image.image, image_b=other.image, compare_view={}),
        nodes.MaskPreview(mask=other.mask),
        SaveImage(images=image.image, filename_prefix=word),
    ]


def of_picture(make: Callable[[Any], Any], name: str = "a.png") -> Make:
    return lambda word: SaveImage(images=make(loaded(name).image), filename_prefix=word)


def named(prefix: str) -> Make:
    return lambda word: SaveImage(
        images=EmptyImage(width=24, height=16, batch_size=2), filename_prefix=prefix.replace("*", word)
    )


def masked(word: str) -> Any:
    padded = nodes.ImagePadForOutpaint(image=loaded("a.png").image, left=9, top=3, right=0, bottom=20, feathering=12)
    soft = nodes.FeatherMask(mask=loaded("b.png").mask, left=5, top=10, right=20, bottom=0)
    return [
        SaveImage(images=nodes.MaskToImage(mask=padded.out.mask), filename_prefix=word),
        SaveImage(images=nodes.MaskToImage(mask=soft), filename_prefix=f"{word}b"),
    ]


def overlaid(word: str) -> Any:
    both = nodes.PorterDuffImageComposite(
        source=loaded("b.png").image,
        source_alpha=loaded("b.png").mask,
        destination=loaded("a.png").image,
        destination_alpha=nodes.ImageToMask(image=loaded("a.png").image, channel="green"),
        mode="OVERLAY",
    )
    return SaveImage(images=both.out.image, filename_prefix=word)


CASES: dict[str, Make] = {
    **{
        f"named {prefix}": named(prefix)
        for prefix in ("*", "*/pic", "* b", "*%width%x%height%", "*%batch_num%", "*/../*", "./*", "*%batch_num%/y",
                       "*%date:yyyy%", "../*", "/etc/*")
    },
    "stretched": of_picture(lambda image: nodes.ImageScale(image=image, upscale_method="bilinear", width=99,
                                                           height=20, crop="disabled")),
    "cut to fit": of_picture(lambda image: nodes.ImageScale(image=image, upscale_method="lanczos", width=30,
                                                            height=90, crop="center")),
    "scaled by": of_picture(lambda image: nodes.ImageScaleBy(image=image, upscale_method="bicubic", scale_by=1.7)),
    "to nothing": of_picture(lambda image: nodes.ImageScaleBy(image=image, upscale_method="bilinear", scale_by=0.01)),
    "with more around": of_picture(lambda image: nodes.ImagePadForOutpaint(image=image, left=9, top=3, right=0,
                                                                           bottom=20, feathering=4).out.image),
    "beside another": of_picture(lambda image: nodes.ImageStitch(
        image1=image, image2=loaded("b.png").image, direction="left", match_image_size=True, spacing_width=8,
        spacing_color="red")),
    "turned": of_picture(lambda image: nodes.ImageRotate(image=image, rotation="90 degrees")),
    "flipped": of_picture(lambda image: nodes.ImageFlip(image=image, flip_method="x-axis: vertically")),
    "blurred": of_picture(lambda image: nodes.ImageBlur(image=image, blur_radius=5, sigma=2.0)),
    "sharpened": of_picture(lambda image: nodes.ImageSharpen(image=image, sharpen_radius=3, sigma=1.0, alpha=0.5)),
    "blended": of_picture(lambda image: nodes.ImageBlend(image1=image, image2=loaded("b.png").image,
                                                         blend_factor=0.3, blend_mode="screen")),
    "cut": of_picture(lambda image: nodes.ImageCrop(image=image, x=60, y=40, width=30, height=30)),
    "of another batch": of_picture(lambda image: nodes.ImageBatch(image1=image, image2=loaded("b.png").image)),
    "read from WebP": of_picture(lambda image: image, "c.webp"),
    "in colours of another": of_picture(lambda image: nodes.ColorTransfer(
        image_target=image, image_ref=loaded("b.png").image, method="reinhard_lab", source_stats="per_frame",
        strength=0.7)),
    "tiles and back": tiles,
    "with alpha": with_alpha,
    "layers": layered,
    "shown only": shown,
    "masks": masked,
    "overlaid": overlaid,
}  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> ComfyUI:
    return ComfyUI(URL)


def picture(name: str) -> bytes:
    size, mode = {"a.png": ((64, 48), "RGB"), "b.png": ((40, 56), "RGBA"), "c.webp": ((30, 20), "RGB")}[name]
    ramps = [Image.linear_gradient("L").rotate(90 * turn).resize(size) for turn in range(len(mode))]
    buffer = io.BytesIO()
    Image.merge(mode, ramps).save(buffer, name.rpartition(".")[2], lossless=True)
    return buffer.getvalue()


def outcome(engine: Any, outputs: Any, word: str) -> list[tuple[str, str, str, str, Image.Image]] | str | None:
    """What was saved by place and name, or the node that failed."""
    workflow = Workflow(*outputs if isinstance(outputs, Sequence) else (outputs,)).compile()
    inputs = {value: picture(value) for _, _, value in file_inputs(workflow)}
    try:
        found = run(engine, workflow, inputs).outputs
    except ExecutionFailed as failed:
        return failed.node
    return sorted((_described(artifact, word) for artifact in found), key=lambda facts: facts[:4])


def _described(artifact: Artifact, word: str) -> tuple[str, str, str, str, Image.Image]:
    name = _LETTERS.sub("?", artifact.filename).replace(word, "*")
    name = re.sub(r"_\d{5}_", "_#_", name) if artifact.folder == "temp" else name
    image = Image.open(io.BytesIO(artifact.read()))
    return artifact.node, artifact.folder, artifact.subfolder.replace(word, "*"), name, image


@pytest.mark.parametrize("case", CASES)
def test_the_simulator_saves_the_same(case: str, engine: ComfyUI) -> None:
    word = f"w{uuid.uuid4().hex[:8]}"
    real, ours = (outcome(each, CASES[case](word), word) for each in (engine, Simulator()))
    if not isinstance(real, list) or not isinstance(ours, list):
        assert real == ours
        return
    assert [facts[:4] for facts in real] == [facts[:4] for facts in ours]
    for (*_, theirs), (*_, mine) in zip(real, ours, strict=True):
        assert (theirs.size, theirs.mode) == (mine.size, mine.mode)
        apart = ImageStat.Stat(ImageChops.difference(theirs, mine)).mean
        assert max(apart) <= NEAR
