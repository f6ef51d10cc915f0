"""The widgets and slots that we give each core class are those that the real editor makes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.schema import Kind
from ryla_graphs.catalogs import bundled, from_object_info
from ryla_graphs.formats.editor.widgets import UNDEFINED, Sends, Widget, restored, slots, widgets
from tests.conftest import recorded_json

CONTROL_NAMED_BY_ITS_DEFAULT = {"PrimitiveInt", "SeedNode"}
"""The editor calls their control widget "fixed"; it is not sent, so only its position counts."""


@pytest.fixture(scope="module", params=["bundled", "object_info"])
def catalog(request: pytest.FixtureRequest) -> Catalog:
    if request.param == "bundled":
        return bundled("core")
    return from_object_info(recorded_json("object_info.core.json.gz"))


@pytest.fixture(scope="module")
def real() -> Mapping[str, Any]:
    types: Mapping[str, Any] = recorded_json("frontend_types.core.json.gz")["types"]
    return types


def facts_of(widget: Widget, class_type: str) -> tuple[str, bool, bool]:
    renamed = class_type in CONTROL_NAMED_BY_ITS_DEFAULT and widget.name == "control_after_generate"
    return "fixed" if renamed else widget.name, widget.saved, widget.sends is not Sends.NOTHING


def recorded_widgets(entry: Mapping[str, Any]) -> list[tuple[str, bool, bool]]:
    return [
        (widget["name"], widget.get("serialize") is not False, widget.get("oserialize") is not False)
        for widget in entry.get("widgets", ())
    ]


def test_widgets_are_those_of_the_real_editor(catalog: Catalog, real: Mapping[str, Any]) -> None:
    known = catalog.keys() & real.keys()
    assert len(known) > 880
    for class_type in known:
        ours = [facts_of(widget, class_type) for widget in widgets(catalog[class_type])]
        assert ours == recorded_widgets(real[class_type]), class_type


def test_new_nodes_hold_the_values_of_the_real_editor(catalog: Catalog, real: Mapping[str, Any]) -> None:
    """Lists of files are a machine's own and long texts somebody's prose, so those are not compared."""
    compared = 0
    for class_type in catalog.keys() & real.keys() - CONTROL_NAMED_BY_ITS_DEFAULT:
        for ours, theirs in zip(widgets(catalog[class_type]), real[class_type].get("widgets", ()), strict=True):
            files = ours.spec is not None and ours.spec.open
            if files or ours.default is UNDEFINED or len(theirs.get("value", "")) > 24 or ours.spec is None:
                continue
            if ours.spec.lists_files or ours.name == "vae_name":
                continue
            assert ours.default == json.loads(theirs["value"]), f"{class_type}.{ours.name}"
            compared += 1
    assert compared > 3000


def test_texts_with_choices_and_file_names_are_those_of_the_real_editor(
    catalog: Catalog, real: Mapping[str, Any]
) -> None:
    for class_type in catalog.keys() & real.keys():
        ours = {
            widget.name
            for widget in widgets(catalog[class_type])
            if widget.sends in (Sends.DYNAMIC_PROMPT, Sends.FILE_NAME, Sends.CAPTURE, Sends.VIEW)
        }
        theirs = {widget["name"] for widget in real[class_type].get("widgets", ()) if widget["fn"]}
        assert ours == theirs - {"preview_text"}, class_type


def test_slots_are_those_of_the_real_editor(catalog: Catalog, real: Mapping[str, Any]) -> None:
    """As a set: in a new node the slots of a dynamic combo's choice stand before its own, in a loaded one behind it."""
    for class_type in catalog.keys() & real.keys() - {"Load3DAdvanced"}:
        ours = [(slot.name, slot.type, slot.widget) for slot in slots(catalog[class_type])]
        theirs = [(slot["name"], slot["type"], slot.get("widget")) for slot in real[class_type]["inputs"]]
        assert (set(ours), len(ours)) == (set(theirs), len(theirs)), class_type
        if not any(spec.kind is Kind.DYNAMIC_COMBO for spec in catalog[class_type].inputs):
            assert ours == theirs, class_type


def test_a_chosen_option_decides_which_value_is_whose() -> None:
    values = {
        widget.name: value
        for widget, value in restored(bundled()["ResizeImageMaskNode"], ["scale by multiplier", 2, "lanczos", "more"])
    }
    assert values == {
        "resize_type": "scale by multiplier",
        "resize_type.multiplier": 2,
        "scale_method": "lanczos",
    }


def test_too_few_values_leave_defaults() -> None:
    values = {widget.name: value for widget, value in restored(bundled()["KSampler"], [7, "fixed", 30])}
    assert (values["seed"], values["steps"], values["cfg"], values["sampler_name"]) == (7, 30, 8.0, "euler")


def test_a_custom_combo_has_one_option_more_than_are_filled() -> None:
    names = [widget.name for widget, _ in restored(bundled()["CustomCombo"], ["b", None, "a", "b", ""])]
    assert names == ["choice", "index", "option1", "option2", "option3"]


def test_an_autogrow_input_shows_one_slot_more_than_are_linked() -> None:
    schema = bundled()["BatchImagesNode"]
    assert [slot.name for slot in slots(schema)] == ["images.image0", "images.image1"]
    assert len(slots(schema, given=["images.image3"])) == 5


def test_a_text_that_the_bundled_catalog_does_not_hold_is_left_to_the_server() -> None:
    ours, recorded = bundled("core"), from_object_info(recorded_json("object_info.core.json.gz"))
    for class_type in recorded.keys() & ours.keys():
        theirs = {widget.name: widget for widget in widgets(recorded[class_type])}
        for widget in widgets(ours[class_type]):
            if widget.type == "STRING" and widget.default != (default := theirs[widget.name].default):
                assert widget.default is UNDEFINED and len(default) > 100, (class_type, widget.name)
