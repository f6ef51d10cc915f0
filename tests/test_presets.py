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
from ryla_graphs.formats import api
from ryla_graphs.presets import Preset
from ryla_graphs.presets.flux_dev import FluxDevParams, flux_dev
from ryla_graphs.presets.parts.loras import Lora, triggered
from ryla_graphs.presets.provenance import differences, variants
from ryla_graphs.problems import InvalidParameters
from ryla_graphs.software.versions import number
from ryla_graphs.validation import verdict
from tests.conftest import ROOT, recorded
from tests.preset_examples import EXAMPLES, acting


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
        ("flux-dev-fp8-checkpoint", "flux_dev_fp8_checkpoint"),
        ("flux-schnell", "flux_schnell_t2i"),
        ("flux-lora", "flux_dev_lora_one"),
        ("flux-lora-two", "flux_dev_lora_stack"),
        ("flux-lora-with-clip", "flux_dev_lora_with_clip"),
        ("z-image-turbo", "z_image_turbo_t2i"),
        ("flux-instantid", "flux_instantid_two_stage"),
        ("flux-instantid-face-only", "flux_instantid_two_stage_face_mask"),
        ("flux-pulid", "flux_pulid"),
        ("z-image-instantid", "z_image_turbo_instantid_two_stage"),
        ("sdxl-instantid", "sdxl_instantid"),
        ("seedvr2-upscale-numz", "seedvr2_numz_image_upscale"),
        ("wan-t2v", "wan21_t2v"),
        ("wan-i2v", "wan21_i2v"),
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
    # Above cfg 1 the negative prompt acts in every preset; a LoRA's strength acts where there is a LoRA.
    more = {"cfg": 2.0, "negativePrompt": "x", "loraId": "me"}
    known = {field.alias for field in presets.get(name).parameters.model_fields.values()}
    more = {key: value for key, value in more.items() if key in known}
    reached: set[str] = set()
    for preset, parameters in EXAMPLES.values():
        if preset == name:
            compiled = presets.get(name).build(parameters | acting(name, more, parameters)).compile()
            reached |= {parameter for parameters in compiled.decisions.values() for parameter in parameters}
    assert reached == known


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
    assert errors[0].source and "test_presets.py:" in errors[0].source, "the caller's line, not one of ours"


@pytest.mark.parametrize("name", presets.NAMES)
def test_the_table_of_provenance_is_what_an_experiment_finds(name: str) -> None:
    """On every example, also those that the table was not made from: what moves an input is named for it."""
    for preset, parameters in EXAMPLES.values():
        if preset != name:
            continue
        made = presets.get(name)
        given = made.parse(parameters)
        table, base = made.decisions(given), api.dump(made(given).graph)
        for field in type(given).model_fields:
            for changed in variants(given, field):
                for place, alike in differences(base, api.dump(made(changed).graph)):
                    assert not alike or to_camel(field) in table[place], (parameters, place, field)


def test_a_table_of_provenance_is_bounded_whatever_the_caller_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    made = presets.get("flux-dev")
    before = made.decisions(made.parse(made.example))
    many = made.parse({**made.example, "loras": [{"loraId": f"{n}.safetensors"} for n in range(8)]})
    builds: list[object] = []

    def build(given: Any) -> Any:
        builds.append(given)
        return Preset._workflow(made, given)

    monkeypatch.setattr(made, "_workflow", build)
    found = made.decisions(many)
    assert before and any("loras" in names for names in found.values())
    assert len(builds) == 1, "the graph is built once, not once for each parameter"


@pytest.mark.parametrize("name", presets.NAMES)
def test_snake_case_and_camel_case_are_alike(name: str) -> None:
    preset = presets.get(name)
    example = next(parameters for each, parameters in EXAMPLES.values() if each == name)
    snake = {to_snake(key): value for key, value in example.items()}
    assert preset.build(snake).compile().json() == preset.build(example).compile().json()
    assert all(key == to_camel(to_snake(key)) for key in preset.build(example).origin.parameters)
    for key, value in example.items():
        if to_snake(key) != key:
            with pytest.raises(InvalidParameters, match=f"given twice, as `{key}` and as `{to_snake(key)}`"):
                preset.build({**example, to_snake(key): value})


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
    assert "the negative prompt is ignored" in problem.message
    assert workflow.validate() == [problem]
    assert presets.get("flux-dev").build(prompt="x", negativePrompt="blurry", cfg=2.0).validate() == []
    two_stages = presets.get("flux-instantid").build(prompt="x", negativePrompt="blurry", referenceImage="r.png")
    assert not [p for p in two_stages.validate() if p.level != "note"]


SAMPLED = [name for name in presets.NAMES if "cfg" in presets.get(name).parameters.model_fields]


