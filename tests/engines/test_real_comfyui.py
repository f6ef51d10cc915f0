"""The presets on a real ComfyUI. Set RYLA_COMFYUI to its address, such as http://127.0.0.1:8188.

Tiny random weights do; what they draw is not looked at. A preset whose weights the server lacks is skipped.
"""

from __future__ import annotations

import io
import os
from fnmatch import fnmatch
from typing import Any

import pytest
import urllib3
from PIL import Image

from ryla_graphs import CompiledWorkflow, Workflow, presets
from ryla_graphs.engines import run
from ryla_graphs.engines.comfyui import ComfyUI
from ryla_graphs.engines.events import Event
from ryla_graphs.errors import EngineRefused, ExecutionFailed
from ryla_graphs.nodes import CheckpointLoaderSimple, EmptyImage, LoadImage, SaveImage, VAEDecode, VAEEncode

URL = os.environ.get("RYLA_COMFYUI", "")

pytestmark = pytest.mark.skipif(not URL, reason="RYLA_COMFYUI names no server")

WEIGHTS = {
    "unetName": ("diffusion_models", "flux1-dev.safetensors"),
    "clipName1": ("text_encoders", "clip_l.safetensors"),
    "clipName2": ("text_encoders", "t5xxl_fp16.safetensors"),
    "vaeName": ("vae", "ae.safetensors"),
    "loraId": ("loras", "*flux*"),
    "checkpointName": ("checkpoints", "sd_xl_base_1.0.safetensors"),
    "instantidName": ("instantid", "ip-adapter.bin"),
    "controlnetName": ("controlnet", "*instantid*"),
}
"""Where the server has the file of each parameter, and what it may be called."""

SMALL: dict[str, Any] = {"prompt": "a red bicycle", "width": 128, "height": 128, "steps": 2, "seed": 7}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "flux-dev": ("flux-dev", {}),
    "true guidance": ("flux-dev", {"cfg": 2.0, "negativePrompt": "rain"}),
    "flux-lora": ("flux-lora", {"loraStrength": 0.8, "triggerWord": "zwx"}),
    "with the text encoder": ("flux-lora", {"textEncoder": True}),
    "flux-instantid": ("flux-instantid", {"referenceImage": "face.png", "refineSteps": 2}),
}


@pytest.fixture(scope="module")
def engine() -> ComfyUI:
    return ComfyUI(URL)


def compiled(case: str) -> CompiledWorkflow:
    name, parameters = CASES[case]
    fields = {field.alias for field in presets.get(name).parameters.model_fields.values()}
    weights = {key: _weight(*place) for key, place in WEIGHTS.items() if key in fields}
    return presets.get(name).build(SMALL | weights | parameters).compile()


def _weight(folder: str, pattern: str) -> str:
    answer = urllib3.request("GET", f"{URL}/models/{folder}", timeout=10)
    names = answer.json() if answer.status == 200 else []
    found = [name for name in names if fnmatch(name.lower().rpartition("/")[2], pattern)]
    if not found:
        pytest.skip(f"the server has no {pattern} in models/{folder}")
    return str(found[0])


def face() -> dict[str, bytes]:
    buffer = io.BytesIO()
    Image.new("RGB", (96, 96), "tan").save(buffer, "PNG")
    return {"face.png": buffer.getvalue()}


@pytest.mark.parametrize("case", CASES)
def test_a_preset_is_executed(case: str, engine: ComfyUI) -> None:
    workflow = compiled(case)
    told: list[Event] = []
    inputs = face() if "referenceImage" in CASES[case][1] else None
    result = run(engine, workflow, inputs, on_event=told.append, previews=True)
    (picture,) = result.outputs
    image = Image.open(io.BytesIO(picture.read()))
    assert (image.format, image.size) == ("PNG", (128, 128))
    assert not picture.simulated
    kinds = [event.kind for event in told]
    assert (kinds[0], kinds[-1]) == ("queued", "finished")
    assert {"started", "node", "output"} <= set(kinds)


def test_what_the_server_refuses_is_told_by_node(engine: ComfyUI) -> None:
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
