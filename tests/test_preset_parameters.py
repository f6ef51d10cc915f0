"""Parameters of presets: bad ones, those without effect, seeds, masks; errors in the caller's terms."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ryla_graphs import presets
from ryla_graphs.nodes import ImageToMask
from ryla_graphs.problems import AtParameter, InvalidParameters, NotFound


def test_a_file_name_may_have_its_extension_and_folder() -> None:
    def name(lora: str) -> Any:
        return presets.get("flux-lora").build(prompt="x", loraId=lora).compile().prompt["lora-1"]["inputs"]["lora_name"]

    assert name("me") == "me.safetensors"
    assert name("me.safetensors") == "me.safetensors"
    assert name("v1.5/me") == "v1.5/me.safetensors"


BAD: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "missing": ("flux-dev", {}, "missing_parameter", "prompt"),
    "empty prompt": ("flux-dev", {"prompt": ""}, "bad_parameter", "prompt"),
    "size off its step": ("flux-dev", {"prompt": "x", "width": 1000}, "bad_parameter", "width"),
    "too large": ("flux-dev", {"prompt": "x", "height": 16384}, "bad_parameter", "height"),
    "unknown": ("flux-dev", {"prompt": "x", "stepz": 3}, "unknown_parameter", "stepz"),
    "no number": ("flux-dev", {"prompt": "x", "steps": "many"}, "bad_parameter", "steps"),
    "negative seed": ("flux-dev", {"prompt": "x", "seed": -2}, "bad_parameter", "seed"),
    "unknown provider": (
        "flux-instantid",
        {"prompt": "x", "referenceImage": "r.png", "faceProvider": "TPU"},
        "bad_parameter",
        "faceProvider",
    ),
    "inside a list": (
        "flux-lora",
        {"prompt": "x", "loras": [{"loraId": "x", "strength": 1}]},
        "unknown_parameter",
        "loras.0.strength",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_parameters_are_reported_by_name(case: str) -> None:
    name, parameters, code, field = BAD[case]
    with pytest.raises(InvalidParameters) as caught:
        presets.get(name).build(parameters)
    (problem,) = caught.value.problems
    assert (problem.code, problem.subject) == (code, AtParameter(name, field))


def test_of_very_many_wrong_parameters_the_first_are_reported() -> None:
    with pytest.raises(InvalidParameters, match="4,900 more are wrong") as caught:
        presets.get("flux-dev").build({"prompt": "x", **{f"c{number}": 1 for number in range(5000)}})
    assert len(caught.value.problems) == 101


IDLE: dict[str, tuple[str, dict[str, Any], str]] = {
    "strength of no LoRA": ("flux-dev", {"loraStrength": 0.5}, "`loraStrength` has no effect without `loraId`"),
    "trigger of no LoRA": ("wan-t2v", {"triggerWord": "x"}, "`triggerWord` has no effect without `loraId`"),
    "file beside a checkpoint": (
        "flux-dev",
        {"fluxCheckpointName": "all.safetensors", "vaeName": "mine.safetensors"},
        "`vaeName` has no effect together with `fluxCheckpointName`, which replaces it",
    ),
    "detector without a mask": (
        "flux-instantid",
        {"referenceImage": "r.png", "detectorName": "bbox/mine.pt"},
        "`detectorName` has no effect without `faceOnly`",
    ),
    "detector beside a mask": (
        "face-swap",
        {"referenceImage": "r.png", "baseImage": "b.png", "maskImage": "m.png", "detectorName": "bbox/mine.pt"},
        "`detectorName` has no effect together with `maskImage`, which replaces it",
    ),
}


@pytest.mark.parametrize("case", IDLE)
def test_a_parameter_without_effect_is_refused(case: str) -> None:
    name, parameters, message = IDLE[case]
    with pytest.raises(InvalidParameters) as caught:
        presets.get(name).build(prompt="x", **parameters)
    assert [problem.message for problem in caught.value.problems] == [message]


def test_seeds_count_up_and_are_reported() -> None:
    compiled = presets.get("base-images").build(prompt="x", count=3, seed=2**64 - 2).compile()
    seeds = [2**64 - 2, 2**64 - 1, 0]
    assert compiled.parameters["seeds"] == seeds
    assert [compiled.prompt[f"{place}-sampler"]["inputs"]["seed"] for place in (1, 2, 3)] == seeds
    alone = presets.get("flux-dev").build(prompt="x", seed=seeds[2]).compile().prompt["sampler"]["inputs"]
    of_three = compiled.prompt["3-sampler"]["inputs"]
    assert {key: alone[key] for key in ("seed", "steps", "cfg")} == {
        key: of_three[key] for key in ("seed", "steps", "cfg")
    }


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"seeds": [1, 2, 3]}, "count is 4, but there are 3 seeds"),
        ({"count": 2, "seeds": [5, 5]}, "the same seed twice would give the same picture twice"),
        ({"count": 2, "seed": 1, "seeds": [5, 6]}, "seeds begin with 5, but seed is 1: leave one of them out"),
    ],
)
def test_seeds_that_contradict_each_other(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameters, match=message):
        presets.get("base-images").build(prompt="x", **parameters)


def test_a_mask_may_be_a_file_a_picture_a_mask_or_the_transparency() -> None:
    drawn = presets.get("flux-dev").build(prompt="x", seed=1).picture
    mask = ImageToMask(image=drawn, channel="blue")
    masks: dict[str, tuple[str, str]] = {}
    for name, source in {"file": "mask.png", "picture": drawn, "mask": mask}.items():
        workflow = presets.get("flux-fill").build(prompt="x", baseImage="b.png", maskImage=source)
        assert workflow.validate() == []
        prompt = workflow.compile().prompt
        body = prompt[prompt["canvas"]["inputs"]["mask"][0]]
        masks[name] = (body["class_type"], body["inputs"]["channel"])
    wanted = {"file": ("LoadImageMask", "red"), "picture": ("ImageToMask", "red"), "mask": ("ImageToMask", "blue")}
    assert masks == wanted
    by_alpha = presets.get("flux-fill").build(prompt="x", baseImage="b.png")
    assert by_alpha.compile().prompt["canvas"]["inputs"]["mask"] == ["base", 1]
    assert [(problem.code, problem.level) for problem in by_alpha.validate()] == [("mask_outcomes", "note")]


@pytest.mark.parametrize(
    ("preset", "given", "reported"),
    [
        ("flux-fill", {"baseImage": "drawn"}, "`maskImage` is needed"),
        ("flux-fill", {"baseImage": "b.png", "maskImage": "m.png", "left": 64}, "or `left`, `top`, `right`, `bottom`"),
        ("flux-fill", {"baseImage": "b.png", "feathering": 3}, "`feathering` has no effect"),
        ("flux-fill", {"baseImage": "b.png", "left": 100}, "multiple of 16"),
        ("flux-controlnet", {"controlImage": "c.png", "readerName": "x"}, "`readerName` has no effect"),
        ("flux-controlnet", {"controlImage": "c.png", "control": "pose", "readerName": None}, "needs a `readerName`"),
        (
            "z-image-controlnet",
            {"controlImage": "c.png", "control": "depth", "controlIsMap": True},
            "which replaces it",
        ),
        ("flux2-klein", {"image2": "b.png"}, "`image2` has no effect without `image`"),
        ("sdxl", {"controlnetStrength": 0.5}, "`controlnetStrength` has no effect without `controlImage`"),
        ("sdxl", {"controlnetName": "mine.safetensors"}, "`controlnetName` has no effect without `controlImage`"),
        ("sdxl", {"controlImage": "c.png", "readerName": "x"}, "`readerName` has no effect"),
        ("sd15", {"controlImage": "c.png", "control": "depth", "readerName": None}, "needs a `readerName`"),
        ("sdxl-inpaint", {"baseImage": "drawn"}, "`maskImage` is needed"),
        ("upscale", {"image": "b.png"}, "`prompt` has no effect without `tiledDiffusion`"),
        ("wan22-t2v", {"highNoiseSteps": 20}, "`highNoiseSteps` has to be below `steps`, which is 20"),
        ("wan22-t2v", {"lowFourStepsName": "x"}, "`lowFourStepsName` has no effect without `fourSteps`"),
        ("ltx-video", {"length": 96}, "LTX-Video makes 8k+1 frames: 89 or 97"),
        ("ltx-video", {"referenceStrength": 0.5}, "`referenceStrength` has no effect without `referenceImage`"),
        ("flux2-klein", {"image": "b.png", "width": 512}, "`width` has no effect together with `image`"),
    ],
)
def test_what_does_not_go_together_is_refused(preset: str, given: dict[str, Any], reported: str) -> None:
    drawn = presets.get("flux-dev").build(prompt="x", seed=1).picture
    with pytest.raises(InvalidParameters, match=re.escape(reported)):
        presets.get(preset).build(prompt="x", **{k: drawn if v == "drawn" else v for k, v in given.items()})


def test_faces_that_are_missing_are_reported() -> None:
    for name in ("flux-instantid", "z-image-instantid", "sdxl-instantid", "flux-pulid", "character-sheet", "face-swap"):
        problems = presets.get(name).build(presets.get(name).example).validate()
        assert [problem.level for problem in problems if problem.code == "face_outcomes"][:1] == ["note"]


def test_all_bad_parameters_come_at_once() -> None:
    with pytest.raises(InvalidParameters) as caught:
        presets.get("flux-dev").build(width=1, steps=0, sed=3)
    assert {problem.parameter for problem in caught.value.problems} == {"prompt", "width", "steps", "sed"}
    assert "did you mean 'seed'" in str(caught.value)


def test_a_lora_is_needed() -> None:
    with pytest.raises(InvalidParameters, match="a LoRA is needed: give loraId or loras"):
        presets.get("flux-lora").build(prompt="x")


def test_an_unknown_preset_is_reported_with_the_nearest() -> None:
    with pytest.raises(NotFound, match="did you mean 'flux-dev'"):
        presets.get("flux_dev")


def test_a_picture_in_the_input_folder_may_be_a_file_over_http() -> None:
    for name in presets.NAMES:
        properties = presets.get(name).parameters.model_json_schema()["properties"]
        for text in (row.get("description", "") for row in properties.values()):
            assert "input folder" not in text and (" in input/" not in text or "over HTTP a file" in text), name
