"""What the simulator guesses, and that it says so."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from ryla_graphs import Workflow, catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.engines import run
from ryla_graphs.engines.events import Event, Progress
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.nodes import (
    EmptyHunyuanLatentVideo,
    EmptyImage,
    GetImageSize,
    ImageInvert,
    ImageScaleBy,
    PreviewAny,
    SaveImage,
    VAEDecode,
    VAELoader,
)
from ryla_graphs.problems import ExecutionFailed
from ryla_graphs.shapes.guessing import known_outputs, unknown_size
from ryla_graphs.shapes.registry import Call
from ryla_graphs.shapes.values import unknown_of
from tests.engines.test_simulator import pixels, simulate
from tests.graphs import text_to_image


def guessing() -> Any:
    """A graph with a class that no rule is for."""
    catalog = catalogs.bundled() | Catalog(
        {
            "MyScaler": {
                "input": {"required": {"image": ["IMAGE", {}], "scale_by": ["FLOAT", {}]}},
                "output": ["IMAGE"],
                "python_module": "custom_nodes.mine",
            }
        }
    )
    prompt = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 40, "height": 20, "batch_size": 1, "color": 0}},
        "2": {"class_type": "MyScaler", "inputs": {"image": ["1", 0], "scale_by": 2.0}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "x"}},
        "4": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "y"}},
    }
    return Workflow.load(prompt, catalog=catalog).compile(catalog=catalog)


WHY = "no rule says what MyScaler '2' gives"


def test_what_is_guessed_says_so() -> None:
    events: list[Event] = []
    result = run(Simulator(), guessing(), on_event=events.append)
    guessed = {artifact.filename: artifact.guessed for artifact in result.outputs}
    assert guessed == {"x_00001_.png": (WHY,), "y_00001_.png": ()}
    artifacts = [rows["artifact"] for rows in map(Event.to_dict, events) if "artifact" in rows]
    assert {rows["filename"]: rows.get("guessed") for rows in artifacts} == {
        "x_00001_.png": [WHY],
        "y_00001_.png": None,
    }
    sizes = {artifact.filename: Image.open(io.BytesIO(artifact.read())).size for artifact in result.outputs}
    assert sizes == {"x_00001_.png": (80, 40), "y_00001_.png": (40, 20)}


@pytest.mark.parametrize("how", ["argument", "environment"])
def test_a_strict_simulator_refuses_to_guess(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Simulator(strict=True if how == "argument" else None)
    if how == "environment":
        monkeypatch.setenv("RYLA_SIMULATOR_STRICT", "1")
    with pytest.raises(ExecutionFailed, match="would have to guess:\n- " + WHY):
        run(engine, guessing())
    assert run(engine, Workflow(SaveImage(images=EmptyImage(width=8, height=8), filename_prefix="x")).compile()).outputs


def test_numbers_given_as_text_are_numbers() -> None:
    prompt = text_to_image().compile().prompt
    body = prompt["sampler"]
    words = {**prompt, "sampler": {**body, "inputs": {**body["inputs"], "cfg": "7.5", "steps": "3", "seed": True}}}
    events: list[Event] = []
    run(Simulator(), Workflow.load(words).compile(), on_event=events.append)
    assert [event.step for event in events if isinstance(event, Progress)] == [1, 2, 3]


def test_a_long_chain_of_changes_needs_no_memory_and_no_recursion() -> None:
    image: Any = EmptyImage(width=64, height=64, color=0xFF0000)
    for _ in range(2_001):
        image = ImageInvert(image=image)
    assert pixels(simulate(SaveImage(images=image, filename_prefix="x"))).getpixel((0, 0)) == (0, 255, 255)


def test_what_is_only_described_costs_nothing() -> None:
    latent = EmptyHunyuanLatentVideo(width=16384, height=16384, length=4096, batch_size=4096)
    frames = VAEDecode(samples=latent, vae=VAELoader(vae_name="x"))
    size = GetImageSize(image=ImageScaleBy(image=frames, upscale_method="area", scale_by=2.0))
    (artifact,) = simulate(PreviewAny(source=size.out.width)).outputs
    assert artifact.text == "32768"


def test_what_comes_from_a_latent_of_unknown_size_is_guessed_too() -> None:
    body = {name: ["1", 0] for name in ("positive", "negative", "voxel")}
    graph: dict[str, Any] = {
        "1": {"class_type": "NobodyKnowsThisClass", "inputs": {}},
        "2": {"class_type": "Trellis2ShapeStage", "inputs": body},
        "3": {"class_type": "PreviewBridgeLatent", "inputs": {"latent": ["2", 2], "image": "x"}},
        "4": {"class_type": "MaskToImage", "inputs": {"mask": ["3", 1]}},
        "5": {"class_type": "EmptyImage", "inputs": {"width": 640, "height": 320, "batch_size": 1, "color": 0}},
        "6": {"class_type": "VHS_MergeImages", "inputs": {"images_A": ["4", 0], "images_B": ["5", 0]}},
        "7": {"class_type": "SaveImage", "inputs": {"images": ["6", 0], "filename_prefix": "x"}},
    }
    graph["6"]["inputs"] |= {"merge_strategy": "match A", "scale_method": "bilinear", "crop": "disabled"}
    result = run(Simulator(), Workflow.load(graph).compile(check=False))
    sizes = [Image.open(io.BytesIO(art.read())).size for art in result.outputs if art.filename.startswith("x_")]
    assert sizes == [(512, 512), (512, 512)]
    assert "no rule says what PreviewBridgeLatent '3' gives" in result.guessed


@pytest.mark.parametrize("socket", ["IMAGE", "LATENT", "VIDEO", "AUDIO"])
def test_what_is_guessed_has_a_size_whatever_is_unknown_before_it(socket: str) -> None:
    asked = 0
    for class_type, schema in catalogs.bundled().items():
        if any(spec.type == socket for spec in schema.inputs) and not schema.input_is_list:
            inputs = {spec.name: unknown_of(socket, "x") for spec in schema.inputs if spec.type == socket}
            outputs, _ = known_outputs(Call("1", schema, inputs))
            assert not [value for value in outputs if unknown_size(value)], class_type
            asked += 1
    assert asked > 20


def test_what_comes_from_an_unknown_class_is_guessed_by_what_takes_it() -> None:
    graph = {
        "1": {"class_type": "NobodyKnowsThisClass", "inputs": {}},
        "2": {"class_type": "ImageScaleBy", "inputs": {"image": ["1", 0], "upscale_method": "area", "scale_by": 2.0}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "x"}},
        "4": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "y"}},
    }
    result = run(Simulator(), Workflow.load(graph).compile(check=False))
    assert {pixels(result, index).size for index in range(2)} == {(1024, 1024), (512, 512)}
    assert result.guessed == ("the class 'NobodyKnowsThisClass' is unknown",)
    assert all(artifact.guessed == result.guessed for artifact in result.outputs)
    assert pixels(result).info["guessed"] == result.guessed[0]
    with pytest.raises(ExecutionFailed, match="would have to guess:\n- the class 'NobodyKnowsThisClass' is unknown"):
        run(Simulator(strict=True), Workflow.load(graph).compile(check=False))
