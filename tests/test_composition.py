"""Graphs made of graphs: equal nodes are one, ids tell the others apart, and nothing changes what is saved."""

from __future__ import annotations

import itertools
import json
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import AnyNode, InvalidWorkflow, Output, Workflow, presets
from ryla_graphs.catalogs import bundled
from ryla_graphs.formats import api
from ryla_graphs.graph.graph import Graph
from ryla_graphs.graph.passes import merge_twins
from ryla_graphs.nodes import (
    CheckpointLoaderSimple,
    CLIPTextEncode,
    EmptyImage,
    ImageInvert,
    LoadImage,
    PreviewAny,
    PreviewImage,
    SaveImage,
    UNETLoader,
    VAELoader,
)
from ryla_graphs.problems import InvalidParameters, NotFound
from ryla_graphs.testing import graphs
from tests.graphs import copies, text_to_image, unfolded
from tests.preset_examples import EXAMPLES


@st.composite
def small(draw: st.DrawFn) -> Workflow:
    """A picture of a colour or two, turned a few times; the nodes have names of a few, so parts have much in common."""
    names = draw(st.permutations(["a", "b", "c", None, None, None]))
    pictures: list[Any] = []
    for name in names[: draw(st.integers(1, 6))]:
        source = draw(st.sampled_from([None, *pictures]))
        node = EmptyImage(color=draw(st.integers(0, 1))) if source is None else ImageInvert(image=source)
        pictures.append(node if name is None else node.named(name))
    return Workflow(*[PreviewImage(images=picture) for picture in pictures])


@st.composite
def parts(draw: st.DrawFn) -> list[Workflow]:
    """Small graphs that often have nodes in common, and a random new one, as parts of parts."""
    again = draw(graphs(max_nodes=6))
    made = [*draw(st.lists(small(), min_size=1, max_size=4)), again, Workflow(*copies(again))]
    paths = st.lists(st.sampled_from("xy"), min_size=1, max_size=3)
    scopes = draw(st.lists(paths, min_size=len(made), max_size=len(made), unique_by=tuple))
    return [reduce(Workflow.prefixed, scope, workflow) for scope, workflow in zip(scopes, made, strict=True)]


@given(parts())
def test_parts_of_other_names_always_make_one_workflow(made: list[Workflow]) -> None:
    joined = Workflow.join(*made)
    assert len(set(joined.ids().values())) == len(joined)
    assert unfolded(joined.graph) == [sink for workflow in made for sink in unfolded(workflow.graph)]
    assert merge_twins(joined.graph) is joined.graph
    assert joined.compile().json() == joined.compile().json()


def test_a_shared_node_takes_no_name_that_another_may_fall_back_to() -> None:
    def part(colour: int, *scope: str) -> Workflow:
        workflow = Workflow(PreviewImage(images=EmptyImage(color=colour).named("a")))
        return reduce(Workflow.prefixed, scope[::-1], workflow)

    joined = Workflow.join(
        *(part(1, "p", "q"), part(1, "p", "r")),  # have p/a in common, which is one of
        *(part(2, "p"), part(2, "s")),  # and these would be a, but so would be
        *(part(3, "t"), part(3, "u")),
    )
    assert {number for number in joined.ids().values() if number.endswith("a")} == {"p/q/a", "p/a", "t/a"}


@given(parts())
def test_what_is_saved_keeps_its_id(made: list[Workflow]) -> None:
    named = [Workflow(*(sink.named(f"save {n}") for n, sink in enumerate(part.graph.sinks))) for part in made]
    joined = Workflow.join(*(part.prefixed(f"part {n}") for n, part in enumerate(named))).compile().prompt
    for n, part in enumerate(named):
        for sink in part.graph.sinks:
            assert joined[f"part {n}/{sink.name_}"]["class_type"] == sink.class_type


@given(graphs(), st.randoms(use_true_random=False))
def test_prefixing_changes_nothing_but_ids(workflow: Workflow, random: Any) -> None:
    prefixed = workflow.prefixed("day")
    assert unfolded(prefixed.graph) == unfolded(workflow.graph)
    consumed = {wire.source for wire in prefixed.graph.wires()}
    for sink in set(prefixed.graph.sinks) - consumed:
        assert prefixed.graph.ids[sink].startswith(f"day/{sink.class_type}"), "no node had a name"
    assert set(Workflow(*copies(workflow, itertools.count().__next__)).prefixed("day").ids().values()) == {
        f"day/{n}" for n in range(len(workflow))
    }


