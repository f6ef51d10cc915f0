"""Presets: golden graphs, parameters that all have an effect, errors in the caller's terms."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.alias_generators import to_camel, to_snake

from ryla_graphs import presets
from ryla_graphs.catalogs import bundled
from ryla_graphs.errors import InvalidParameters, NotFound
from ryla_graphs.presets.flux_dev import FluxDevParams, flux_dev
from ryla_graphs.presets.flux_lora import triggered
from ryla_graphs.validation import verdict
from tests.conftest import recorded

EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "flux-dev": ("flux-dev", {"prompt": "a red bicycle", "seed": 42}),
    "flux-dev-true-cfg": (
        "flux-dev",
        {"prompt": "a red bicycle", "negativePrompt": "blurry", "cfg": 2.5, "guidance": 1.0, "seed": 42},
    ),
    "flux-lora": ("flux-lora", {"prompt": "a portrait", "loraId": "character", "triggerWord": "ohwx", "seed": 42}),
    "flux-lora-stack": (
        "flux-lora",
        {
            "prompt": "a portrait",
            "loras": [
                {"loraId": "character.safetensors", "triggerWord": "ohwx"},
                {"loraId": "style", "loraStrength": 0.5, "triggerWord": "in ink"},
            ],
            "textEncoder": True,
            "seed": 42,
        },
    ),
    "flux-instantid": (
        "flux-instantid",
        {
            "prompt": "portrait photo of a woman reading in a cafe, morning light",
            "negativePrompt": "blurry, deformed, watermark",
            "referenceImage": "reference.png",
            "width": 896,
            "height": 1152,
            "faceProvider": "GPU",
            "seed": 42,
        },
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_golden(name: str, golden: Any) -> None:
    preset, parameters = EXAMPLES[name]
    prompt = presets.get(preset).build(parameters).compile().prompt
    golden(f"{name}.json", json.dumps(prompt, indent=2, ensure_ascii=False) + "\n")


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_server_accepts_them(name: str) -> None:
    preset, parameters = EXAMPLES[name]
    workflow = presets.get(preset).build(parameters)
    answer = verdict(workflow.compile().prompt, bundled())
    assert answer.accepted and not answer.nodes
    assert [problem for problem in workflow.validate() if problem.level == "error"] == []


@pytest.mark.parametrize(
    ("example", "graph"),
    [
        ("flux-dev", "flux_dev_t2i"),
        ("flux-dev-true-cfg", "flux_dev_t2i_true_cfg_negative"),
        ("flux-lora", "flux_dev_lora_one"),
        ("flux-instantid", "flux_instantid_two_stage"),
    ],
)
def test_they_are_the_graphs_of_the_facts(example: str, graph: str) -> None:
    theirs = json.loads(recorded(f"graphs/{graph}.json").read_text())
    preset, parameters = EXAMPLES[example]
    ours = presets.get(preset).build(parameters).compile().prompt
    assert sorted(_shape(ours)) == sorted(_shape(theirs))


def _shape(prompt: dict[str, Any]) -> list[str]:
    """The wiring, without ids and values."""
    classes = {number: body["class_type"] for number, body in prompt.items()}
    return [
        f"{classes[value[0]]}.{value[1]} -> {body['class_type']}.{name}"
        for body in prompt.values()
        for name, value in body["inputs"].items()
        if isinstance(value, list)
    ]


@pytest.mark.parametrize("name", presets.NAMES)
def test_every_parameter_reaches_the_graph(name: str) -> None:
    example = next(parameters for preset, parameters in EXAMPLES.values() if preset == name)
    # At a cfg above 1 the negative prompt acts in every preset.
    compiled = presets.get(name).build(example | {"cfg": 2.0, "negativePrompt": "x"}).compile()
    reached = {parameter for parameters in compiled.decisions.values() for parameter in parameters}
    assert reached == set(compiled.parameters)


def test_decisions_name_the_input_that_a_parameter_decides() -> None:
    decisions = presets.get("flux-dev").build(prompt="x", seed=1).compile().decisions
    assert decisions["sampler", "steps"] == ("steps",)
    assert decisions["canvas", "width"] == ("width",)
    assert decisions["flux", "unet_name"] == ("unetName",)


def test_a_problem_names_the_parameter_and_the_line() -> None:
    from tests.data import my_nodes

    catalog = bundled() | my_nodes.CATALOG
    workflow = presets.get("flux-instantid").build(prompt="x", referenceImage="r.png", seed=1)
    errors = [problem for problem in workflow.validate(catalog) if problem.level == "error"]
    assert [(p.node, p.input, p.parameters) for p in errors] == [("sdxl", "ckpt_name", ("checkpointName",))]
    assert errors[0].source and "flux_instantid.py:" in errors[0].source


@pytest.mark.parametrize("name", presets.NAMES)
def test_snake_case_and_camel_case_are_alike(name: str) -> None:
    preset = presets.get(name)
    example = next(parameters for each, parameters in EXAMPLES.values() if each == name)
    snake = {to_snake(key): value for key, value in example.items()}
    assert preset.build(snake).compile().json() == preset.build(example).compile().json()
    assert all(key == to_camel(to_snake(key)) for key in preset.build(example).origin.parameters)


def test_functions_and_names_give_the_same() -> None:
    by_function = flux_dev(FluxDevParams(prompt="a red bicycle", seed=42))
    by_name = presets.get("flux-dev").build(prompt="a red bicycle", seed=42)
    assert by_function.compile().digest == by_name.compile().digest


def test_a_seed_is_drawn_and_reported() -> None:
    first, second = (presets.get("flux-dev").build(prompt="x").compile() for _ in range(2))
    assert first.parameters["seed"] != second.parameters["seed"]
    assert first.prompt["sampler"]["inputs"]["seed"] == first.parameters["seed"] < 2**53


def test_a_negative_prompt_without_effect_says_so() -> None:
    workflow = presets.get("flux-dev").build(prompt="x", negativePrompt="blurry")
    (problem,) = workflow.compile().problems
    assert (problem.code, problem.level) == ("negative_without_effect", "warning")
    assert "ignores the negative prompt" in problem.message
    assert workflow.validate() == [problem]
    assert presets.get("flux-dev").build(prompt="x", negativePrompt="blurry", cfg=2.0).validate() == []
    two_stages = presets.get("flux-instantid").build(prompt="x", negativePrompt="blurry", referenceImage="r.png")
    assert not [p for p in two_stages.validate() if p.level != "note"]


def test_face_provider_gpu_is_cuda() -> None:
    def provider(name: str) -> Any:
        workflow = presets.get("flux-instantid").build(prompt="x", referenceImage="r.png", faceProvider=name)
        return workflow.compile().prompt["face-analysis"]["inputs"]["provider"]

    assert (provider("GPU"), provider("CPU")) == ("CUDA", "CPU")


def test_both_seeds_follow_the_seed() -> None:
    prompt = presets.get("flux-instantid").build(prompt="x", referenceImage="r.png", seed=7).compile().prompt
    assert (prompt["sampler"]["inputs"]["seed"], prompt["refiner"]["inputs"]["seed"]) == (7, 7)


@pytest.mark.parametrize(
    ("prompt", "triggers", "expected"),
    [
        ("a portrait", [], "a portrait"),
        ("a portrait", ["ohwx"], "ohwx a portrait"),
        ("ohwx a portrait", ["ohwx"], "ohwx a portrait"),
        ("ohwx, a portrait", ["ohwx"], "ohwx, a portrait"),
        ("ohwxy a portrait", ["ohwx"], "ohwx ohwxy a portrait"),
        ("a portrait", ["a", "b", "a", ""], "a b a portrait"),
        ("ohwx", ["ohwx"], "ohwx"),
    ],
)
def test_trigger_words_go_to_the_front_once(prompt: str, triggers: list[str], expected: str) -> None:
    assert triggered(prompt, triggers) == expected


@given(st.text(max_size=20), st.lists(st.text(min_size=1, max_size=5), max_size=3))
def test_triggering_twice_is_triggering_once(prompt: str, triggers: list[str]) -> None:
    once = triggered(prompt, triggers)
    assert triggered(once, triggers) == once


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
    "negative seed": ("flux-dev", {"prompt": "x", "seed": -1}, "bad_parameter", "seed"),
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
def test_bad_parameters_are_told_by_name(case: str) -> None:
    name, parameters, code, field = BAD[case]
    with pytest.raises(InvalidParameters) as caught:
        presets.get(name).build(parameters)
    (problem,) = caught.value.problems
    assert (problem.code, problem.input, problem.class_type) == (code, field, name)


def test_all_bad_parameters_come_at_once() -> None:
    with pytest.raises(InvalidParameters) as caught:
        presets.get("flux-dev").build(width=1, steps=0, sed=3)
    assert {problem.input for problem in caught.value.problems} == {"prompt", "width", "steps", "sed"}
    assert "did you mean 'seed'" in str(caught.value)


def test_a_lora_is_needed() -> None:
    with pytest.raises(InvalidParameters, match="a LoRA is needed: give loraId or loras"):
        presets.get("flux-lora").build(prompt="x")


def test_an_unknown_preset_is_told_with_the_nearest() -> None:
    with pytest.raises(NotFound, match="did you mean 'flux-dev'"):
        presets.get("flux_dev")


@pytest.mark.parametrize("name", presets.NAMES)
def test_every_preset_explains_itself(name: str) -> None:
    preset = presets.get(name)
    assert preset.summary.endswith(".")
    schema = preset.parameters.model_json_schema(by_alias=True)
    undescribed = [key for key, facts in schema["properties"].items() if "description" not in facts]
    assert [key for key in undescribed if key != "weightDtype"] == []
