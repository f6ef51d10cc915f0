"""Nodes that only the editor or a pack's browser code knows, and unknown classes."""

from __future__ import annotations

from typing import Any

import pytest

from ryla_graphs.formats.editor.convert import Choices
from ryla_graphs.formats.editor.reading import parse
from tests.editor.sheets import PART, Sheet, codes, reported

AS_THE_EDITOR = Choices(named=False)


def test_notes_are_no_part_of_a_prompt() -> None:
    sheet = Sheet()
    sheet.add("Note", ["hello"])
    sheet.add("MarkdownNote", ["# hello"])
    converted = sheet.convert()
    assert (converted.prompt, converted.left_out, converted.problems) == ({}, (), ())


@pytest.mark.parametrize("kinds", [("SetNode", "GetNode"), ("easy setNode", "easy getNode")])
def test_a_getter_stands_for_what_its_setter_is_given(kinds: tuple[str, str]) -> None:
    sheet = Sheet()
    latent = sheet.add("EmptyLatentImage", [8, 8, 1])
    sheet.add(kinds[0], ["the latent"], {"LATENT": (latent, 0)})
    getter = sheet.add(kinds[1], ["the latent"])
    number = sheet.add("VAEDecode", [], {"samples": (getter, 0)})
    assert list(sheet.convert().prompt) == ["1", str(number)]
    assert sheet.inputs_of(number) == {"samples": ["1", 0]}


def test_a_getter_inside_of_a_subgraph_finds_the_setter_around_it() -> None:
    part = Sheet(PART)
    part.add("VAEDecode", [], {"samples": (part.add("GetNode", ["a"], number=5), 0)}, number=6)
    root = Sheet()
    root.add("SetNode", ["a"], {"LATENT": (root.add("EmptyLatentImage", [8, 8, 1]), 0)})
    root.add(PART)
    assert root.convert(part).prompt["3:6"]["inputs"] == {"samples": ["1", 0]}


def test_a_getter_without_a_setter_is_reported() -> None:
    sheet = Sheet()
    sheet.add("VAEDecode", [], {"samples": (sheet.add("GetNode", ["a"]), 0)})
    assert reported(sheet.convert()) == [("2", "the link into samples", "node 1 (GetNode) passes nothing on")]


def test_getters_that_get_one_another_are_reported() -> None:
    sheet = Sheet()
    sheet.add("SetNode", ["a"], {"*": (2, 0)})
    sheet.add("GetNode", ["a"])
    sheet.add("VAEDecode", [], {"samples": (2, 0)})
    assert codes(sheet.convert()) == ["broken_link"]


@pytest.mark.parametrize("kind", ["Label (rgthree)", "Fast Groups Muter (rgthree)", "PresetText|pysssss"])
def test_what_packs_show_in_the_browser_is_no_part_of_a_prompt(kind: str) -> None:
    sheet = Sheet()
    sheet.add(kind, ["x"])
    assert sheet.convert().prompt == {}


def test_videos_have_their_values_by_name() -> None:
    sheet = Sheet()
    values = {"frame_rate": 24, "format": "video/h264-mp4", "crf": 17, "videopreview": {"hidden": False}}
    sheet.add("VHS_VideoCombine", values)
    inputs = sheet.inputs_of(1)
    assert (inputs["frame_rate"], inputs["format"], inputs["crf"]) == (24, "video/h264-mp4", 17)
    assert (inputs["pix_fmt"], inputs["save_metadata"]) == ("yuv420p", True)
    assert "loop_count" not in inputs  # the pack has nothing there where the file says nothing


def test_the_loras_of_a_list_are_numbered() -> None:
    sheet = Sheet()
    loras = [{"on": True, "lora": f"{name}.safetensors", "strength": 0.5, "strengthTwo": None} for name in "ab"]
    sheet.add("Power Lora Loader (rgthree)", [{}, {"type": "PowerLoraLoaderHeaderWidget"}, *loras, {}, ""])
    inputs = sheet.inputs_of(1)
    assert inputs["lora_1"] == {"on": True, "lora": "a.safetensors", "strength": 0.5}
    assert inputs["lora_2"]["lora"] == "b.safetensors"
    assert inputs["➕ Add Lora"] == ""