@given(graphs(max_nodes=8))
def test_a_copy_is_the_same_node_however_impure(workflow: Workflow) -> None:
    joined = Workflow.join(workflow, workflow.prefixed("again"))
    alone = merge_twins(workflow.graph)
    last = set(alone.sinks) - {wire.source for wire in alone.wires()}
    assert len(joined) == len(alone.nodes) + len(last), "only what is saved is there again"


def test_equal_nodes_of_one_name_are_one_and_unnamed_ones_take_the_name() -> None:
    def branch(loader: VAELoader, name: str) -> PreviewAny:
        return PreviewAny(source=loader).named(name)

    vae = [VAELoader(vae_name="ae.safetensors") for _ in range(3)]
    workflow = Workflow(branch(vae[0], "1"), branch(vae[1].named("vae"), "2"), branch(vae[2].named("vae"), "3"))
    assert workflow.validate() == []
    assert sorted(workflow.compile().prompt) == ["1", "2", "3", "vae"]


def test_different_nodes_of_one_name_are_refused_by_join() -> None:
    with pytest.raises(InvalidWorkflow, match="two nodes are called 'sampler'") as caught:
        Workflow.join(text_to_image(seed=1), text_to_image(seed=2))
    assert {problem.code for problem in caught.value.problems} == {"duplicate_name"}
    assert "prefixed(" in str(caught.value)


def test_parts_share_what_is_equal() -> None:
    day, night = (text_to_image(seed=seed).prefixed(name) for seed, name in ((1, "day"), (2, "night")))
    joined = Workflow.join(day, night, name="both")
    named = [number for number in joined.compile().prompt if not number.isdigit()]
    assert named == ["day/sampler", "day/save", "night/sampler", "night/save"]
    assert len(joined.find(CheckpointLoaderSimple)) == 1 and len(joined.find(CLIPTextEncode)) == 2
    assert joined.compile().name == "both"


def test_a_node_is_not_moved_to_the_part_of_an_unnamed_twin() -> None:
    def part(*images: EmptyImage | ImageInvert) -> Workflow:
        return Workflow(*(PreviewImage(images=image) for image in images))

    inverted = ImageInvert(image=EmptyImage(color=1)).named("c")
    first = part(EmptyImage().named("c")).prefixed("x")
    second = part(inverted, EmptyImage()).prefixed("y")
    third = part(EmptyImage()).prefixed("x").prefixed("y")
    prompt = Workflow.join(first, second, third).compile().prompt
    assert (prompt["x/c"]["class_type"], prompt["y/c"]["class_type"]) == ("EmptyImage", "ImageInvert")


def test_outputs_without_a_name_have_different_names() -> None:
    def part(colour: int) -> Workflow:
        return Workflow(*(PreviewImage(images=EmptyImage(color=colour + n)) for n in range(2)))

    joined = Workflow.join(part(1).prefixed("day"), part(5).prefixed("night")).compile()
    assert [output.node for output in joined.outputs] == [
        "day/PreviewImage", "day/PreviewImage_2", "night/PreviewImage", "night/PreviewImage_2",
    ]  # fmt: skip
    (image,) = joined.prompt["night/PreviewImage_2"]["inputs"].values()
    assert joined.prompt[image[0]]["inputs"]["color"] == 6


def test_a_part_has_a_name() -> None:
    with pytest.raises(InvalidWorkflow, match="cannot be the name"):
        text_to_image().prefixed("")


def test_parts_of_parts() -> None:
    inner = text_to_image().prefixed("in").prefixed("out")
    assert {"out/in/sampler", "out/in/save"} <= inner.compile().prompt.keys()
    node = inner.node("out/in/sampler")
    assert node.named("other").name_ == "other"
    assert node.replace(steps=3).name_ == "out/in/sampler"


def test_notices_and_catalogs_go_along() -> None:
    noted = presets.get("flux-dev").build(prompt="x", negativePrompt="y", seed=1)
    joined = Workflow.join(noted.prefixed("a"), presets.get("flux-instantid").build(prompt="x", referenceImage="r"))
    assert [problem.code for problem in joined.validate() if problem.level != "note"] == ["negative_without_effect"]
    loaded = Workflow.load(text_to_image().compile().prompt, catalog=bundled("core"))
    assert Workflow.join(loaded.prefixed("a"), noted.prefixed("b")).compile().prompt.keys() >= {"a/1", "b/sampler"}


def test_a_prefixed_preset_still_names_the_parameter() -> None:
    workflow = presets.get("flux-dev").build(prompt="x", seed=1).prefixed("day")
    assert workflow.compile().decisions["day/sampler", "steps"] == ("steps",)