@pytest.mark.parametrize("name", SAMPLED)
def test_above_cfg_1_the_negative_prompt_acts_and_at_1_it_is_not_encoded(name: str) -> None:
    def first_negatives(cfg: float) -> set[str]:
        """What the samplers that `cfg` steers go away from."""
        more = {"tiledDiffusion": True} if name == "upscale" else {}
        given = {**presets.get(name).example, **more, "cfg": cfg, "negativePrompt": "rain"}
        prompt = presets.get(name).build(given).compile().prompt
        samplers = [body for body in prompt.values() if body["inputs"].get("cfg") == cfg]
        assert samplers
        return {text_behind(prompt, sampler["inputs"]["negative"]) for sampler in samplers}

    assert first_negatives(2.0) == {"rain"}
    assert first_negatives(1.0) == {""}


def text_behind(prompt: dict[str, Any], wire: list[Any]) -> str:
    """The text of a conditioning, through the nodes that add something to it; none where it is zeroed out."""
    inputs = prompt[wire[0]]["inputs"]
    if prompt[wire[0]]["class_type"] == "ConditioningZeroOut":
        return ""
    for name in ("text", "prompt"):
        if name in inputs:
            return str(inputs[name])
    return text_behind(prompt, inputs["negative"] if "negative" in inputs else inputs["conditioning"])


def test_face_provider_gpu_is_cuda() -> None:
    def provider(name: str) -> Any:
        workflow = presets.get("flux-instantid").build(prompt="x", referenceImage="r.png", faceProvider=name)
        return workflow.compile().prompt["face-analysis"]["inputs"]["provider"]

    assert (provider("GPU"), provider("CPU")) == ("CUDA", "CPU")


def test_both_seeds_follow_the_seed() -> None:
    prompt = presets.get("flux-instantid").build(prompt="x", referenceImage="r.png", seed=7).compile().prompt
    assert (prompt["sampler"]["inputs"]["seed"], prompt["refiner"]["inputs"]["seed"]) == (7, 7)


def stack(triggers: list[str]) -> list[Lora]:
    return [Lora(lora_id="x", trigger_word=trigger) for trigger in triggers]


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
    assert triggered(prompt, stack(triggers)) == expected


@given(st.text(max_size=20), st.lists(st.text(min_size=1, max_size=5), max_size=3))
def test_triggering_twice_is_triggering_once(prompt: str, triggers: list[str]) -> None:
    once = triggered(prompt, stack(triggers))
    assert triggered(once, stack(triggers)) == once


@pytest.mark.parametrize("name", EXAMPLES)
def test_reported_parameters_give_the_same_graph(name: str) -> None:
    preset, parameters = EXAMPLES[name]
    first = presets.get(preset).build({key: value for key, value in parameters.items() if key != "seed"}).compile()
    assert presets.get(preset).build(first.parameters).compile().json() == first.json()


@pytest.mark.parametrize("length", [30, 31, 32])
def test_frames_are_4k_and_1(length: int) -> None:
    with pytest.raises(InvalidParameters, match=f"makes 4k.1 frames: 29 or 33; given {length}"):
        presets.get("wan-t2v").build(prompt="x", length=length)


def test_views_share_all_loaders() -> None:
    prompt = presets.get("character-sheet").build(prompt="x", referenceImage="r.png").compile().prompt
    classes = [body["class_type"] for body in prompt.values()]
    assert {name: classes.count(name) for name in set(classes) if "Load" in name} == {
        "UNETLoader": 1,
        "DualCLIPLoader": 1,
        "VAELoader": 1,
        "CheckpointLoaderSimple": 1,
        "InstantIDModelLoader": 1,
        "ControlNetLoader": 1,
        "LoadImage": 1,
    }
    assert classes.count("InstantIDFaceAnalysis") == 1
    assert classes.count("SaveImage") == 5


def test_views_have_names_of_their_own() -> None:
    views = [{"name": "front"}, {"name": "front", "prompt": "again"}]
    with pytest.raises(InvalidParameters, match="name of its own; repeated: front"):
        presets.get("character-sheet").build(prompt="x", referenceImage="r.png", views=views)


def test_a_lora_at_strength_0_is_left_out() -> None:
    without = presets.get("flux-dev").build(prompt="x", seed=1).compile()
    off = {"loraId": "me", "loraStrength": 0, "triggerWord": "zwx"}
    assert presets.get("flux-dev").build(prompt="x", seed=1, **off).compile().json() == without.json()


def test_seedvr2_seeds_are_below_2_to_the_32() -> None:
    for _ in range(20):
        assert presets.get("seedvr2-upscale").build(image="x.png").compile().parameters["seed"] < 2**32
    with pytest.raises(InvalidParameters, match="4294967295"):
        presets.get("seedvr2-upscale").build(image="x.png", seed=2**32)