def test_a_custom_combo_sends_its_options_and_which_is_chosen() -> None:
    sheet = Sheet()
    sheet.add("CustomCombo", ["two", 0, "one", "two", ""])
    assert sheet.inputs_of(1) == {"choice": "two", "index": 1, "option1": "one", "option2": "two", "option3": ""}


def test_what_only_a_browser_can_make_is_reported() -> None:
    sheet = Sheet()
    sheet.add("RecordAudio", [""])
    assert codes(sheet.convert()) == ["needs_browser"]


# Unknown classes


def unknown(**node: Any) -> dict[str, Any]:
    """A node of an unknown class in a file."""
    sheet = Sheet()
    sheet.nodes = [{"id": 1, "type": "Nope", **node}]
    (problem,) = sheet.convert().problems
    assert problem.code == "unknown_class"
    return {"level": problem.level, **sheet.convert().prompt["1"]}


def slot(name: str, kind: str = "INT") -> dict[str, Any]:
    return {"name": name, "type": kind, "link": None, "widget": {"name": name}}


def test_an_unknown_class_goes_out_as_the_file_describes_it() -> None:
    made = unknown(inputs=[slot("steps"), slot("text", "STRING")], widgets_values=[4, "a"], title="mine")
    assert made["inputs"] == {"steps": 4, "text": "a"}
    assert (made["class_type"], made["_meta"], made["level"]) == ("Nope", {"title": "mine"}, "warning")


def test_the_control_beside_a_seed_is_not_sent() -> None:
    made = unknown(inputs=[slot("seed"), slot("steps")], widgets_values=[4, "randomize", 20])
    assert made["inputs"] == {"seed": 4, "steps": 20}


@pytest.mark.parametrize("key", ["widgets_values", "widgets_values_named"])
def test_values_by_name_are_taken_by_name(key: str) -> None:
    assert unknown(**{key: {"steps": 4, "control_after_generate": "fixed"}})["inputs"] == {"steps": 4}


@pytest.mark.parametrize("values", [[4, "a", 5], [4, "fixed", "a", "b"]])
def test_values_that_do_not_come_out_even_are_left_out_and_that_is_an_error(values: list[Any]) -> None:
    made = unknown(inputs=[slot("steps"), slot("text")], widgets_values=values)
    assert (made["inputs"], made["level"]) == ({}, "error")


def test_links_to_and_from_an_unknown_class_stay() -> None:
    sheet = Sheet()
    first = sheet.add("Nope", None, {"latent": (sheet.add("EmptyLatentImage", [8, 8, 1]), 0)})
    second = sheet.add("VAEDecode", [], {"samples": (first, 3)})
    assert sheet.inputs_of(first) == {"latent": ["1", 0]}
    assert sheet.inputs_of(second) == {"samples": ["2", 3]}


def test_the_editors_own_placeholders_are_there_for_the_asking() -> None:
    sheet = Sheet()
    sheet.add("Nope", [4, {"a": 1}, None])
    made = sheet.convert(choices=AS_THE_EDITOR).prompt["1"]
    assert made == {"inputs": {"UNKNOWN": 4, "UNKNOWN_1": '{"a":1}', "UNKNOWN_2": "null"}, "_meta": {}}


def test_a_class_is_found_without_what_the_editor_takes_out_of_names() -> None:
    sheet = Sheet()
    sheet.add("Empty<LatentImage>", [8, 8, 1])
    assert sheet.convert().prompt["1"]["class_type"] == "EmptyLatentImage"


# App mode


def test_app_mode_names_nodes_and_widgets() -> None:
    data = {"inputs": [[5, "text"], ["7:3", "seed"]], "outputs": [9]}
    document = parse(Sheet().document(extra={"linearData": data}))
    assert document.app_inputs == (("5", "text"), ("7:3", "seed"))
    assert document.app_outputs == ("9",)
    assert document.problems == ()


@pytest.mark.parametrize("data", [5, [], {"inputs": 5}, {"inputs": [5]}, {"inputs": [[None, "x"]]}])
def test_a_mangled_app_block_is_reported_with_its_place(data: Any) -> None:
    (problem,) = parse(Sheet().document(extra={"linearData": data})).problems
    assert problem.code == "malformed_file"
    assert (problem.source or "").startswith("extra.linearData")
