"""From the editor's file to the prompt: links, and the modes of nodes that cut or bypass them."""

from __future__ import annotations

import pytest

from tests.editor.sheets import BYPASSED, MUTED, Sheet, codes, reported
from tests.editor.test_convert import SAMPLER, latent


def test_links_go_over_values() -> None:
    sheet = Sheet()
    width = sheet.add("PrimitiveInt", [64, "fixed"])
    number = sheet.add("EmptyLatentImage", [512, 256, 1], {"width": (width, 0)}, widgets=["width"])
    assert sheet.inputs_of(number) == {"width": ["1", 0], "height": 256, "batch_size": 1}


def test_slots_are_found_by_name() -> None:
    sheet = Sheet()
    vae, samples = sheet.add("VAELoader", ["a.safetensors"]), latent(sheet)
    number = sheet.add("VAEDecode", [], {"vae": (vae, 0), "samples": (samples, 0)})
    assert sheet.inputs_of(number) == {"samples": ["2", 0], "vae": ["1", 0]}


def test_a_slot_that_the_class_does_not_have_stays() -> None:
    sheet = Sheet()
    number = sheet.add("VAEDecode", [], {"extra": (latent(sheet), 0)})
    assert sheet.inputs_of(number) == {"extra": ["1", 0]}


def test_a_link_to_a_widget_that_is_gone_is_reported() -> None:
    sheet = Sheet()
    number = sheet.add("VAEDecode", [], {"tiles": (latent(sheet), 0)}, widgets=["tiles"])
    assert sheet.inputs_of(number) == {}
    assert reported(sheet.convert()) == [("2", "the link into tiles", "VAEDecode has no such widget")]


def test_a_slot_that_shares_its_link_with_one_that_is_gone_keeps_it() -> None:
    sheet = Sheet()
    number = sheet.add("VAEDecode", [], {"samples": (latent(sheet), 0)}, widgets=["tiles"])
    sheet.nodes[-1]["inputs"][1]["link"] = 1
    assert sheet.inputs_of(number) == {"samples": ["1", 0]}


def test_of_two_links_of_one_id_the_last_counts() -> None:
    sheet = Sheet()
    latent(sheet)
    number = sheet.add("VAEDecode", [], {"samples": (latent(sheet), 0)})
    sheet.links.append([1, 1, 0, 3, 0, "LATENT"])
    assert sheet.inputs_of(number) == {"samples": ["1", 0]}


def test_a_muted_node_goes_and_who_used_it_loses_the_input() -> None:
    sheet = Sheet()
    number = sheet.add("VAEDecode", [], {"samples": (sheet.add("EmptyLatentImage", [8, 8, 1], mode=MUTED), 0)})
    converted = sheet.convert()
    assert converted.prompt == {
        str(number): {"inputs": {}, "class_type": "VAEDecode", "_meta": {"title": "VAE Decode"}}
    }
    assert reported(converted) == [
        ("1", "EmptyLatentImage", "the node is muted"),
        ("2", "the link into samples", "node 1 (EmptyLatentImage) is muted"),
    ]


def test_a_widget_behind_a_muted_node_keeps_its_value() -> None:
    sheet = Sheet()
    width = sheet.add("PrimitiveInt", [64, "fixed"], mode=MUTED)
    sheet.add("EmptyLatentImage", [512, 256, 1], {"width": (width, 0)}, widgets=["width"])
    converted = sheet.convert()
    assert converted.prompt["2"]["inputs"]["width"] == 512
    assert reported(converted)[1][2].endswith("is muted; the widget's own value goes out instead")


def test_a_bypassed_node_passes_on_what_has_the_type() -> None:
    sheet = Sheet()
    model, clip = sheet.add("UNETLoader", []), sheet.add("CLIPLoader", [])
    lora = sheet.add("LoraLoader", ["x", 1.0, 1.0], {"model": (model, 0), "clip": (clip, 0)}, mode=BYPASSED)
    text = sheet.add("CLIPTextEncode", ["a cat"], {"clip": (lora, 1)})
    sampler = sheet.add("KSampler", SAMPLER, {"model": (lora, 0)})
    assert sheet.inputs_of(text)["clip"] == ["2", 0]
    assert sheet.inputs_of(sampler)["model"] == ["1", 0]


def test_a_bypassed_node_without_such_an_input_passes_nothing_on() -> None:
    sheet = Sheet()
    image = sheet.add("LoadImage", ["a.png", "image"], mode=BYPASSED)
    sheet.add("SaveImage", ["x"], {"images": (image, 0)})
    converted = sheet.convert()
    assert "images" not in converted.prompt["2"]["inputs"]
    assert reported(converted)[1] == (
        "2",
        "the link into images",
        "node 1 (LoadImage) is bypassed and has no input of type IMAGE",
    )


@pytest.mark.parametrize("mode", [0, 1, 3])
def test_other_modes_run(mode: int) -> None:
    sheet = Sheet()
    sheet.add("EmptyLatentImage", [8, 8, 1], mode=mode)
    assert list(sheet.convert().prompt) == ["1"]


def test_reroutes_lead_to_what_they_come_from() -> None:
    sheet = Sheet()
    last = latent(sheet)
    for _ in range(3):
        last = sheet.add("Reroute", None, {"": (last, 0)})
    number = sheet.add("VAEDecode", [], {"samples": (last, 0)})
    assert list(sheet.convert().prompt) == ["1", str(number)]
    assert sheet.inputs_of(number) == {"samples": ["1", 0]}


def test_a_reroute_of_another_type_is_cut() -> None:
    sheet = Sheet()
    reroute = sheet.add("Reroute", None, {"": (sheet.add("VAELoader", ["x"]), 0)})
    number = sheet.add("VAEDecode", [], {"samples": (reroute, 0)})
    converted = sheet.convert()
    assert converted.prompt[str(number)]["inputs"] == {}
    assert reported(converted) == [("3", "the link into samples", "a reroute brings VAE, which LATENT does not take")]


def test_links_that_go_round_are_reported() -> None:
    sheet = Sheet()
    sheet.add("Reroute", None, {"": (2, 0)})
    sheet.add("Reroute", None, {"": (1, 0)})
    sheet.add("VAEDecode", [], {"samples": (2, 0)})
    converted = sheet.convert()
    assert converted.prompt["3"]["inputs"] == {}
    assert codes(converted) == ["broken_link"]
    assert converted.problems[0].level == "error"


def test_nodes_that_need_one_another_stay() -> None:
    sheet = Sheet()
    sheet.add("LatentUpscaleBy", ["bislerp", 2.0], {"samples": (2, 0)})
    sheet.add("LatentUpscaleBy", ["bislerp", 2.0], {"samples": (1, 0)})
    assert sheet.inputs_of(1)["samples"] == ["2", 0]
    assert sheet.inputs_of(2)["samples"] == ["1", 0]


@pytest.mark.parametrize("what", ["the link", "its origin"])
def test_a_link_from_nowhere_is_reported(what: str) -> None:
    sheet = Sheet()
    sheet.add("VAEDecode", [], {"samples": (9, 0)})
    if what == "the link":
        sheet.links.clear()
    converted = sheet.convert()
    assert converted.prompt["1"]["inputs"] == {}
    (problem,) = converted.problems
    assert (problem.code, problem.node, problem.input, problem.source) == ("broken_link", "1", "samples", "nodes[0]")
    assert "is not in the file" in problem.message
