"""Writing the editor's file: parts of a graph as groups and subgraphs."""

from __future__ import annotations

from ryla_graphs import Workflow, presets
from ryla_graphs.nodes import EmptyImage, SaveImage
from tests.editor.going_back import Document, differences, prompt_of
from tests.editor.test_writing import BUNDLED, check_sound, node, ui_of
from tests.graphs import text_to_image, unfolded


def day_and_night() -> Workflow:
    return Workflow.join(
        text_to_image("a street at noon", seed=1).prefixed("day"),
        text_to_image("a street at night", seed=2).prefixed("night"),
    )


def test_a_part_that_is_used_twice_is_a_subgraph_that_shows_what_differs() -> None:
    workflow = day_and_night()
    ui = workflow.to_ui()
    check_sound(ui)
    (definition,) = ui["definitions"]["subgraphs"]
    instances = [each for each in ui["nodes"] if each["type"] == definition["id"]]
    assert [each["title"] for each in instances] == ["day", "night"]
    assert [each["widgets_values"] for each in instances] == [["a street at noon", 1], ["a street at night", 2]]
    assert [node(ui, name)["title"] for name in ("day/save", "night/save")] == ["day/save", "night/save"]
    assert ui["groups"] == []
    back = prompt_of(ui, BUNDLED)
    assert {"day:sampler", "day/save", "night:sampler", "night/save"} <= back.keys()
    assert sorted(unfolded(Workflow.load(back).graph)) == sorted(
        unfolded(Workflow.load(workflow.compile().prompt).graph)
    )


def test_a_part_that_is_called_like_a_node_is_a_group() -> None:
    other = Workflow(SaveImage(images=EmptyImage(width=64, height=64).named("day"), filename_prefix="x"))
    workflow = Workflow.join(day_and_night(), other)
    ui = workflow.to_ui()
    check_sound(ui)
    assert "definitions" not in ui
    assert prompt_of(ui, BUNDLED).keys() == workflow.compile().prompt.keys()


def test_without_subgraphs_ids_stay() -> None:
    workflow = day_and_night()
    ui = workflow.to_ui(subgraphs=False)
    assert "definitions" not in ui
    assert [group["title"] for group in ui["groups"]] == ["day", "night"]
    assert prompt_of(ui, BUNDLED).keys() == workflow.compile().prompt.keys()


def test_parts_whose_labels_repeat_are_known_by_their_ids() -> None:
    workflow = presets.get("base-images").build({"prompt": "a portrait", "count": 3, "seed": 1})
    assert [each["title"] for each in workflow.to_ui()["nodes"] if "proxyWidgets" in each["properties"]] == [
        "1",
        "2",
        "3",
    ]
    groups = ui_of(workflow.compile().prompt)["groups"]
    assert [group["title"] for group in groups if group["title"] != "Models"] == ["1", "2", "3"]


def nested() -> Document:
    """What the editor sends of an instance 5 with an instance 7 in it, twice."""
    document: Document = {"1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64}}}
    for outer in ("5", "6"):
        document[f"{outer}:7:2"] = {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}}
        document[f"{outer}:7:3"] = {"class_type": "ImageInvert", "inputs": {"image": [f"{outer}:7:2", 0]}}
        document[f"{outer}:4"] = {"class_type": "ImageInvert", "inputs": {"image": [f"{outer}:7:3", 0]}}
        save = {"images": [f"{outer}:4", 0], "filename_prefix": outer}
        document[f"{outer}9"] = {"class_type": "SaveImage", "inputs": save}
    return document


def test_ids_of_instances_become_instances_again() -> None:
    ui = ui_of(nested())
    check_sound(ui)
    inner, outer = ui["definitions"]["subgraphs"]
    assert [each["type"] for each in outer["nodes"]] == [inner["id"], "ImageInvert"]
    assert [each["id"] for each in ui["nodes"]] == [1, 5, 59, 6, 69]
    assert differences(nested(), BUNDLED) == []


def test_nodes_keep_long_ids_where_the_editor_would_renumber_them() -> None:
    document = nested()
    document["3"] = {"class_type": "SaveImage", "inputs": {"images": ["6:4", 0], "filename_prefix": "x"}}
    ui = ui_of(document)
    assert len(ui["definitions"]["subgraphs"]) == 1
    assert differences(document, BUNDLED) == []