def test_the_picture_of_a_workflow() -> None:
    workflow = text_to_image()
    assert isinstance(workflow.picture, Output) and workflow.picture.type == "IMAGE"
    image = EmptyImage(width=64, height=64)
    two = Workflow(SaveImage(images=image).named("front"), PreviewImage(images=ImageInvert(image=image)).named("side"))
    assert list(two.pictures) == ["front", "side"]
    with pytest.raises(NotFound, match=r"has 2 pictures, not one; take pictures\['front'\]"):
        two.picture  # noqa: B018
    with pytest.raises(NotFound, match="has 0 pictures"):
        Workflow(PreviewAny(source="x")).picture  # noqa: B018
    read = Workflow.load(text_to_image().compile().prompt)
    assert list(read.pictures) == ["save"]


def portrait(**more: Any) -> Workflow:
    return presets.get("flux-dev").build({"prompt": "a man", "seed": 1} | more)


def picture_parameters() -> list[Any]:
    """Every parameter of every preset that names a picture."""
    found = []
    for name in presets.NAMES:
        for field, fact in presets.get(name).parameters.model_fields.items():
            words = {word.lower() for word in field.split("_")}
            if words & {"image", "picture", "reference", "mask"} and "str" in str(fact.annotation):
                found.append(pytest.param(name, fact.alias or field, id=f"{name}-{fact.alias}"))
    return found


@pytest.mark.parametrize(("name", "parameter"), picture_parameters())
def test_every_preset_that_takes_a_picture_takes_one_from_another_graph(name: str, parameter: str) -> None:
    example = next(given for preset, given in EXAMPLES.values() if preset == name and parameter in given)
    alone = presets.get(name).build(example).compile().prompt
    first = portrait(prompt="somebody else")
    composed = presets.get(name).build(example | {parameter: first.picture}).compile()
    loaded = [node for node, body in alone.items() if example.get(parameter) in body["inputs"].values()]
    assert composed.prompt.keys() >= alone.keys() - set(loaded), "its own ids stay"
    added = composed.prompt.keys() - alone.keys()
    assert {f"{parameter}/sampler", f"{parameter}/picture"} <= added
    assert all(number.startswith(f"{parameter}/") or number in first.compile().prompt for number in added)
    for node in (UNETLoader, VAELoader):
        values = [str(body) for body in composed.prompt.values() if body["class_type"] == node.CLASS_TYPE]
        assert len(values) == len(set(values)), "no loader twice"


def test_there_are_presets_that_take_pictures() -> None:
    assert ("flux-instantid", "referenceImage") in [param.values for param in picture_parameters()]


def test_a_composed_preset_names_parameters_and_says_what_it_was_given() -> None:
    composed = presets.get("flux-instantid").build(prompt="x", referenceImage=portrait().picture, seed=2).compile()
    assert composed.decisions["sampler", "steps"] == ("steps",)
    assert composed.decisions["identity", "image"] == ("referenceImage",)
    assert json.dumps(dict(composed.parameters)) and "VAEDecode 'picture'" in composed.parameters["referenceImage"]


def test_the_same_picture_twice_is_made_once() -> None:
    photo = LoadImage(image="a.png").out.image
    odd = AnyNode(of="RandomPicture", inputs={"image": photo}).output(0)
    first = presets.get("flux-instantid").build(prompt="x", referenceImage=odd, seed=1)
    second = presets.get("flux-instantid").build(prompt="y", referenceImage=odd, seed=1)
    joined = Workflow.join(first.prefixed("first"), second.prefixed("second"))
    assert [node.class_type for node in joined].count("RandomPicture") == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (portrait(), "is a whole workflow, give its `picture`"),
        (VAELoader(vae_name="x"), "has to be a picture, this link carries VAE"),
        (CheckpointLoaderSimple(ckpt_name="x"), "Input should be a valid string"),
        (["picture", 0], "Input should be a valid string"),
        ("", "at least 1 character"),
    ],
)
def test_what_is_no_picture_is_reported(given: Any, message: str) -> None:
    with pytest.raises(InvalidParameters, match=message) as caught:
        presets.get("flux-instantid").build(prompt="x", referenceImage=given)
    assert [problem.parameter for problem in caught.value.problems] == ["referenceImage"]


def test_json_takes_only_names() -> None:
    schema = presets.get("flux-instantid").parameters.model_json_schema()
    assert schema["properties"]["referenceImage"]["type"] == "string"


def test_composed_graphs_are_accepted_by_the_server() -> None:
    from ryla_graphs.validation import verdict

    composed = presets.get("flux-instantid").build(prompt="x", referenceImage=portrait().picture, seed=2)
    assert verdict(composed.compile().prompt, bundled()).accepted
    assert api.dump(Graph(composed.graph.sinks)) == composed.compile().prompt
