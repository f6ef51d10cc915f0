"""Workflows: values, stable ids and bytes, any depth."""

from __future__ import annotations

import json
from typing import Any

import networkx as nx
import pytest

from ryla_graphs import AnyNode, InvalidNode, InvalidWorkflow, Workflow
from ryla_graphs.formats import api
from ryla_graphs.nodes import (
    CheckpointLoaderSimple,
    CLIPTextEncode,
    EmptyImage,
    EmptyLatentImage,
    ImageInvert,
    KSampler,
    PreviewAny,
    PreviewImage,
    SaveImage,
    VAEDecode,
)
from ryla_graphs.problems import InvalidDocument, NotFound
from tests.graphs import chain, text_to_image


def test_compiled_json_is_what_comfyui_takes() -> None:
    prompt = text_to_image().compile().prompt
    assert list(prompt) == ["1", "2", "3", "4", "sampler", "6", "save"]
    assert prompt["sampler"] == {
        "class_type": "KSampler",
        "inputs": {
            "model": ["1", 0],
            "seed": 1,
            "steps": 20,
            "cfg": 7.0,
            "sampler_name": "euler",
            "scheduler": "normal",
            "positive": ["2", 0],
            "negative": ["3", 0],
            "latent_image": ["4", 0],
            "denoise": 1.0,
        },
    }


def test_names_are_ids_and_edits_elsewhere_do_not_move_them() -> None:
    workflow = text_to_image()
    sampler = workflow.find(KSampler)[0]
    wider = workflow.replace(
        sampler, sampler.replace(latent_image=EmptyLatentImage(width=64, height=64).named("small"))
    )
    assert {"sampler", "save", "small"} <= wider.compile().prompt.keys()


def test_a_number_that_is_a_name_is_given_to_no_other_node() -> None:
    image = EmptyImage(width=64, height=64).named("2")
    ids = list(Workflow(SaveImage(images=ImageInvert(image=image), filename_prefix="x")).compile().prompt)
    assert sorted(ids) == ["2", "3", "4"]


def test_two_nodes_of_one_name_are_refused() -> None:
    one = EmptyImage(width=64, height=64).named("image")
    two = ImageInvert(image=one).named("image")
    workflow = Workflow(SaveImage(images=two, filename_prefix="x"))
    with pytest.raises(InvalidWorkflow, match="two nodes are called 'image'"):
        workflow.compile()
    assert [problem.code for problem in workflow.validate()] == ["duplicate_name"]


def test_titles_are_written_for_the_editor() -> None:
    image = EmptyImage(width=64, height=64).named("image", title="A black picture")
    prompt = Workflow(PreviewImage(images=image)).compile().prompt
    assert prompt["image"]["_meta"] == {"title": "A black picture"}
    assert Workflow.load(prompt).compile().prompt == prompt


def test_what_no_sink_reaches_is_not_in_it() -> None:
    image = EmptyImage(width=64, height=64)
    ImageInvert(image=image)
    assert len(Workflow(PreviewImage(images=image))) == 2


def test_replace_exchanges_a_node_and_all_that_depends_on_it() -> None:
    workflow = text_to_image()
    (sampler,) = workflow.find(KSampler)
    other = workflow.replace(sampler, sampler.replace(steps=30))
    assert other.compile().prompt["sampler"]["inputs"]["steps"] == 30
    assert workflow.compile().prompt["sampler"]["inputs"]["steps"] == 20
    with pytest.raises(NotFound, match="not in this workflow"):
        other.replace(sampler, sampler)


