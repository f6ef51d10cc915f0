"""Graphs that exist: read into typed nodes, changed by path, and nothing else moves."""

from __future__ import annotations

import gzip
import json
import pickle
from itertools import islice
from typing import Any

import pytest
from hypothesis import given

from ryla_graphs import AnyNode, InvalidWorkflow, Workflow
from ryla_graphs.catalogs import bundled
from ryla_graphs.formats import api
from ryla_graphs.nodes import (
    BatchImagesNode,
    EmptyImage,
    KSampler,
    LoadImage,
    ResizeImageMaskNode,
    SaveImage,
)
from ryla_graphs.prompt import Prompt
from ryla_graphs.testing import graphs
from tests.conftest import recorded
from tests.graphs import text_to_image

Resize = ResizeImageMaskNode.ResizeType


def read(workflow: Workflow) -> Workflow:
    """The same graph as somebody brings it."""
    return Workflow.load(json.loads(workflow.compile().json()))


@given(graphs())
def test_a_graph_that_was_read_has_the_typed_nodes_it_was_written_with(workflow: Workflow) -> None:
    prompt = json.loads(workflow.compile().json())
    again = Workflow.load(prompt)
    written = {number: node.class_type for node, number in again.graph.ids.items() if isinstance(node, AnyNode)}
    assert written == {}
    assert api.encode(api.dump(again.graph)) == workflow.compile().json()


def test_numbers_stay_as_they_are_written() -> None:
    prompt = json.loads(text_to_image().compile().json())
    prompt["sampler"]["inputs"]["cfg"] = 7
    workflow = Workflow.of(api.build(Prompt(prompt, bundled())))
    for changed in (workflow, workflow.set("sampler.steps", 20), workflow.set("2.text", "a red bicycle")):
        cfg = api.dump(changed.graph)["sampler"]["inputs"]["cfg"]
        assert type(cfg) is int and changed == workflow and isinstance(changed.node("sampler"), KSampler)


@pytest.mark.parametrize(
    "inputs",
    [
        {"cfg": "7.5"},  # the server converts it
        {"cfg": None},
        {"steps": 0},
        {"sampler_name": "eulr"},
        {"strange": 3},
        {"model": ["nowhere", 0]},
        {"model": ["sampler", 0]},
        {"model": 3},
    ],
)
def test_what_is_not_valid_for_the_class_stays_as_it_is(inputs: dict[str, Any]) -> None:
    prompt = json.loads(text_to_image().compile().json())
    prompt["sampler"]["inputs"] |= inputs
    workflow = Workflow.load(prompt)
    assert api.dump(workflow.graph) == prompt
    assert workflow.find(KSampler) == () and len(workflow.find("KSampler")) == 1


def test_a_missing_input_is_not_filled_in() -> None:
    prompt = json.loads(text_to_image().compile().json())
    del prompt["sampler"]["inputs"]["steps"]
    assert api.dump(Workflow.load(prompt).graph) == prompt


