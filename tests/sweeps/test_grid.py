"""Grids: one graph that is as good as its cells, loaders once, and errors that are reported once."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import Workflow, presets
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.nodes import EmptyImage, PreviewImage
from ryla_graphs.presets.flux_dev import flux_dev
from ryla_graphs.presets.flux_instantid import flux_instantid
from ryla_graphs.problems import InvalidParameters, InvalidWorkflow
from ryla_graphs.sweeps import Grid, grid
from tests.graphs import unfolded

VALUES: dict[str, list[Any]] = {
    "seed": [0, 1, 2, 3],
    "guidance": [1.0, 2.5, 3.5],
    "cfg": [1.0, 2.0],
    "steps": [1, 2],
    "prompt": ["a red bicycle", "a street, at noon", "a street, at night " * 10],
    "negativePrompt": ["", "blurry"],
    "width": [64, 128],
    "unetName": ["flux1-dev.safetensors", "Flux1-Dev.safetensors"],
}


@st.composite
def axes(draw: st.DrawFn) -> dict[str, list[Any]]:
    chosen = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=3, unique=True))
    return {name: draw(st.lists(st.sampled_from(VALUES[name]), min_size=1, unique=True)) for name in chosen}


def swept(varied: dict[str, list[Any]]) -> Grid:
    fixed = {"prompt": "a red bicycle", "seed": 7}
    return grid(flux_dev, varied, {name: value for name, value in fixed.items() if name not in varied})


def contents(compiled: CompiledWorkflow) -> Counter[str]:
    """The nodes without their ids, which equal nodes have the same."""
    return Counter(
        json.dumps([body["class_type"], body["inputs"]], sort_keys=True)
        for body in compiled.prompt.values()
        if body["class_type"] != "SaveImage"
    )


@given(axes())
def test_one_graph_has_everything_once(varied: dict[str, list[Any]]) -> None:
    assert set(contents(swept(varied).workflow().compile()).values()) == {1}


@given(axes())
def test_every_cell_of_the_one_graph_is_the_graph_of_its_parameters(varied: dict[str, list[Any]]) -> None:
    made = swept(varied)
    whole = made.workflow()
    assert len(made) == len({cell.name for cell in made}) == len(whole.compile().outputs)
    by_id = dict(zip((whole.ids()[sink] for sink in whole.graph.sinks), unfolded(whole.graph), strict=True))
    for cell in made:
        alone = flux_dev.build({"prompt": "a red bicycle", "seed": 7} | dict(cell.values))
        (save,) = [number for number in by_id if made.cells_of(number) == (cell,)]
        assert [by_id[save]] == unfolded(alone.graph)
        assert cell.workflow.compile().json() == alone.compile().json()
        assert set(cell.parts) <= set(save.split("/"))


@given(axes(), st.randoms(use_true_random=False))
def test_the_order_of_axes_only_orders_outputs(varied: dict[str, list[Any]], random: Any) -> None:
    names = list(varied)
    random.shuffle(names)
    other = swept({name: varied[name] for name in names})
    made = swept(varied)
    assert made.workflow().compile().json() == other.workflow().compile().json()
    assert {cell.name for cell in made} == {cell.name for cell in other}
    last = other.axes[-1].parameter
    assert [cell.values[last] for cell in other][: len(varied[last])] == varied[last]


@given(axes())
def test_the_same_grid_twice_is_the_same_bytes(varied: dict[str, list[Any]]) -> None:
    assert swept(varied).workflow().compile().json() == swept(varied).workflow().compile().json()


NOTHING_DRAWN = {"upscale", "remove-background"}


def loaders(prompt: Any, axis: str) -> Counter[str]:
    """How often each class that loads something is there, but for the pictures that are swept."""
    classes = (body["class_type"] for body in prompt.values())
    return Counter(kind for kind in classes if "Load" in kind and (axis, kind) != ("image", "LoadImage"))


@pytest.mark.parametrize("name", presets.NAMES)
def test_every_preset_can_be_swept(name: str) -> None:
    preset = presets.get(name)
    # A preset that draws nothing at random is swept over the picture that it works on, which each cell loads itself.
    axis, values = ("image", ["a.png", "b.png"]) if name in NOTHING_DRAWN else ("seed", [1, 2])
    made = grid(preset, {axis: values}, {key: value for key, value in preset.example.items() if key != axis})
    whole = made.workflow().compile()
    alone = next(iter(made.compiled.values()))
    assert len(whole.outputs) == 2 * len(alone.outputs)
    assert loaders(whole.prompt, axis) == loaders(alone.prompt, axis)
    assert all(len(made.cells_of(output.node)) == 1 for output in whole.outputs)


def test_ids_tell_cells_apart_by_what_they_depend_on() -> None:
    prompt = grid(flux_dev, {"seed": [1, 2], "guidance": [2.5, 3.5]}, prompt="x").workflow().compile().prompt
    assert {"flux", "vae", "text-encoders", "prompt", "canvas", "guidance=2.5/guidance"} <= prompt.keys()
    assert {"guidance=2.5/seed=1/sampler", "guidance=3.5/seed=2/save"} <= prompt.keys()


@pytest.mark.parametrize("asked", [{}, {"seed": -1}, {"seed": "random"}])
def test_what_is_drawn_is_drawn_once_for_all_cells(asked: dict[str, Any]) -> None:
    made = grid(flux_dev, {"guidance": [2.5, 3.5]}, prompt="x", **asked)
    assert len({cell.parameters["seed"] for cell in made}) == 1
    assert made.fixed["seed"] == made.cells[0].parameters["seed"]


@pytest.mark.parametrize("preset", ["flux-dev", "character-sheet", "seedvr2-upscale"])
@pytest.mark.parametrize("asked", [[-1, 7, "random", "-1"], {"a": -1, "b": 7, "c": "random", "d": -1}])
def test_a_seed_to_be_drawn_is_drawn_once_for_its_value_on_the_axis(preset: str, asked: Any) -> None:
    chosen = presets.get(preset)
    other = next(
        name for name in ("guidance", "count", "prompt", "resolution") if name in chosen.parameters.model_fields
    )
    (first, second) = (2.5, 3.5) if other == "guidance" else (1024, 1152) if other == "resolution" else ("a", "b")
    given = {name: value for name, value in chosen.example.items() if name not in ("seed", other)}
    made = grid(chosen, {"seed": asked, other: [first, second]}, given)
    (seeds,) = (axis for axis in made.axes if axis.parameter == "seed")
    assert len(set(seeds.values)) == 4 and all(isinstance(seed, int) and seed >= 0 for seed in seeds.values)
    assert [cell.parameters["seed"] for cell in made] == [seed for seed in seeds.values for _ in range(2)]
    if isinstance(asked, list):
        assert seeds.labels == tuple(map(str, seeds.values))
        assert {cell.name for cell in made} >= {f"{other}={first},seed={seed}" for seed in seeds.values}
    again = grid(chosen, {axis.parameter: axis.values for axis in made.axes}, given)
    assert [cell.workflow for cell in again] == [cell.workflow for cell in made]


def test_defaults_that_follow_from_others_still_do() -> None:
    made = grid(presets.get("base-images"), {"seed": [1, 100]}, prompt="x", count=2)
    assert [cell.parameters["seeds"] for cell in made] == [[1, 2], [100, 101]]


def test_names_in_either_case_are_one_parameter() -> None:
    made = grid(flux_dev, {"negative_prompt": ["a", "b"]}, {"prompt": "x"}, unet_name="u", cfg=2)
    assert [axis.parameter for axis in made.axes] == ["negativePrompt"] and made.fixed["unetName"] == "u"
    with pytest.raises(InvalidParameters, match="is both swept and given one value"):
        grid(flux_dev, {"negative_prompt": ["a", "b"]}, prompt="x", negativePrompt="c")
    with pytest.raises(InvalidParameters, match="given twice, as `unet_name` and as `unetName`"):
        grid(flux_dev, {"unet_name": ["a"], "unetName": ["b"]}, prompt="x")
    with pytest.raises(InvalidParameters, match="given twice, as `unetName` and as `unet_name`"):
        grid(flux_dev, {"seed": [1]}, {"unetName": "a"}, unet_name="b", prompt="x")


def test_labels_name_long_values() -> None:
    made = grid(flux_dev, {"prompt": {"day": "a street at noon", "night": "a street at midnight"}}, seed=1)
    assert [(cell.name, cell.values["prompt"]) for cell in made] == [
        ("prompt=day", "a street at noon"),
        ("prompt=night", "a street at midnight"),
    ]


@given(st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=4, unique=True))
def test_names_of_cells_are_names_of_files(values: list[str]) -> None:
    made = grid(flux_dev, {"prompt": values, "unetName": values}, seed=1)
    names = [cell.name.casefold() for cell in made]
    assert len(set(names)) == len(names)
    for name in names:
        assert len(name.encode()) <= 240 and not set(name) & set('/\\:*?"<>|\0\n') and name.isprintable()


def test_pictures_of_other_graphs_can_be_swept() -> None:
    faces = {name: flux_dev.build(prompt=f"a portrait of {name}", seed=1).picture for name in ("ann", "bo")}
    made = grid(flux_instantid, {"referenceImage": faces, "seed": [1, 2]}, prompt="a knight")
    whole = made.workflow().compile()
    assert len(whole.outputs) == 4
    classes = Counter(body["class_type"] for body in whole.prompt.values())
    assert (classes["UNETLoader"], classes["CheckpointLoaderSimple"], classes["KSampler"]) == (1, 1, 2 + 2 + 4)


def test_any_function_can_be_swept() -> None:
    def picture(width: int, color: int = 0) -> Workflow:
        return Workflow(PreviewImage(images=EmptyImage(width=width, height=64, color=color)))

    made = grid(picture, {"width": [64, 128], "color": [0, 1]})
    whole = made.workflow().compile()
    assert len(whole.outputs) == 4 and len(whole.prompt) == 8
    assert sorted(made.cells_of(output.node)[0].name for output in whole.outputs) == sorted(made.workflows())
    with pytest.raises(InvalidParameters, match=r"EmptyImage\.width") as caught:
        grid(picture, {"width": [64, -1], "color": [0, 1]})
    assert [problem.input for problem in caught.value.problems] == ["width"]


def test_a_graph_that_gives_the_same_node_to_every_cell() -> None:
    shared = PreviewImage(images=EmptyImage(width=64, height=64)).named("shared")
    loaded = Workflow(shared, PreviewImage(images=EmptyImage(width=64, height=128).named("other")))

    def changed(height: int) -> Workflow:
        return loaded.replace(loaded.node("other"), EmptyImage(width=64, height=height).named("other"))

    made = grid(changed, {"height": [64, 96]})
    whole = made.workflow().compile()
    assert Counter(cell.name for output in whole.outputs for cell in made.cells_of(output.node)) == {
        "height=64": 2,
        "height=96": 2,
    }


def test_all_problems_of_all_cells_come_at_once_and_each_once() -> None:
    with pytest.raises(InvalidParameters) as caught:
        grid(flux_dev, {"seed": [1, -2, -3], "guidance": [2.5, 300]}, width=1000, sed=3)
    found = [(problem.code, problem.parameter) for problem in caught.value.problems]
    assert sorted(found, key=str) == sorted(
        [
            ("missing_parameter", "prompt"),
            ("bad_parameter", "width"),
            ("unknown_parameter", "sed"),
            ("bad_parameter", "guidance"),
            ("bad_parameter", "seed"),
            ("bad_parameter", "seed"),
        ],
        key=str,
    )
    assert "(in " not in str(caught.value)


def test_a_problem_of_some_cells_names_them() -> None:
    with pytest.raises(InvalidParameters) as caught:
        grid(presets.get("flux-lora"), {"loraId": ["a", None], "steps": [1, 2, 3, 4]}, prompt="x")
    (problem,) = caught.value.problems
    assert problem.message.endswith("(in loraId=null,steps=1; loraId=null,steps=2; loraId=null,steps=3 and 1 more)")


@pytest.mark.parametrize(
    ("given_axes", "message"),
    [
        ({}, "at least one parameter"),
        ({"seed": 5}, "takes a list of values"),
        ({"prompt": "text"}, "takes a list of values"),
        ({"seed": []}, "has no values"),
        ({"seed": [1, 2, 1]}, "has 1 twice"),
        ({"seed": iter([1])}, "takes a list of values"),
        ({"steps": [1]}, "is both swept and given one value"),
        ({"seed": range(101)}, "the sweep has 101 cells, and 100 are allowed"),
        ({"seed": range(10**12)}, "the sweep has 1,000,000,000,000 cells"),
    ],
)
def test_bad_axes(given_axes: Any, message: str) -> None:
    with pytest.raises(InvalidParameters, match=message):
        grid(flux_dev, given_axes, prompt="x", steps=4)


def test_more_cells_on_request() -> None:
    assert len(grid(flux_dev, {"seed": range(101)}, prompt="x", most_cells=101)) == 101


def test_what_a_graph_does_wrong_is_reported_before_anything_runs() -> None:
    made = grid(lambda width: Workflow(EmptyImage(width=width, height=64)), {"width": [64, 128]})
    with pytest.raises(InvalidWorkflow, match="no node saves") as caught:
        made.compiled  # noqa: B018
    assert len(caught.value.problems) == 1


def test_warnings_are_reported_once_and_name_their_cells() -> None:
    made = grid(flux_dev, {"cfg": [1.0, 2.0], "seed": [1, 2]}, prompt="x", negativePrompt="y")
    (problem,) = [problem for problem in made.problems if problem.level == "warning"]
    assert problem.code == "negative_without_effect" and problem.message.endswith("(in cfg=1.0,seed=1; cfg=1.0,seed=2)")
    whole = made.workflow().compile()
    assert whole.parameters["cfg"] == [1.0, 2.0] and whole.parameters["prompt"] == "x"


def test_the_one_graph_still_names_parameters() -> None:
    decisions = grid(flux_dev, {"seed": [1, 2]}, prompt="x").workflow().compile().decisions
    assert decisions["seed=2/sampler", "steps"] == ("steps",)
    assert decisions["flux", "unet_name"][0] == "unetName"


def test_axes_in_step() -> None:
    made = grid(flux_dev, {"seed": [1, 2, 3], "prompt": ["a cat", "a cat", "a dog"]}, zipped=True)
    assert [tuple(cell.values.values()) for cell in made] == [(1, "a cat"), (2, "a cat"), (3, "a dog")]
    assert len({cell.name for cell in made}) == 3
    assert made.judged_by(None).zipped
    assert {cell for output in made.whole.outputs for cell in made.cells_of(output.node)} == set(made)
    with pytest.raises(InvalidParameters, match="as many on each axis: seed has 2, steps has 3"):
        grid(flux_dev, {"seed": [1, 2], "steps": [1, 2, 3]}, prompt="x", zipped=True)
    with pytest.raises(InvalidParameters, match="3 cells, and 2 are allowed"):
        grid(flux_dev, {"seed": [1, 2, 3], "steps": [1, 2, 3]}, prompt="x", zipped=True, most_cells=2)