def test_replace_refuses_what_does_not_fit() -> None:
    workflow = text_to_image()
    (sampler,) = workflow.find(KSampler)
    with pytest.raises(InvalidNode, match="does not fit an input of type LATENT"):
        workflow.replace(sampler, EmptyImage(width=64, height=64))


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        (lambda node: node, KSampler, r"KSampler.*is a class, not a node.*write KSampler\(\.\.\.\)"),
        (lambda _: KSampler, EmptyImage(), r"take one of the workflow: workflow.find\(KSampler\)\[0\]"),
        (lambda _: "sampler", EmptyImage(), r"is a str, not a node.*workflow.node\('sampler'\)"),
        (lambda node: node, None, "None is a NoneType, not a node"),
    ],
)
def test_replace_refuses_what_is_no_node(old: Any, new: Any, hint: str) -> None:
    workflow = text_to_image()
    with pytest.raises(InvalidWorkflow, match=f"(?s){hint}"):
        workflow.replace(old(workflow.node("sampler")), new)


def test_only_nodes_are_sinks() -> None:
    image = EmptyImage(width=64, height=64)
    with pytest.raises(InvalidWorkflow, match="made of its last nodes"):
        Workflow(image.out.image)  # type: ignore[arg-type]


def test_nodes_by_class() -> None:
    workflow = text_to_image()
    assert workflow.find("KSampler") == workflow.find(KSampler) != ()
    assert workflow.find("ImageScale") == () == workflow.find(ImageInvert)
    with pytest.raises(NotFound, match="there is no node class 'KSamplr'; did you mean 'KSampler'"):
        workflow.find("KSamplr")
    with pytest.raises(NotFound, match="is no class of nodes"):
        workflow.find(workflow.node("sampler"))  # type: ignore[call-overload]
    unknown = Workflow.load({"1": {"class_type": "Own", "inputs": {}}})
    assert len(unknown.find("Own")) == 1
    with pytest.raises(NotFound, match="did you mean 'Own'"):
        unknown.find("own")


def test_nodes_by_id() -> None:
    workflow = text_to_image()
    assert isinstance(workflow.node("sampler"), KSampler)
    with pytest.raises(NotFound, match="did you mean 'sampler'"):
        workflow.node("samplr")


def test_mermaid_draws_every_node_and_wire() -> None:
    workflow = text_to_image()
    lines = workflow.to_mermaid().splitlines()
    assert lines[0] == "flowchart LR"
    assert '    n0["CheckpointLoaderSimple"]' in lines and '    n6(["SaveImage<br/><i>save</i>"])' in lines
    assert '    n0 -- "VAE" --> n5' in lines and '    n4 -- "LATENT → samples" --> n5' in lines
    assert sum("-->" in line for line in lines) == workflow.to_networkx().number_of_edges()


def test_mermaid_shows_names_as_they_are() -> None:
    odd = Workflow(SaveImage(images=EmptyImage()).named('a "b" <i>#c'))
    assert "<i>a #34;b#34; #60;i#62;#35;c</i>" in odd.to_mermaid()


def test_networkx_view() -> None:
    view = text_to_image().to_networkx()
    assert isinstance(view, nx.MultiDiGraph)
    assert nx.is_directed_acyclic_graph(view)
    assert view.nodes["sampler"]["class_type"] == "KSampler"
    assert {key for _, _, key in view.in_edges("sampler", keys=True)} == {
        "model", "positive", "negative", "latent_image",
    }  # fmt: skip
    assert view.edges["1", "sampler", "model"]["slot"] == 0


def test_twins_are_merged_and_what_differs_is_not() -> None:
    def branch(text: str) -> PreviewAny:
        clip = CheckpointLoaderSimple(ckpt_name="x").out.clip
        return PreviewAny(source=CLIPTextEncode(clip=clip, text=text))

    prompt = Workflow(branch("a"), branch("a"), branch("b")).compile().prompt
    classes = [body["class_type"] for body in prompt.values()]
    assert classes.count("CheckpointLoaderSimple") == 1
    assert classes.count("CLIPTextEncode") == 2
    assert classes.count("PreviewAny") == 3


