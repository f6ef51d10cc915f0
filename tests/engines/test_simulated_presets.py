"""Every preset and every variant of it runs in the simulator, with the shapes that the real one gives."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from PIL import Image, ImageChops

from ryla_graphs import presets
from ryla_graphs.engines import Result, run
from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.inputs import file_inputs
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.engines.simulator.media import read_media
from ryla_graphs.shapes.values import VideoShape
from tests.preset_examples import EXAMPLES, acting

SMALL = {"width": 128, "height": 192, "megapixels": 0.1, "resolution": 300, "length": 9, "steps": 2, "refineSteps": 2}


def simulated(name: str, **more: Any) -> Result:
    preset, parameters = EXAMPLES[name]
    small = acting(preset, SMALL, parameters)
    compiled = presets.get(preset).build(parameters | small | more).compile()
    return run(Simulator(), compiled, {value: picture() for _, _, value in file_inputs(compiled)})


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((90, 60)).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def opened(artifact: Artifact) -> Image.Image:
    return Image.open(io.BytesIO(artifact.read())).convert("RGB")


SIZES = {
    "flux-img2img": (400, 272),
    "face-swap": (400, 272),
    "flux-fill": (400, 272),
    "flux-fill-extended": (528, 336),
    "flux-controlnet": (400, 272),
    "z-image-controlnet": (400, 272),
    "flux2-klein-edit": (400, 272),
    "flux2-klein-base": (400, 272),
    "seedvr2-upscale": (450, 300),
    "sdxl-inpaint": (400, 272),
    "upscale": (180, 120),
    "upscale-tiled": (256, 176),
    "face-detailer": (90, 60),
    "remove-background": (90, 60),
}
"""Of what comes from a picture of 90 x 60, by example or preset; what is new is as large as asked for."""
FITTED = ("flux-kontext", "qwen-image-edit")
"""Presets that choose one of Kontext's shapes, the nearest to the picture's."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_preset_delivers_what_it_promises(name: str) -> None:
    preset = EXAMPLES[name][0]
    result = simulated(name)
    for output in result.outputs:
        assert output.simulated
        if output.kind == "image":
            size = opened(output).size
            if preset in FITTED:
                assert size[0] / size[1] == pytest.approx(90 / 60, rel=0.1)
            else:
                assert size == SIZES.get(name, SIZES.get(preset, (128, 192)))
        else:
            assert (output.kind, output.filename[-4:]) == ("video", ".mp4")
            video = read_media(output.read())
            assert isinstance(video, VideoShape) and video.frames == 9


def test_outputs_are_named_by_view() -> None:
    files = [(output.node, output.subfolder, output.filename) for output in simulated("character-sheet").outputs]
    assert files == [
        ("front-save", "character_sheet", "front_00001_.png"),
        ("profile-left-save", "character_sheet", "profile-left_00001_.png"),
    ]


def test_outputs_are_named_by_seed() -> None:
    result = simulated("base-images")
    assert [output.filename for output in result.outputs] == [f"seed_{seed}_00001_.png" for seed in (42, 43, 44)]
    first, second, _ = (output.read() for output in result.outputs)
    assert first != second


@pytest.mark.parametrize("name", ["face-swap", "flux-instantid-face-only"])
def test_pixels_outside_the_face_stay(name: str) -> None:
    preset, parameters = EXAMPLES[name]
    redrawn = opened(simulated(name).outputs[0])
    again = opened(simulated(name, seed=43).outputs[0]) if preset == "face-swap" else first_stage(parameters)
    box = ImageChops.difference(redrawn, again).getbbox()
    width, height = redrawn.size
    # The simulated face fills the middle third across and the middle half down; the mask is 16 pixels larger.
    assert box is not None
    assert box[0] >= width // 3 - 16 and box[2] <= 2 * width // 3 + 17
    assert box[1] >= height // 4 - 16 and box[3] <= 3 * height // 4 + 17


def test_filling_leaves_the_rest_as_it_was() -> None:
    buffer = io.BytesIO()
    mask = Image.new("RGB", (90, 60), "black")
    mask.paste("white", (30, 20, 60, 40))
    mask.save(buffer, "PNG")
    compiled = presets.get("flux-fill").build(EXAMPLES["flux-fill"][1] | {"megapixels": 0.1, "steps": 1}).compile()
    filled = opened(run(Simulator(), compiled, {"scene.png": picture(), "mask.png": buffer.getvalue()}).outputs[0])
    plain = opened(run(Simulator(), compiled, {"scene.png": picture(), "mask.png": black()}).outputs[0])
    box = ImageChops.difference(filled, plain).getbbox()
    assert box is not None and filled.size == (400, 272)
    # The mask is soft for half of one of its own pixels, which are 4.5 here.
    assert (box[0] >= 128, box[1] >= 86, box[2] <= 272, box[3] <= 186) == (True, True, True, True)


def black() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (90, 60)).save(buffer, "PNG")
    return buffer.getvalue()


def first_stage(parameters: dict[str, Any]) -> Image.Image:
    """The Flux picture alone, of the same prompt and seed."""
    words = {key: parameters[key] for key in ("prompt", "negativePrompt", "seed")}
    small = {key: SMALL[key] for key in ("width", "height", "steps")}
    compiled = presets.get("flux-dev").build(words | small).compile()
    return opened(run(Simulator(), compiled).outputs[0])


def test_the_metadata_holds_the_graph() -> None:
    image = Image.open(io.BytesIO(simulated("sdxl-instantid").outputs[0].read()))
    assert json.loads(image.info["prompt"])["identity"]["class_type"] == "ApplyInstantIDAdvanced"
