"""From the editor's file to the prompt: values, links, modes, texts and the nodes that only the editor has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.catalogs import bundled
from ryla_graphs.formats.editor.convert import Choices, convert, convert_line
from ryla_graphs.formats.editor.reading import parse
from ryla_graphs.formats.editor.texts import dynamic_prompt, file_name
from tests.editor.sheets import BYPASSED, MUTED, Sheet, codes, reported

SAMPLER = [7, "fixed", 20, 8.0, "euler", "normal", 1.0]


def latent(sheet: Sheet) -> int:
    return sheet.add("EmptyLatentImage", [512, 256, 1])


# Values


def test_values_go_by_position_and_the_control_is_not_sent() -> None:
    sheet = Sheet()
    number = sheet.add("KSampler", SAMPLER, title="the sampler")
    entry = sheet.convert().prompt["1"]
    sent = {"seed": 7, "steps": 20, "cfg": 8.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0}
    assert entry["inputs"] == sent
    assert (entry["class_type"], entry["_meta"]) == ("KSampler", {"title": "the sampler"})
    assert number == 1


def test_values_that_the_file_does_not_have_are_defaults() -> None:
    sheet = Sheet()
    number = sheet.add("KSampler", [7, "fixed", 30])
    assert sheet.inputs_of(number)["steps"] == 30
    assert sheet.inputs_of(number)["cfg"] == 8


def test_values_that_no_widget_takes_are_reported() -> None:
    sheet = Sheet()
    sheet.add("EmptyLatentImage", [512, 512, 1, "more", None, ""])
    assert reported(sheet.convert()) == [("1", "the values 'more'", "EmptyLatentImage has no more widgets")]


def test_nothing_is_changed_of_a_value_but_lists_are_wrapped() -> None:
    sheet = Sheet()
    sheet.add("EmptyLatentImage", ["20", [1, 2], {"a": 1}])
    assert sheet.inputs_of(1) == {"width": "20", "height": {"__value__": [1, 2]}, "batch_size": {"a": 1}}


def test_a_choice_of_nothing_is_the_first_choice() -> None:
    sheet = Sheet()
    sheet.add("KSampler", [7, "fixed", 20, 8.0, None, "normal", 1.0])
    assert sheet.inputs_of(1)["sampler_name"] == "euler"


@pytest.mark.parametrize("value", [math.nan, math.inf, [1, -math.inf], {"a": math.nan}])
def test_what_json_cannot_hold_goes_out_as_null_and_is_reported(value: Any) -> None:
    sheet = Sheet()
    sheet.add("EmptyLatentImage", [value, 2, 1])
    converted = sheet.convert()
    assert converted.prompt["1"]["inputs"]["width"] in (None, {"__value__": [1, None]}, {"a": None})
    assert codes(converted) == ["not_json"]


def test_a_dynamic_combo_brings_the_widgets_that_follow() -> None:
    sheet = Sheet()
    kind = "ResizeImageMaskNode"
    by_factor, by_side = (
        sheet.add(kind, ["scale by multiplier", 2.5, "area"]),
        sheet.add(kind, ["scale longer dimension", 99, "area"]),
    )
    assert sheet.inputs_of(by_factor) == {
        "resize_type": "scale by multiplier",
        "resize_type.multiplier": 2.5,
        "scale_method": "area",
    }
    assert sheet.inputs_of(by_side)["resize_type.longer_size"] == 99


def test_an_autogrow_input_has_a_slot_for_each_link() -> None:
    sheet = Sheet()
    origins = [sheet.add("EmptyImage", [8, 8, 1, 0]) for _ in range(4)]
    links = {f"images.image{number}": (origin, 0) for number, origin in enumerate(origins)}
    number = sheet.add("BatchImagesNode", [], links)
    assert sheet.inputs_of(number) == {name: [str(origin), 0] for name, (origin, _) in links.items()}


# Primitives


def primitive(value: Any, kind: str, widget: str, *values: Any, mode: int = 0) -> dict[str, Any]:
    """What a node is sent that a primitive of this value is linked to."""
    sheet = Sheet()
    origin = sheet.add("PrimitiveNode", [value, "fixed"], mode=mode)
    return sheet.inputs_of(sheet.add(kind, list(values), {widget: (origin, 0)}, widgets=[widget]))


@pytest.mark.parametrize("mode", [0, MUTED, BYPASSED])
def test_a_primitive_writes_its_value_whatever_its_mode(mode: int) -> None:
    assert primitive(640, "EmptyLatentImage", "width", 512, 512, 1, mode=mode)["width"] == 640


def test_a_primitive_keeps_to_the_range_and_the_step() -> None:
    assert primitive(99999999, "EmptyLatentImage", "width")["width"] == 16384
    assert primitive(-1, "EmptyLatentImage", "width")["width"] == 16
    assert primitive(641, "EmptyLatentImage", "width")["width"] == 640
    assert primitive(3.1000000000000005, "KSampler", "cfg", *SAMPLER)["cfg"] == 3.1


def test_a_primitive_through_a_reroute_writes_nothing_and_that_is_reported() -> None:
    sheet = Sheet()
    reroute = sheet.add("Reroute", None, {"": (sheet.add("PrimitiveNode", [640, "fixed"]), 0)})
    sheet.add("EmptyLatentImage", [512, 512, 1], {"width": (reroute, 0)}, widgets=["width"])
    converted = sheet.convert()
    assert converted.prompt["3"]["inputs"]["width"] == 512
    assert [what for _, what, _ in reported(converted)] == ["the link into width"]


def test_a_value_that_a_primitive_wrote_is_not_left_out() -> None:
    sheet = Sheet()
    origin = sheet.add("PrimitiveNode", [640, "fixed"])
    sheet.add("EmptyLatentImage", [512, 512, 1], {"width": (origin, 0)}, widgets=["width"])
    assert reported(sheet.convert()) == []


# Texts


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("a {red|green} cat", "a red cat"),
        ("{a|b} {c|{d|e}}", "a c"),
        (r"\{a|b\}", "{a|b}"),
        ("{a|b", "a"),
        ("a /* not */ b // nor this\nc", "a  b \nc"),
        ("see http://x.org/y", "see http:"),
        ("/* never closed {a|b}", "/* never closed a"),
        ("/*/ one */ two", " two"),
        ("{}", ""),
        ("a } b | c", "a } b | c"),
    ],
)
def test_dynamic_prompts(text: str, sent: str) -> None:
    assert dynamic_prompt(text) == sent
    sheet = Sheet()
    sheet.add("CLIPTextEncode", [text])
    converted = sheet.convert()
    assert converted.prompt["1"]["inputs"]["text"] == sent
    assert codes(converted) == ([] if sent == text else ["dynamic_prompt"])


def test_the_caller_may_choose() -> None:
    def last(options: Sequence[str]) -> str:
        return options[-1]

    sheet = Sheet()
    sheet.add("CLIPTextEncode", ["a {red|green|{blue|grey}} cat"])
    converted = sheet.convert(choices=Choices(choose=last))
    assert converted.prompt["1"]["inputs"]["text"] == "a grey cat"


@given(st.text(alphabet='ab{}|\\/*\n"', max_size=40))
def test_dynamic_prompts_come_to_an_end(text: str) -> None:
    sent = dynamic_prompt(text)
    assert set(sent) <= set(text) | set("undefined")


def test_only_some_texts_are_dynamic() -> None:
    sheet = Sheet()
    sheet.add("SaveImage", ["{a|b}"])
    assert sheet.inputs_of(1)["filename_prefix"] == "{a|b}"


def test_file_names_take_dates_and_values() -> None:
    sheet = Sheet()
    sheet.add("KSampler", SAMPLER, title="Main")
    sheet.add("SaveImage", ["%date:yyyy-MM-dd_hh%/%Main.seed%_%KSampler.sampler_name%_%Nothing.x%_%width%"])
    converted = sheet.convert(choices=Choices(now=datetime(2026, 3, 9, 7, tzinfo=UTC)))
    assert converted.prompt["2"]["inputs"]["filename_prefix"] == "2026-03-09_07/7_euler_%Nothing.x%_%width%"
    assert codes(converted) == ["unknown_token"]
    assert "%Nothing.x%" in converted.problems[0].message


def test_without_a_date_the_token_stays_and_is_reported() -> None:
    sheet = Sheet()
    sheet.add("SaveImage", ["%date:yyyy%"])
    converted = sheet.convert()
    assert converted.prompt["1"]["inputs"]["filename_prefix"] == "%date:yyyy%"
    assert codes(converted) == ["unknown_token"]


def test_a_value_in_a_file_name_makes_no_folder() -> None:
    name, unknown = file_name("%a.b%", lambda node, widget: f"{node}/{widget}:1", None)
    assert (name, unknown) == ("a_b_1", [])


def test_a_file_name_that_is_no_text_is_reported() -> None:
    sheet = Sheet()
    sheet.add("SaveImage", [5])
    converted = sheet.convert()
    assert converted.prompt["1"]["inputs"]["filename_prefix"] == 5
    assert codes(converted) == ["not_text"]


# The file


def test_both_schemas_are_read() -> None:
    sheet = Sheet()
    sheet.add("VAEDecode", [], {"samples": (latent(sheet), 0)})
    document = sheet.document()
    ends = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
    newer = {
        **document,
        "version": 1,
        "state": {"lastNodeId": document.pop("last_node_id")},
        "links": [dict(zip(ends, link, strict=True)) for link in document["links"]],
    }
    catalog = bundled()
    assert convert(parse(newer), catalog) == convert(parse(document), catalog)


def test_ids_of_any_kind_are_kept() -> None:
    sheet = Sheet()
    sheet.nodes = [
        {"id": "n5", "type": "EmptyLatentImage"},
        {"id": -3.0, "type": "VAEDecode"},
        {"id": "12:3", "type": "VAEDecode"},
    ]
    assert list(sheet.convert().prompt) == ["n5", "-3", "12:3"]


def test_a_line_becomes_a_line() -> None:
    sheet = Sheet()
    sheet.add("EmptyLatentImage", [8, 8, 1], mode=MUTED)
    sheet.add("Nope", [1])
    made = convert_line({"id": "a", "ui": sheet.document()}, bundled())
    assert made["id"] == "a"
    assert list(made["api"]) == ["2"]
    assert made["left_out"] == [{"node": "1", "what": "EmptyLatentImage", "reason": "the node is muted"}]
    assert [problem["code"] for problem in made["problems"]] == ["unknown_class"]


@pytest.mark.parametrize("record", [None, [], {"id": 3}, {"id": 3, "ui": []}, {"id": 3, "ui": {"nodes": {}}}])
def test_a_line_that_is_none_becomes_an_error(record: Any) -> None:
    made = convert_line(record, bundled())
    assert set(made) == {"id", "error"}
    assert made["id"] == (3 if isinstance(record, dict) else None)