def test_named_twins_stay_apart() -> None:
    one, two = (EmptyImage(width=64, height=64).named(name) for name in "ab")
    assert {"a", "b"} <= Workflow(PreviewImage(images=one), PreviewImage(images=two)).compile().prompt.keys()


@pytest.mark.parametrize(("first", "second"), [(1, 1.0), (1, True), (0.0, -0.0), ("1", 1)])
def test_values_that_json_tells_apart_are_no_twins(first: Any, second: Any) -> None:
    from ryla_graphs.nodes import PreviewAny, StringFormat

    outputs = [
        PreviewAny(source=StringFormat(f_string="x", values={"a": value}).out.string) for value in (first, second)
    ]
    prompt = Workflow(*outputs).compile().prompt
    assert sum(body["class_type"] == "StringFormat" for body in prompt.values()) == 2


@pytest.mark.parametrize("length", [20_000])
def test_any_depth(length: int) -> None:
    workflow = chain(length)
    assert len(workflow) == length + 2
    compiled = workflow.compile()
    assert [problem.code for problem in compiled.problems] == ["too_deep"]
    assert len(Workflow.load(compiled.prompt)) == length + 2
    first = workflow.graph.nodes[0]
    assert len(workflow.replace(first, EmptyImage(width=128, height=64))) == length + 2


def test_digest_is_the_sha256_of_the_bytes() -> None:
    import hashlib

    compiled = text_to_image().compile()
    assert compiled.digest == hashlib.sha256(compiled.json()).hexdigest()
    assert json.loads(compiled.json()) == compiled.prompt


def test_compiled_says_which_line_made_which_node() -> None:
    compiled = text_to_image().compile()
    assert set(compiled.sources) == set(compiled.prompt)
    assert all("graphs.py:" in source for source in compiled.sources.values())


def test_what_is_no_graph_does_not_compile() -> None:
    with pytest.raises(InvalidWorkflow, match="no node saves or shows anything"):
        Workflow(EmptyImage(width=64, height=64)).compile()
    with pytest.raises(InvalidWorkflow, match="no node saves"):
        Workflow().compile()


def test_problems_of_a_whole_graph_name_lines() -> None:
    image = AnyNode(of="EmptyImage", inputs={"width": 64, "height": "tall"})
    workflow = Workflow(AnyNode(of="SaveImage", inputs={"images": image, "filename_prefix": "x"}))
    problems = workflow.validate()
    assert {(p.code, p.input) for p in problems} >= {
        ("invalid_input_type", "height"),
        ("required_input_missing", "color"),
    }
    assert all(p.source and p.source.startswith(__file__) for p in problems)
    with pytest.raises(InvalidWorkflow) as caught:
        workflow.compile()
    assert len(caught.value.problems) == len(problems)


def test_a_value_that_json_cannot_hold_is_named() -> None:
    image = AnyNode(of="EmptyImage", inputs={"width": 64, "height": object()})
    workflow = Workflow(SaveImage(images=image.output(0), filename_prefix="x"))
    with pytest.raises(InvalidWorkflow, match="height"):
        workflow.compile()


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (None, "object of nodes"),
        ([], "object of nodes"),
        ({"nodes": [], "links": [], "version": 0.4}, "as the editor saves it"),
    ],
)
def test_load_refuses_what_is_no_prompt(document: Any, reason: str) -> None:
    with pytest.raises(InvalidDocument, match=reason):
        Workflow.load(document)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"1": None}, "expected an object"),
        ({"1": {"inputs": {}}}, "no class_type"),
        ({"1": {"class_type": "X"}}, "no `inputs` object"),
        ({"1": {"class_type": "X", "inputs": []}}, "no `inputs` object"),
        ({"": {"class_type": "X", "inputs": {}}}, "cannot be the name"),
    ],
)
def test_load_names_the_nodes_that_cannot_be_read(document: Any, reason: str) -> None:
    with pytest.raises(InvalidWorkflow, match=reason):
        Workflow.load(document)


