"""The presets on a real ComfyUI. Set RYLA_COMFYUI to its address, such as http://127.0.0.1:8188.

Tiny random weights do, as `python -m tools.tiny_weights` writes them; what they draw is not looked at. A preset whose
weights or classes the server lacks is skipped. With RYLA_EXECUTED=1 what was executed is noted in `tools/facts`, from
where `python -m tools.write_presets_page` has it.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any

import pytest
import requests
from PIL import Image, ImageColor

from ryla_graphs import CompiledWorkflow, Workflow, presets
from ryla_graphs.engines import run
from ryla_graphs.engines.comfyui import ComfyUI
from ryla_graphs.engines.events import Event
from ryla_graphs.engines.inputs import file_inputs
from ryla_graphs.nodes import CheckpointLoaderSimple, EmptyImage, LoadImage, SaveImage, VAEDecode, VAEEncode
from ryla_graphs.problems import EngineRefused, ExecutionFailed
from ryla_graphs.prompt.files import weight_folders
from ryla_graphs.weights import known
from tests.conftest import ROOT
from tests.preset_examples import acting

URL = os.environ.get("RYLA_COMFYUI", "")

pytestmark = pytest.mark.skipif(not URL, reason="RYLA_COMFYUI names no server")

ALIKE: dict[str, tuple[str, ...]] = {
    "RealVisXL_V5.0_fp16.safetensors": ("sd_xl_base_1.0.safetensors",),
    "instantid/diffusion_pytorch_model.safetensors": ("*instantid*",),
    "xinsir-controlnet-union-sdxl-1.0-promax.safetensors": ("*instantid*",),
    "bbox/face_yolov8m.pt": ("face*",),
}
"""What the server may have instead of the file that a parameter names by default."""

SMALL: dict[str, Any] = {
    "prompt": "a red bicycle",
    "width": 128,
    "height": 128,
    "megapixels": 0.1,
    "length": 5,
    "steps": 2,
    "refineSteps": 2,
    "resolution": 128,
    "tileSize": 256,
    "tileOverlap": 64,
    "cropSize": 128,
    "seed": 7,
}
FACE = {"referenceImage": "face.png"}
THREE = {"image": "face.png", "image2": "pose.png", "image3": "scene.png"}
COLOURS = {"mask.png": "white", "pose.png": "pink", "scene.png": "teal"}
FLUX_LORA, SDXL_LORA = ("loras", "*flux*"), ("loras", "*sdxl*")
Case = tuple[str, dict[str, Any]]
CASES: dict[str, Case] = {
    "flux-dev": ("flux-dev", {}),
    "true guidance": ("flux-dev", {"cfg": 2.0, "negativePrompt": "rain"}),
    "all in one file": ("flux-dev", {"fluxCheckpointName": "flux1-dev-fp8.safetensors"}),
    "flux-schnell": ("flux-schnell", {}),
    "flux-lora": ("flux-lora", {"loraId": FLUX_LORA, "loraStrength": 0.8, "triggerWord": "zwx"}),
    "with the text encoder": ("flux-lora", {"loraId": FLUX_LORA, "textEncoder": True}),
    "base-images": ("base-images", {"count": 3}),
    "flux-img2img": ("flux-img2img", {"baseImage": "face.png", "denoise": 0.5}),
    "flux-instantid": ("flux-instantid", FACE),
    "flux-instantid with LoRAs": (
        "flux-instantid",
        FACE | {"loraId": FLUX_LORA, "refineLoras": [{"loraId": "sdxl_style"}]},
    ),
    "sdxl-instantid": ("sdxl-instantid", FACE),
    "sdxl-instantid posed": (
        "sdxl-instantid",
        FACE | {"poseImage": "pose.png", "loraId": SDXL_LORA, "textEncoder": True},
    ),
    "character-sheet": ("character-sheet", FACE | {"views": [{"name": "front"}, {"name": "profile-left"}]}),
    "flux-instantid, faces only": ("flux-instantid", FACE | {"faceOnly": True}),
    "face-swap by detector": ("face-swap", FACE | {"baseImage": "pose.png"}),
    "face-swap": ("face-swap", FACE | {"baseImage": "pose.png", "maskImage": "mask.png"}),
    "z-image-turbo": ("z-image-turbo", {}),
    "z-image-instantid": ("z-image-instantid", FACE),
    "wan-t2v": ("wan-t2v", {}),
    "wan-i2v": ("wan-i2v", FACE),
    "z-image-turbo guided": ("z-image-turbo", {"cfg": 2.0, "negativePrompt": "rain"}),
    "flux-kontext": ("flux-kontext", {"image": "face.png"}),
    "flux-kontext, three pictures": ("flux-kontext", THREE | {"cfg": 2.0, "negativePrompt": "rain"}),
    "flux-fill": ("flux-fill", {"baseImage": "pose.png", "maskImage": "half.png"}),
    "flux-fill by transparency": ("flux-fill", {"baseImage": "cut.png"}),
    "flux-fill extended": ("flux-fill", {"baseImage": "pose.png", "left": 64, "bottom": 32}),
    "flux-controlnet": ("flux-controlnet", {"controlImage": "pose.png"}),
    "flux-controlnet by depth": ("flux-controlnet", {"controlImage": "pose.png", "control": "depth"}),
    "flux-controlnet by pose": ("flux-controlnet", {"controlImage": "pose.png", "control": "pose", "cfg": 2.0}),
    "flux-redux": ("flux-redux", {"image": "face.png"}),
    "flux-redux, three pictures": ("flux-redux", THREE | {"reduxStrength": 0.5, "crop": "none"}),
    "flux2-klein": ("flux2-klein", {}),
    "flux2-klein, three pictures": ("flux2-klein", THREE),
    "flux2-klein guided": ("flux2-klein", {"image": "face.png", "cfg": 2.0, "negativePrompt": "rain"}),
    "qwen-image": ("qwen-image", {"negativePrompt": "rain"}),
    "qwen-image-edit": ("qwen-image-edit", {"image": "face.png"}),
    "qwen-image-edit, three pictures": ("qwen-image-edit", THREE | {"cfg": 1.0}),
    "z-image-controlnet": ("z-image-controlnet", {"controlImage": "pose.png"}),
    "z-image-controlnet by depth": ("z-image-controlnet", {"controlImage": "pose.png", "control": "depth"}),
    "z-image-controlnet by pose": ("z-image-controlnet", {"controlImage": "pose.png", "control": "pose"}),
    "z-image-controlnet, a map": ("z-image-controlnet", {"controlImage": "pose.png", "controlIsMap": True}),
    "seedvr2-upscale": ("seedvr2-upscale", {"image": "face.png"}),
    "sdxl": ("sdxl", {}),
    "sdxl with a LoRA": ("sdxl", {"loraId": SDXL_LORA, "samplerName": "euler_ancestral", "cfg": 1.0}),
    "sdxl by edges": ("sdxl", {"controlImage": "pose.png"}),
    "sdxl by a depth map": ("sdxl", {"controlImage": "pose.png", "control": "depth", "controlIsMap": True}),
    "sd15": ("sd15", {"clipSkip": 2}),
    "sd15 by edges": ("sd15", {"controlImage": "pose.png"}),
    "sd15 by pose": ("sd15", {"controlImage": "pose.png", "control": "pose"}),
    "sdxl by depth": ("sdxl", {"controlImage": "pose.png", "control": "depth"}),
    "sdxl-inpaint": ("sdxl-inpaint", {"baseImage": "pose.png", "maskImage": "half.png"}),
    "sdxl-inpaint by transparency": ("sdxl-inpaint", {"baseImage": "cut.png", "denoise": 0.7}),
    "upscale": ("upscale", {"image": "face.png"}),
    "upscale with tiles": ("upscale", {"image": "face.png", "scale": 4, "tiledDiffusion": True}),
    "face-detailer": ("face-detailer", {"image": "face.png"}),
    "remove-background": ("remove-background", {"image": "face.png"}),
    "remove-background, on white": (
        "remove-background",
        {"image": "face.png", "backgroundColor": "#ffffff", "saveMask": True},
    ),
    "wan22-t2v": ("wan22-t2v", {}),
    "wan22-i2v": ("wan22-i2v", FACE),
    "ltx-video": ("ltx-video", {"length": 9}),
    "ltx-video from a picture": ("ltx-video", FACE | {"length": 9}),
}
ONLY_ACCEPTED: dict[str, Case] = {
    "flux-pulid": ("flux-pulid", FACE),
    "seedvr2-upscale by numz": ("seedvr2-upscale", {"image": "face.png", "nodes": "numz"}),
}
"""Presets that fetch files of their own, or run on a GPU alone."""


EXECUTED = ROOT / "tools/facts/executed.json"


@pytest.fixture(scope="module")
def engine() -> ComfyUI:
    return ComfyUI(URL)


@pytest.fixture(scope="module")
def executed(engine: ComfyUI) -> Iterator[list[str]]:
    """The cases that were executed, which are noted at the end: by preset and case, on which ComfyUI last."""
    done: list[str] = []
    yield done
    if os.environ.get("RYLA_EXECUTED"):
        before = json.loads(EXECUTED.read_text()) if EXECUTED.exists() else {}
        version = engine.client.json("/system_stats")["system"]["comfyui_version"]
        noted: dict[str, dict[str, str | None]] = {name: {} for name in presets.NAMES}
        for case, (name, _) in (CASES | ONLY_ACCEPTED).items():
            noted[name][case] = version if case in done else before.get(name, {}).get(case)
        EXECUTED.write_text(json.dumps(noted, indent=1) + "\n", encoding="utf-8")


def compiled(case: str) -> CompiledWorkflow:
    name, parameters = CASES[case]
    preset = presets.get(name)
    example = preset.parse({**preset.example, **named(parameters)})
    given: dict[str, Any] = {}
    for field, fact in type(example).model_fields.items():
        key, default = str(fact.alias), getattr(example, field)
        row = known(default) if "name" in field and isinstance(default, str) else None
        if row is not None and acting(name, {key: default}, parameters):
            given[key] = _weight(row.folder, default, *ALIKE.get(default, ()))
    given |= acting(name, SMALL, parameters)
    given |= {key: _weight(*value) if isinstance(value, tuple) else value for key, value in parameters.items()}
    return preset.build(given).compile()


def named(parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters with a name for each file that the server is to choose."""
    return {key: "x" if isinstance(value, tuple) else value for key, value in parameters.items()}