def test_what_the_editor_leaves_stays() -> None:
    body = {"class_type": "LoadImage", "inputs": {"image": "a.png", "upload": "image"}}
    prompt = {"1": body, "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}}
    workflow = Workflow.load(prompt)
    (loader,) = workflow.find(LoadImage)
    assert loader.image == "a.png" and api.dump(workflow.graph) == prompt
    for changed in (workflow.set("1.image", "b.png"), workflow.replace(loader, loader.replace(image="b.png"))):
        assert changed.find(LoadImage)[0].image == "b.png"
        assert changed.compile().prompt["1"]["inputs"] == {"image": "b.png", "upload": "image"}
    assert pickle.loads(pickle.dumps(changed)) == changed


@pytest.mark.parametrize("name", ["pairs.dev.jsonl.gz", "verdicts.dev.jsonl.gz"])
def test_recorded_prompts_are_written_again_as_they_were(name: str) -> None:
    typed = 0
    with gzip.open(recorded(name), "rt", encoding="utf-8") as lines:
        for line in islice(lines, 0, None, 7):
            row = json.loads(line)
            prompt = row.get("api") or row.get("prompt")
            prompt = api.plain(prompt) if isinstance(prompt, dict) else None
            if prompt is None:
                continue
            graph = api.build(Prompt(prompt, bundled()))
            typed += sum(not isinstance(node, AnyNode) for node in graph.nodes)
            written = api.dump(graph)
            assert written.keys() == prompt.keys()
            for number, body in prompt.items():
                assert written[number] == {**body, "inputs": counted(body["inputs"], prompt)}, (number, row.get("name"))
    assert typed > 100


def counted(inputs: dict[str, Any], prompt: Any) -> dict[str, Any]:
    """The inputs with slots that count from the last output counted from the first."""
    for name, value in inputs.items():
        match value:
            case [str(source), int(slot)] if slot < 0 and source in prompt:
                count = len(bundled()[prompt[source]["class_type"]].outputs)
                inputs = {**inputs, name: [source, slot + count]}
    return inputs


def resized() -> Workflow:
    """A picture resized by a node whose id has dots."""
    node = ResizeImageMaskNode(
        input=LoadImage(image="a.png").out.image, resize_type=Resize.ScaleDimensions(width=100, height=200)
    )
    return Workflow(SaveImage(images=node.named("a.b").out.resized, filename_prefix="x"))


@pytest.fixture(params=["written", "read"])
def either(request: pytest.FixtureRequest) -> Any:
    """What tests hold for graphs that were written, and for graphs that were read."""
    return (lambda workflow: workflow) if request.param == "written" else read


def test_set_changes_one_input(either: Any) -> None:
    workflow = either(text_to_image())
    changed = workflow.set("sampler.steps", 30)
    assert changed.find(KSampler)[0].steps == 30 and workflow.find(KSampler)[0].steps == 20
    before, after = dict(workflow.compile().prompt), dict(changed.compile().prompt)
    assert after.pop("sampler") != before.pop("sampler") and after == before
    assert changed.set("sampler.steps", 20) == workflow
    assert changed.find(KSampler)[0].source_.startswith(__file__)


def test_set_changes_several_at_once_and_wires(either: Any) -> None:
    workflow = either(text_to_image())
    canvas = EmptyImage(width=64, height=64).named("canvas")
    changed = workflow.set({"sampler.seed": 2, "save.filename_prefix": "y", "save.images": canvas.out.image})
    prompt = changed.compile().prompt
    assert prompt["save"]["inputs"] == {"images": ["canvas", 0], "filename_prefix": "y"}
    changed = workflow.set({"2.text": "b", "sampler.cfg": 3.0})
    prompt = changed.compile().prompt
    assert (prompt["2"]["inputs"]["text"], prompt["sampler"]["inputs"]["cfg"]) == ("b", 3.0)


def test_set_tells_all_that_is_wrong(either: Any) -> None:
    workflow = either(text_to_image())
    latent = workflow.node("4").output(0)
    wrong = {
        "samplr.steps": 3,
        "sampler.stps": 3,
        "sampler.cfg": 900.0,
        "3.clip": latent,
        "save": 1,
        "save.images": None,
    }
    with pytest.raises(InvalidWorkflow) as caught:
        workflow.set({**wrong, "sampler.sampler_name": "eulr"})
    found = {(problem.node, problem.input): problem.code for problem in caught.value.problems}
    assert found == {
        ("samplr", None): "unknown_node",
        ("sampler", "stps"): "unknown_input",
        ("sampler", "cfg"): "value_bigger_than_max",
        ("sampler", "sampler_name"): "value_not_in_list",
        ("3", "clip"): "return_type_mismatch",
        (None, None): "unknown_node",
    }
    assert all(problem.source and problem.source.startswith(__file__) for problem in caught.value.problems)
    shown = str(caught.value)
    assert "did you mean 'sampler'?" in shown and "did you mean 'steps'" in shown and "images, filename_prefix" in shown
    with pytest.raises(InvalidWorkflow, match="is missing"):
        workflow.set("save.images", None)


def test_set_knows_dynamic_inputs(either: Any) -> None:
    workflow = either(resized())

    def inputs(changed: Workflow) -> dict[str, Any]:
        found = changed.compile().prompt["a.b"]["inputs"]
        return {name: value for name, value in found.items() if name.startswith("resize_type")}

    assert inputs(workflow.set("a.b.resize_type.width", 7)) == {
        "resize_type": "scale dimensions", "resize_type.width": 7, "resize_type.height": 200,
        "resize_type.crop": "center",
    }  # fmt: skip
    assert inputs(workflow.set("a.b.resize_type", "scale longer dimension")) == {
        "resize_type": "scale longer dimension", "resize_type.longer_size": 512,
    }  # fmt: skip
    both = {"a.b.resize_type": "scale width", "a.b.resize_type.width": 9}
    assert inputs(workflow.set(both)) == {"resize_type": "scale width", "resize_type.width": 9}
    assert workflow.set(both) == workflow.set("a.b.resize_type", Resize.ScaleWidth(width=9))
    for wrong, code in (
        ({"a.b.resize_type": "scale wdth"}, "unknown_choice"),
        ({"a.b.resize_type.width": -3}, "value_smaller_than_min"),
        ({"a.b.resize_type.longer_size": 3}, "unknown_input"),
    ):
        with pytest.raises(InvalidWorkflow) as caught:
            workflow.set(wrong)
        assert [problem.code for problem in caught.value.problems] == [code]


def test_set_knows_inputs_that_grow(either: Any) -> None:
    images = [EmptyImage(width=8 * n, height=8).out.image for n in range(1, 4)]
    workflow = either(Workflow(SaveImage(images=BatchImagesNode(images=images).named("b"), filename_prefix="x")))
    wires = [output for _, output in workflow.node("b").given_inputs()]
    fewer = workflow.set("b.images", wires[:2])
    assert list(fewer.compile().prompt["b"]["inputs"]) == ["images.image0", "images.image1"]
    assert fewer == workflow.set("b.images.image2", None)
    with pytest.raises(InvalidWorkflow, match="is missing"):
        workflow.set("b.images.image0", None)


def test_an_unknown_class_takes_anything() -> None:
    prompt = {"1": {"class_type": "Mine", "inputs": {"a": 1}}, "2": {"class_type": "Mine", "inputs": {"b": ["1", 0]}}}
    changed = Workflow.load(prompt).set({"1.c": "x", "2.b": 4})
    assert api.dump(changed.graph) == {
        "1": {"class_type": "Mine", "inputs": {"a": 1, "c": "x"}},
        "2": {"class_type": "Mine", "inputs": {"b": 4}},
    }


def test_a_value_that_was_wrong_can_be_set_right() -> None:
    prompt = json.loads(text_to_image().compile().json())
    prompt["sampler"]["inputs"]["steps"] = 0
    workflow = Workflow.load(prompt)
    assert workflow.find(KSampler) == ()
    assert workflow.set("sampler.steps", 20) == text_to_image()
    assert workflow.set("sampler.steps", 20).find(KSampler)[0].steps == 20


def test_an_input_without_its_node_is_answered_with_the_path() -> None:
    workflow = Workflow(SaveImage(images=EmptyImage(width=64, height=64).named("canvas"), filename_prefix="x"))
    with pytest.raises(InvalidWorkflow) as caught:
        workflow.set("width", 128)
    assert caught.value.problems[0].hint == "write 'canvas.width'"
