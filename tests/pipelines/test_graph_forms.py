"""Forms of graphs: every value that a run uses is in them, where it is, and as it is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings

from ryla_graphs import Workflow, catalogs
from ryla_graphs.formats.read import Document, read
from ryla_graphs.pipelines.graph_forms import MOST, form_of
from ryla_graphs.prompt import Prompt, is_link
from ryla_graphs.testing import graphs

CATALOG = catalogs.bundled()


def form(document: Document | dict[str, Any]) -> dict[str, Any]:
    return form_of(document if isinstance(document, Document) else read(document), CATALOG)


def sampler(**inputs: Any) -> dict[str, Any]:
    """A graph of one sampler; what is missing in it does no harm here."""
    return {
        "3": {"class_type": "KSampler", "inputs": {"seed": 2**64 - 1, "steps": 20, "latent_image": ["5", 0], **inputs}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 512, "batch_size": 1}},
        "9": {"class_type": "PreviewImage", "inputs": {"images": ["3", 0]}},
    }


@settings(max_examples=12)
@given(graphs(max_nodes=12))
def test_a_form_has_the_values_of_the_nodes_that_run(workflow: Workflow) -> None:
    document = workflow.compile(check=False).document
    made, prompt = form(read(document)), Prompt(document, CATALOG)
    for name, facts in made["properties"].items():
        node, key = facts["x-node"], facts["x-input"]
        assert name == f"{node}.{key}" and node in prompt.reached
        assert facts.get("default") == document[node]["inputs"].get(key)
    if not made["x-more"]:
        held = {
            f"{node.id}.{name}"
            for node in prompt.nodes.values()
            if node.id in prompt.reached
            for name, value in node.inputs.items()
            if not is_link(value) and name in node.known and not node.known[name].is_wire_only
        }
        assert held <= made["properties"].keys()
    json.dumps(made)


def test_what_people_change_first_is_basic_and_says_which_node_it_is_of() -> None:
    found = form(sampler(sampler_name="euler", scheduler="karras"))["properties"]
    groups = {name: facts["x-group"] for name, facts in found.items()}
    assert groups["3.steps"] == groups["3.seed"] == groups["5.width"] == "basic"
    assert groups["3.scheduler"] == "advanced"
    assert found["3.seed"]["x-widget"] == "seed" and found["3.seed"]["default"] == 2**64 - 1
    assert found["3.scheduler"]["enum"][:2] == ["simple", "sgm_uniform"]
    assert (found["5.width"]["title"], found["5.width"]["description"]) == ("Width", "EmptyLatentImage · 5")


def test_what_a_node_lacks_is_asked_for() -> None:
    made = form(sampler())
    assert {"3.cfg", "3.denoise", "3.sampler_name"} <= set(made["required"])
    assert "default" not in made["properties"]["3.cfg"] and made["properties"]["3.cfg"]["x-group"] == "basic"
    assert "3.model" not in made["properties"], "a wire is no field"


def test_texts_say_which_side_they_are_of() -> None:
    graph = sampler(positive=["6", 0], negative=["8", 0])
    graph["6"] = {"class_type": "FluxGuidance", "inputs": {"conditioning": ["7", 0], "guidance": 3.5}}
    graph["10"] = {"class_type": "ConditioningZeroOut", "inputs": {"conditioning": ["7", 0]}}
    for number, text in (("7", "a fox"), ("8", "blurry")):
        graph[number] = {"class_type": "CLIPTextEncode", "inputs": {"text": text, "clip": ["4", 1]}}
    found = form(graph)["properties"]
    assert (found["7.text"]["title"], found["8.text"]["title"]) == ("Text, positive", "Text, negative")


def test_a_picture_that_came_along_need_not_be_given() -> None:
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "me.png", "upload": "image"}},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }
    document = read(graph)
    assert form(document)["required"] == ["1.image"]
    assert form(replace(document, inputs={"me.png": b"a picture"}))["required"] == []
    assert list(form(document)["properties"]) == ["1.image"], "what the editor leaves behind is no input"


def test_values_of_unknown_classes_are_as_they_are() -> None:
    inputs = {"ÜBER": "x", "n": 3, "on": True, "nothing": None, "some": {"a": 1}}
    found = form({"1": {"class_type": "NodeOfNoPack", "inputs": inputs}})["properties"]
    kinds = {facts["x-input"]: facts.get("type") for facts in found.values()}
    expected = {"ÜBER": "string", "n": "integer", "on": "boolean", "nothing": None, "some": None}
    assert kinds == expected
    assert found["1.ÜBER"]["title"] == "ÜBER"


def test_a_form_has_an_end() -> None:
    crowd = {str(n): {"class_type": "NodeOfNoPack", "inputs": {"a": n, "seed": n}} for n in range(MOST)}
    made = form(crowd)
    assert (len(made["properties"]), made["x-more"]) == (MOST, MOST)


def test_app_mode_is_basic_in_its_order() -> None:
    app = {"inputs": [[5, "height"], [3, "steps"]], "outputs": []}
    shown = {"nodes": [], "links": [], "extra": {"linearData": app}}
    made = form(replace(read(sampler(cfg=7.0)), ui=shown))["properties"]
    assert list(made)[:2] == ["5.height", "3.steps"]
    assert {made[name]["x-group"] for name in ("3.seed", "3.cfg", "5.width")} == {"advanced"}