def test_all_bad_links_of_a_graph_that_was_read_come_at_once() -> None:
    def node(class_type: str = "ImageInvert", **inputs: Any) -> dict[str, Any]:
        return {"class_type": class_type, "inputs": inputs}

    prompt = {
        "1": node(image=["9", 0]),
        "2": node(image=["1", 5]),
        "3": node(image=["2"]),
        "4": node(image=[3, 0]),
        "5": node("ImageToMask", image=["6", 0], channel="red"),
        "6": node("MaskToImage", mask=["5", 0]),
        "7": node("ImageCompositeMasked", destination=["2", 0], source=["4", 0], mask=["5", 0], more=["nowhere", 0]),
        "8": node("PreviewImage", images=["7", 0]),
        "10": node("PreviewImage", images=["3", 0]),
    }
    workflow = Workflow.load(prompt)
    assert {(p.node, p.input, p.code) for p in workflow.validate()} >= {
        ("1", "image", "link_to_missing_node"),
        ("2", "image", "link_to_missing_output"),
        ("3", "image", "bad_linked_input"),
        ("4", "image", "link_to_missing_node"),
        ("5", None, "dependency_cycle"),
        ("6", None, "dependency_cycle"),
        ("7", "more", "link_to_missing_node"),
    }
    with pytest.raises(InvalidWorkflow):
        workflow.compile()
    assert api.dump(workflow.graph) == prompt, "nothing is lost on the way into nodes"


def test_load_keeps_what_no_output_needs_and_validate_says_so() -> None:
    prompt = text_to_image().compile().prompt | {
        "dead": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}}
    }
    workflow = Workflow.load(prompt)
    assert workflow.compile().prompt == prompt
    assert [(p.code, p.node) for p in workflow.validate()] == [("unreached_node", "dead")]


def test_negative_slots_count_from_the_end() -> None:
    prompt = {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "x"}},
        "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", -1]}},
    }
    assert api.dump(Workflow.load(prompt).graph)["2"]["inputs"]["source"] == ["1", 2]


def test_lists_and_wrapped_values_survive() -> None:
    prompt = {
        "1": {"class_type": "PreviewAny", "inputs": {"source": {"__value__": [1, "2", [3]]}}},
        "2": {"class_type": "PreviewAny", "inputs": {"source": {"a": {"b": None}}}},
    }
    assert Workflow.load(prompt).compile().prompt == prompt


def test_outputs_promise_what_must_arrive() -> None:
    outputs = text_to_image().compile().outputs
    assert [(o.node, o.class_type, o.kind, o.at_least) for o in outputs] == [("save", "SaveImage", "image", 2)]


def test_an_empty_catalog_is_a_catalog() -> None:
    from ryla_graphs import Catalog

    problems = text_to_image().validate(Catalog({}))
    assert {problem.code for problem in problems} == {"missing_node_type"}


def test_vae_decode_stands_for_its_output() -> None:
    model, clip, vae = CheckpointLoaderSimple(ckpt_name="x").out
    positive, negative = CLIPTextEncode(clip=clip, text="x"), CLIPTextEncode(clip=clip, text="y")
    latent = EmptyLatentImage(width=64, height=64)
    sampled = KSampler(model=model, positive=positive, negative=negative, latent_image=latent)
    assert Workflow(PreviewImage(images=VAEDecode(samples=sampled.out.latent, vae=vae))).validate() == []


def test_a_catalog_that_overrides_a_class_wins_whatever_was_read_before() -> None:
    from ryla_graphs.catalogs import bundled, from_object_info
    from tests.data.make_object_info import object_info

    assert bundled()["CheckpointLoaderSimple"].module == "nodes"
    both = bundled() | from_object_info(object_info())
    assert both["CheckpointLoaderSimple"].inputs[0].choices == (
        "sd_xl_base_1.0.safetensors",
        "flux1-dev-fp8.safetensors",
    )