def _weight(folder: str, *patterns: str) -> str:
    """The first file that matches; one that is there but empty can only be named, so it does not count."""
    answer = requests.get(f"{URL}/experiment/models/{folder}", timeout=60)
    files = answer.json() if answer.status_code == 200 else []
    there = [str(file["name"]) for file in files if file["size"]]
    for pattern in patterns:
        for name in there:
            if name == pattern or fnmatch(name.lower().rpartition("/")[2], pattern.lower()):
                return name
    pytest.skip(f"the server has no {patterns[0]} in models/{folder}")


def inputs_of(workflow: CompiledWorkflow) -> dict[str, bytes]:
    return {value: picture(value) for _, _, value in file_inputs(workflow)}


def picture(name: str) -> bytes:
    """A picture of one colour; `half.png` is white on its left half, and `cut.png` transparent there."""
    image = Image.new("RGBA", (96, 96), COLOURS.get(name, "tan"))
    if name in ("half.png", "cut.png"):
        image.paste((0, 0, 0, 255), (0, 0, 96, 96))
        image.paste((255, 255, 255, 255 if name == "half.png" else 0), (0, 0, 48, 96))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def skip_without_classes(engine: ComfyUI, workflow: CompiledWorkflow) -> None:
    missing = {body["class_type"] for body in workflow.prompt.values()} - set(engine.catalog())
    if missing:
        pytest.skip(f"the server has no {', '.join(sorted(missing))}")


