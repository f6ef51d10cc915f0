"""What the server accepts without a word, and should not."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from ryla_graphs import InvalidWorkflow, Problem, Workflow, catalogs
from ryla_graphs.catalogs import from_object_info
from ryla_graphs.validation import RULES, validate, verdict
from ryla_graphs.validation.depth import MAX_DEPTH
from tests.data.make_object_info import object_info
from tests.graphs import chain, text_to_image

PROMPT: dict[str, Any] = json.loads(text_to_image().compile().json())


def changed(number: str, **inputs: Any) -> dict[str, Any]:
    prompt = copy.deepcopy(PROMPT)
    for name, value in inputs.items():
        if value is KeyError:
            del prompt[number]["inputs"][name]
        else:
            prompt[number]["inputs"][name] = value
    return prompt


def found(prompt: Any) -> list[Problem]:
    return validate(prompt, catalogs.bundled())


def one(prompt: Any) -> Problem:
    (problem,) = found(prompt)
    return problem


def error(prompt: Any) -> Problem:
    (problem,) = [problem for problem in found(prompt) if problem.level == "error"]
    return problem


def test_a_good_graph_has_no_problem() -> None:
    assert found(PROMPT) == []


def test_unknown_inputs_are_named_with_the_nearest_known_one() -> None:
    problem = one(changed("sampler", sampler="euler"))
    assert (problem.code, problem.level, problem.tier) == ("unknown_input", "warning", 2)
    assert problem.hint and "'sampler_name'" in problem.hint
    assert verdict(changed("sampler", sampler="euler"), catalogs.bundled()).accepted


@pytest.mark.parametrize(
    ("class_type", "inputs", "name", "hint"),
    [
        (
            "ImageScaleToTotalPixels",
            {"upscale_method": "area", "megapixels": 1.0},
            "resolution_steps",
            "ComfyUI has this input since ComfyUI 0.7.0, and not in 0.3.76: the graph is older",
        ),
        # The class is as young as its input: no graph is older than its own class.
        ("ResizeImageMaskNode", {"resize_type": "scale by multiplier"}, "input", None),
        ("Video Slice", {"start_time": 0.0, "duration": 1.0, "strict_duration": False}, "video", None),
    ],
)
def test_a_graph_is_older_only_if_its_class_was_there_before_the_input(
    class_type: str, inputs: dict[str, Any], name: str, hint: str | None
) -> None:
    shown = {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}}
    prompt = {"1": {"class_type": class_type, "inputs": inputs}, "2": shown}
    hints = {problem.input: problem.hint for problem in found(prompt) if problem.code == "required_input_missing"}
    assert hints[name] == hint


def test_whole_numbers_off_their_step_are_warnings_and_finer_floats_are_notes() -> None:
    problem = one(changed("4", width=1001))
    assert (problem.code, problem.level) == ("off_step", "warning")
    assert problem.hint == "the nearest value is 1000"
    note = one(changed("sampler", cfg=7.123))
    assert (note.level, note.message, note.expected) == (
        "note",
        "7.123 is not on a step of 0.01",
        "a multiple of 0.01",
    )
    assert found(changed("sampler", cfg=7.12)) == []


@pytest.mark.parametrize("length", [81, 1, 5])
def test_steps_count_from_the_minimum(length: int) -> None:
    sizes = {"width": 832, "height": 480, "length": length, "batch_size": 1}
    latent = {"class_type": "EmptyHunyuanLatentVideo", "inputs": sizes}
    prompt = {"1": latent, "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}}}
    assert found(prompt) == []
    sizes["length"] = length + 1
    assert one(prompt).code == "off_step"


def test_a_value_where_only_a_link_makes_sense() -> None:
    for value in ("model.safetensors", 3, None, {"a": 1}):
        prompt = changed("sampler", model=value)
        assert verdict(prompt, catalogs.bundled()).accepted
        assert one(prompt).code == "not_a_wire"


def test_nodes_that_no_output_needs() -> None:
    prompt = copy.deepcopy(PROMPT)
    prompt["lora"] = {
        "class_type": "LoraLoaderModelOnly",
        "inputs": {"model": ["1", 0], "lora_name": "x", "strength_model": 1.0},
    }
    problem = one(prompt)
    assert (problem.code, problem.node, problem.level) == ("unreached_node", "lora", "warning")
    assert "fed by '1'" in problem.message


def test_chains_deeper_than_the_servers_recursion() -> None:
    assert found(chain(MAX_DEPTH - 2).compile().prompt) == []
    problem = one(chain(MAX_DEPTH - 1).compile().prompt)
    assert (problem.code, problem.level) == ("too_deep", "warning")


def test_dynamic_choices_that_are_missing_or_unknown() -> None:
    def resize(**inputs: Any) -> dict[str, Any]:
        return {
            "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}},
            "2": {"class_type": "ResizeImageMaskNode", "inputs": {"input": ["1", 0], "scale_method": "area", **inputs}},
            "3": {"class_type": "PreviewImage", "inputs": {"images": ["2", 0]}},
        }

    good = {"resize_type": "scale width", "resize_type.width": 64}
    assert found(resize(**good)) == []
    for bad in ({}, {"resize_type": "scale widht"}):
        assert verdict(resize(**bad), catalogs.bundled()).accepted
    assert one(resize()).code == "required_input_missing"
    assert "did you mean 'scale width'" in str(one(resize(resize_type="scale widht")))


def test_wires_of_one_match_group_carry_one_type() -> None:
    catalog = from_object_info(object_info()) | catalogs.bundled()
    image = {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}}
    mask = {"class_type": "SolidMask", "inputs": {"value": 1.0, "width": 64, "height": 64}}
    latent = {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}}

    def switch(first: Any, second: Any) -> list[Problem]:
        return validate(
            {
                "1": first,
                "2": second,
                "3": {"class_type": "MySwitch", "inputs": {"a": ["1", 0], "b": ["2", 0]}},
                "4": {"class_type": "PreviewAny", "inputs": {"source": ["3", 0]}},
            },
            catalog,
        )

    assert switch(image, image) == []
    assert [p.code for p in switch(image, mask)] == ["mismatched_types"]
    assert [(p.code, p.input) for p in switch(latent, image)] == [("mismatched_types", "a")]


LEVEL_1: dict[str, tuple[Any, str, str | None]] = {
    "missing": (changed("sampler", seed=KeyError), "required_input_missing", "seed"),
    "wrong type": (changed("sampler", model=["2", 0]), "return_type_mismatch", "model"),
    "not in list": (changed("sampler", scheduler="Normal"), "value_not_in_list", "scheduler"),
    "too small": (changed("sampler", steps=0), "value_smaller_than_min", "steps"),
    "too big": (changed("sampler", cfg=101.0), "value_bigger_than_max", "cfg"),
    "no number": (changed("sampler", cfg="x"), "invalid_input_type", "cfg"),
    "bad link": (changed("sampler", model=["1", 0, 0]), "bad_linked_input", "model"),
    "dangling": (changed("sampler", model=["9", 0]), "link_to_missing_node", "model"),
    "number as id": (changed("sampler", model=[1, 0]), "link_to_missing_node", "model"),
    "no such slot": (changed("sampler", model=["1", 3]), "link_to_missing_output", "model"),
    "text as slot": (changed("sampler", model=["1", "0"]), "link_to_missing_output", "model"),
    "own output": (changed("sampler", latent_image=["sampler", 0]), "dependency_cycle", None),
}


@pytest.mark.parametrize("name", LEVEL_1)
def test_what_the_server_refuses_is_reported_where_it_is_wrong(name: str) -> None:
    prompt, code, field = LEVEL_1[name]
    assert not verdict(prompt, catalogs.bundled()).accepted
    problem = error(prompt)
    assert (problem.code, problem.tier, problem.node, problem.input) == (code, 1, "sampler", field)


def test_all_problems_come_at_once_even_where_the_server_stops() -> None:
    prompt = changed("sampler", model=["9", 0], steps=0, scheduler="x", positive=["1", 0])
    assert {p.input for p in found(prompt) if p.level == "error"} == {"model", "steps", "scheduler", "positive"}


def test_hints_for_links() -> None:
    assert 'write "1"' in str(one(changed("sampler", model=[1, 0])))
    assert "did you mean 'sampler'" in str(error(changed("6", samples=["samplr", 0])))
    assert "0 (MODEL), 1 (CLIP), 2 (VAE)" in str(one(changed("sampler", model=["1", 3])))


@pytest.mark.parametrize("prompt", [None, [], "x", 3, {"1": None}, {"1": 3}, {"1": {"class_type": [], "inputs": {}}}])
def test_prompts_on_which_the_server_crashes(prompt: Any) -> None:
    answer = verdict(prompt, catalogs.bundled())
    assert (answer.accepted, answer.error) == (False, None)
    assert answer.crash
    assert found(prompt)[0].code == "malformed_prompt"


@pytest.mark.parametrize(
    ("prompt", "place"),
    [
        (changed("sampler", more=["nope", 0]), ("sampler", "more")),
        (
            {**changed("sampler", more=["x", 0]), "x": {"class_type": "ImageInvert", "inputs": {"image": ["nope", 0]}}},
            ("x", "image"),
        ),
    ],
)
def test_a_link_that_stops_the_server_is_an_error(prompt: Any, place: tuple[str, str]) -> None:
    """On ComfyUI 0.33, the thread that runs prompts ends on it, and no later prompt runs."""
    answer = verdict(prompt, catalogs.bundled())
    assert answer.accepted and not answer.nodes
    problem = error(prompt)
    assert (problem.code, problem.node, problem.input) == ("link_to_missing_node", *place)
    assert "until it is restarted" in str(problem)
    with pytest.raises(InvalidWorkflow):
        Workflow.load(prompt).compile()


def test_a_node_without_inputs_that_would_stop_the_server_is_compiled_with_some() -> None:
    """As above; the server accepts it if no output needs it."""
    prompt = {**PROMPT, "spare": {"class_type": "EmptyImage"}}
    answer = verdict(prompt, catalogs.bundled())
    assert answer.accepted and not answer.nodes
    (problem,) = [problem for problem in found(prompt) if problem.code == "node_without_inputs"]
    assert (problem.level, problem.node) == ("warning", "spare") and "until it is restarted" in str(problem)
    compiled = Workflow.load(prompt).compile()
    assert compiled.prompt == {**prompt, "spare": {"class_type": "EmptyImage", "inputs": {}}}


@pytest.mark.parametrize("class_type", [5, {}, ["1", 0], None, True])
def test_a_class_that_is_no_text_is_reported_as_none(class_type: Any) -> None:
    for problem in found({**PROMPT, "odd": {"class_type": class_type}}):
        assert problem.class_type is None and str(problem)


def test_unknown_classes_get_the_nearest_name() -> None:
    prompt = copy.deepcopy(PROMPT)
    prompt["sampler"]["class_type"] = "KSamplr"
    assert "did you mean 'KSampler'" in str(found(prompt)[0])
    assert verdict(prompt, catalogs.bundled()).error == "missing_node_type"


def test_good_branches_run_beside_bad_ones() -> None:
    prompt = changed("sampler", steps=0)
    prompt["image"] = {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}}
    prompt["shown"] = {"class_type": "PreviewImage", "inputs": {"images": ["image", 0]}}
    answer = verdict(prompt, catalogs.bundled())
    assert answer.accepted and answer.nodes == {"sampler": [("value_smaller_than_min", "steps")]}
    assert one(prompt).level == "error"


def test_errors_come_first() -> None:
    prompt = changed("sampler", steps=0, cfg=7.123, extra=1)
    prompt["4"]["inputs"]["width"] = 1001
    assert [p.level for p in found(prompt)] == ["error", "warning", "warning", "note"]


@pytest.mark.parametrize("sink", ["NoSuchClass", "VAEEncode"])
def test_all_problems_are_reported_where_the_output_is_unknown_or_none(sink: str) -> None:
    prompt = changed("sampler", steps="many", positive=["9", 0])
    prompt["save"] = {"class_type": sink, "inputs": {"pixels": ["6", 0], "vae": ["1", 2]}}
    codes = {problem.code for problem in found(prompt)}
    assert codes >= {"invalid_input_type", "link_to_missing_node"}
    assert codes & {"missing_node_type", "prompt_no_outputs"}


def old_adapter(meta: bool = True, **inputs: Any) -> dict[str, Any]:
    node: dict[str, Any] = {"class_type": "T2IAdapterLoader", "inputs": inputs}
    if meta:
        node["_meta"] = {"title": "adapter"}
    return {"1": node, "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}}}


def test_old_classes_are_judged_as_what_the_server_puts_in_their_place() -> None:
    problem = one(old_adapter(t2i_adapter_name="depth.safetensors"))
    assert (problem.code, problem.level, problem.hint) == ("replaced_class", "warning", "use ControlNetLoader")
    assert "these inputs: `t2i_adapter_name`" in problem.message
    assert verdict(old_adapter(t2i_adapter_name="depth.safetensors"), catalogs.bundled()).accepted


@pytest.mark.parametrize("prompt", [old_adapter(meta=False, t2i_adapter_name="a"), old_adapter()])
def test_where_the_server_fails_to_replace_a_class_it_answers_500(prompt: dict[str, Any]) -> None:
    answer = verdict(prompt, catalogs.bundled())
    assert (answer.accepted, answer.error) == (False, None)
    assert "fails to replace" in str(answer.crash)
    assert "malformed_prompt" in [problem.code for problem in found(prompt)]


def test_a_class_replaced_without_its_inputs_misses_them() -> None:
    inputs = {"conditioning_to_strength": 1.0}
    average = {"class_type": "ConditioningAverage ", "inputs": inputs, "_meta": {"title": ""}}
    answer = verdict(
        {"1": average, "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}}}, catalogs.bundled()
    )
    missing = {name for kind, name in answer.nodes["1"] if kind == "required_input_missing"}
    assert missing == {"conditioning_to", "conditioning_from", "conditioning_to_strength"}


def test_the_rule_book_names_each_rule_like_its_file() -> None:
    for rule in RULES:
        assert rule.__module__.startswith("ryla_graphs.validation.")
        assert rule.__module__.endswith(f".{rule.__name__}")
        assert rule.__doc__


def test_a_sampler_of_a_pack_is_taken_and_names_the_pack() -> None:
    problem = one(changed("sampler", sampler_name="res_2s"))
    assert (problem.code, problem.level) == ("choice_of_pack", "note")
    assert "ClownsharkBatwing/RES4LYF" in problem.message
    assert verdict(changed("sampler", sampler_name="res_2s"), catalogs.bundled()).accepted
    own = catalogs.from_object_info(catalogs.bundled("core").entries())
    assert verdict(changed("sampler", sampler_name="res_99s"), own).nodes["sampler"] == [
        ("value_not_in_list", "sampler_name")
    ]


def test_a_range_that_the_class_checks_itself_is_a_warning() -> None:
    prompt = {"1": {"class_type": "WanVideoDecode", "inputs": {"vae": ["2", 0], "samples": ["2", 0], "tile_x": 5}}}
    levels = {problem.code: problem.level for problem in found(prompt) if problem.input == "tile_x"}
    assert levels["value_smaller_than_min"] == "warning"


@pytest.mark.parametrize("class_type", ["ImpactInversedSwitch", "Power Puter (rgthree)"])
def test_a_class_may_answer_for_outputs_that_it_does_not_list(class_type: str) -> None:
    prompt: Any = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}},
        "2": {"class_type": class_type, "inputs": {"select": 1, "input": ["1", 0], "sel_mode": False}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 3], "filename_prefix": "a"}},
    }
    assert verdict(prompt, catalogs.bundled()).accepted
    prompt["3"]["inputs"]["images"] = ["1", 3]
    assert not verdict(prompt, catalogs.bundled()).accepted


def test_a_required_input_that_is_newer_than_the_graph_says_since_when() -> None:
    newer = {
        (name, spec.name)
        for name, schema in catalogs.bundled("core").items()
        if schema.output_node
        for spec in schema.inputs
        if spec.required and (span := catalogs.span_of(name, spec.name)) is not None and span.since
        if catalogs.span_of(name) != span
    }
    class_type, name = min(newer)
    prompt = {"1": {"class_type": class_type, "inputs": {}}}
    (hint,) = [p.hint for p in found(prompt) if p.code == "required_input_missing" and p.input == name]
    assert hint and hint.startswith("ComfyUI has this input since ComfyUI ")


def test_a_graph_with_millions_of_problems_costs_no_more_than_one_with_thousands() -> None:
    graph = {str(number): {"class_type": f"Nope{number}", "inputs": {}} for number in range(3_000)}
    found = validate(graph, catalogs.bundled())
    assert [problem.code for problem in found[-1:]] == ["more_problems"] and found[-1].level == "note"
    assert len(found) == 2_001 and found[0].level == "error" and found[19].hint is not None
    few = {number: graph[number] for number in list(graph)[:1_999]}
    assert "more_problems" not in {problem.code for problem in validate(few, catalogs.bundled())}
    empty = {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}}
    odd: dict[str, Any] = {
        "0": empty,
        "1": {"class_type": "SaveImage", "inputs": {"images": ["0", 0], "filename_prefix": "x"}},
    }
    odd["1"]["inputs"] |= {f"k{number}": number for number in range(3_000)}
    assert sum(problem.code == "unknown_input" for problem in validate(odd, catalogs.bundled())) == 2_000