def test_the_experts_of_wan22_take_turns() -> None:
    def taken(**given: Any) -> list[tuple[Any, ...]]:
        prompt = presets.get("wan22-t2v").build(prompt="x", **given).compile().prompt
        samplers = [prompt[f"{name}-noise-sampler"]["inputs"] for name in ("high", "low")]
        assert samplers[1]["latent_image"][0] == "high-noise-sampler"
        keys = ("start_at_step", "end_at_step", "add_noise", "return_with_leftover_noise")
        return [tuple(inputs[key] for key in keys) for inputs in samplers]

    assert taken() == [(0, 10, "enable", "enable"), (10, 20, "disable", "disable")]
    assert taken(fourSteps=True) == [(0, 2, "enable", "enable"), (2, 4, "disable", "disable")]
    assert taken(steps=8, highNoiseSteps=3) == [(0, 3, "enable", "enable"), (3, 8, "disable", "disable")]


@pytest.mark.parametrize(
    ("name", "control", "wanted"),
    [
        ("sdxl", "depth", "depth"),
        ("sdxl", "pose", "openpose"),
        ("sd15", "depth", "control_v11f1p_sd15_depth_fp16.safetensors"),
        ("sd15", "pose", "control_v11p_sd15_openpose_fp16.safetensors"),
    ],
)
def test_a_controlnet_gets_the_kind_of_its_map(name: str, control: str, wanted: str) -> None:
    """By a type where one file is for all kinds, or by the file."""
    given = {"prompt": "x", "controlImage": "c.png", "control": control, "controlIsMap": True}
    prompt = presets.get(name).build(given).compile().prompt
    assert prompt["controlled"]["inputs"]["image"] == ["fitting", 0]
    inputs = prompt[prompt["controlled"]["inputs"]["control_net"][0]]["inputs"]
    assert wanted in (inputs.get("type"), inputs.get("control_net_name"))


@pytest.mark.parametrize("name", ["flux-kontext", "flux2-klein"])
def test_references_reach_the_negative_prompt_only_where_it_acts(name: str) -> None:
    def references(cfg: float) -> int:
        given = {"prompt": "x", "image": "a.png", "image2": "b.png", "cfg": cfg}
        prompt = presets.get(name).build(given).compile().prompt
        return sum(body["class_type"] == "ReferenceLatent" for body in prompt.values())

    assert (references(1.0), references(2.0)) == (2, 4)


def test_the_page_of_presets_is_theirs() -> None:
    from tools.write_presets_page import PAGE, page

    text = (ROOT / PAGE).read_text(encoding="utf-8")
    assert page(text) == text, "run python -m tools.write_presets_page"


@pytest.mark.parametrize("name", presets.NAMES)
def test_every_preset_explains_itself(name: str) -> None:
    preset = presets.get(name)
    assert preset.summary.endswith(".")
    assert number(preset.min_comfyui) >= number(preset.plan.comfyui.version)
    assert {problem.level for problem in preset.build(preset.example).compile().problems} <= {"note"}
    schema = preset.parameters.model_json_schema(by_alias=True)
    assert [key for key, facts in schema["properties"].items() if "description" not in facts] == []


@pytest.mark.parametrize("name", presets.NAMES)
def test_the_schema_of_a_preset_says_what_a_form_needs(name: str) -> None:
    properties = presets.get(name).parameters.model_json_schema()["properties"]
    assert [facts["x-order"] for facts in properties.values()] == list(range(len(properties)))
    for parameter, facts in properties.items():
        assert facts["x-group"] in ("basic", "advanced", "models")
        assert facts["title"].lower().replace(" ", "") == parameter.lower()
    pictures = {parameter for parameter, facts in properties.items() if facts.get("format") == "ryla-file"}
    taken = presets.get(name).build(presets.get(name).example).compile().document.values()
    if any(body["class_type"] == "LoadImage" for body in taken):
        assert pictures
    assert all(properties[parameter]["contentMediaType"] == "image/*" for parameter in pictures)


@pytest.mark.parametrize("name", presets.GROUPS["a person's face"])
def test_a_preset_says_nothing_about_numbers_of_its_own(name: str) -> None:
    chosen = presets.get(name)
    assert all(problem.code != "off_step" for problem in chosen.build(chosen.example).validate())


def test_a_number_between_steps_that_a_caller_gives_is_noted() -> None:
    made = presets.get("flux-instantid").build(prompt="x", referenceImage="me.png", controlnet_strength=0.1234)
    assert [(note.input, note.given) for note in made.validate() if note.code == "off_step"] == [
        ("cn_strength", 0.1234)
    ]