@pytest.mark.parametrize("case", CASES)
def test_a_preset_is_executed(case: str, engine: ComfyUI, executed: list[str]) -> None:
    workflow = compiled(case)
    skip_without_classes(engine, workflow)
    seen: list[Event] = []
    result = run(engine, workflow, inputs_of(workflow), on_event=seen.append, previews=True)
    assert {output.node for output in result.outputs} == {promised.node for promised in workflow.outputs}
    for output in result.outputs:
        assert not output.simulated
        if output.kind == "image":
            image = Image.open(io.BytesIO(output.read()))
            assert (image.format, min(image.size) >= 96) == ("PNG", True)
        else:
            assert (output.kind, output.read()[4:8]) == ("video", b"ftyp")
    kinds = [event.kind for event in seen]
    assert (kinds[0], kinds[-1]) == ("queued", "finished")
    assert {"started", "node", "output"} <= set(kinds)
    executed.append(case)


@pytest.mark.parametrize(("case", "colour"), [("flux-fill", "pink"), ("flux-fill by transparency", "black")])
def test_filling_leaves_the_rest_as_it_was(case: str, colour: str, engine: ComfyUI) -> None:
    workflow = compiled(case)
    skip_without_classes(engine, workflow)
    (output,) = run(engine, workflow, inputs_of(workflow)).outputs
    image = Image.open(io.BytesIO(output.read())).convert("RGB")
    width, height = image.size
    # Lanczos reaches three pixels of the small picture beyond an edge.
    kept = image.crop((width // 2 + 16, 0, width, height))
    drawn = image.crop((0, 0, width // 2 - 4, height))
    assert kept.getcolors() == [(kept.width * kept.height, ImageColor.getrgb(colour))]
    assert drawn.getcolors(1) is None, "more than one colour"


@pytest.mark.parametrize("case", CASES | ONLY_ACCEPTED)
def test_a_preset_is_accepted(case: str, engine: ComfyUI) -> None:
    """By a server that has the packs; weights that it lacks may be all it misses."""
    name, parameters = (CASES | ONLY_ACCEPTED)[case]
    workflow = presets.get(name).build({**presets.get(name).example, **named(parameters)}).compile()
    skip_without_classes(engine, workflow)
    try:
        begun = engine.start(workflow, inputs_of(workflow))
    except EngineRefused as refused:
        wrong = [
            p
            for p in refused.problems
            if p.code != "value_not_in_list" or p.input not in weight_folders(p.class_type or "")
        ]
        assert wrong == []
    else:
        begun.cancel()
        assert list(begun.events())[-1].kind in ("cancelled", "failed", "finished")


def test_what_the_server_refuses_is_reported_by_node(engine: ComfyUI) -> None:
    vae = CheckpointLoaderSimple(ckpt_name="no such file.safetensors").named("model").out.vae
    workflow = Workflow(SaveImage(images=VAEDecode(samples=VAEEncode(pixels=EmptyImage(), vae=vae), vae=vae)))
    with pytest.raises(EngineRefused) as refused:
        run(engine, workflow.compile())
    assert [(p.node, p.input, p.code) for p in refused.value.problems] == [("model", "ckpt_name", "value_not_in_list")]


def test_a_run_that_breaks_names_the_node(engine: ComfyUI) -> None:
    workflow = Workflow(SaveImage(images=LoadImage(image="broken.png").named("photo").out.image))
    with pytest.raises(ExecutionFailed, match="LoadImage 'photo'") as failed:
        run(engine, workflow.compile(), {"broken.png": b"no picture"})
    assert failed.value.node == "photo"


def test_every_class_of_the_server_is_read(engine: ComfyUI) -> None:
    known = engine.catalog()
    assert "KSampler" in known and len(known) > 500
