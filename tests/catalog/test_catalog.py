"""A catalog is a value: frozen, changed by `replace`, and the same after a copy or a pickle."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ryla_graphs import Catalog, catalogs
from ryla_graphs.catalog.catalog import ClassEntry
from ryla_graphs.catalog.parsing import parse_node
from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.problems import InvalidDocument, NotFound

MINE: dict[str, Any] = {
    "Mine": {"input": {"required": {"a": ["INT"]}}, "output": ["MYTYPE", "INT,FLOAT", ["a", "b"]], "output_name": []}
}
FLAGS: dict[str, Any] = {
    "name": "prod",
    "families": frozenset({"rules"}),
    "absent": {"Gone": "get it"},
    "any_input_file": True,
}


def flagged() -> Catalog:
    return Catalog(MINE, **FLAGS)


def flags(catalog: Catalog) -> dict[str, Any]:
    return {name: getattr(catalog, name) for name in FLAGS}


def test_nothing_that_a_change_does_not_name_is_lost() -> None:
    for changed in (
        flagged().replace(),
        flagged().subset(["Mine"]),
        flagged().replace(classes={"Other": MINE["Mine"]}),
        pickle.loads(pickle.dumps(flagged())),
        copy.copy(flagged()),
        copy.deepcopy(flagged()),
    ):
        assert flags(changed) == FLAGS
    for name, value in FLAGS.items():
        changed = Catalog(MINE).replace(**{name: value})
        assert getattr(changed, name) == value


def test_both_catalogs_say_what_they_know() -> None:
    joined = flagged() | Catalog({"Other": MINE["Mine"]}, families=frozenset({"more"}), absent={"Else": "x"}, name="b")
    assert [*joined] == ["Mine", "Other"]
    assert flags(joined) == {
        "name": "prod + b",
        "families": {"rules", "more"},
        "absent": {"Gone": "get it", "Else": "x"},
        "any_input_file": True,
    }
    assert (Catalog(MINE) | flagged()).families == FLAGS["families"] == (flagged() | Catalog(MINE)).families


def test_the_later_catalog_wins_and_both_stay_as_they_were() -> None:
    other = {"Mine": {**MINE["Mine"], "output": ["IMAGE"]}}
    first, second = Catalog(MINE), Catalog(other)
    assert (first | second)["Mine"].output_types == ("IMAGE",)
    assert (second | first)["Mine"].output_types[0] == "MYTYPE"
    assert first["Mine"].output_types[0] == "MYTYPE"


def test_catalogs_share_what_they_parsed() -> None:
    everything = catalogs.bundled()
    assert everything["KSampler"] is catalogs.bundled("core")["KSampler"]
    assert everything["KSampler"] is everything.replace(any_input_file=True)["KSampler"]
    assert everything["KSampler"] is (everything | Catalog(MINE))["KSampler"]


def test_nothing_of_it_can_be_changed() -> None:
    catalog = flagged()
    with pytest.raises(AttributeError, match=r"replace\(name=\.\.\.\)"):
        catalog.name = "other"
    with pytest.raises(AttributeError, match=r"replace\(min=\.\.\.\)"):
        catalog["Mine"].inputs[0].min = 3  # type: ignore[misc]
    assert catalog["Mine"].inputs[0].replace(min=3).min == 3 and catalog["Mine"].inputs[0].min is None


def test_a_pickle_carries_what_is_not_bundled_and_no_more() -> None:
    everything = catalogs.bundled() | Catalog(MINE)
    everything["KSampler"].flat_inputs({})["seed"].plainly_fits  # noqa: B018 - computed, and not to be pickled
    sent = pickle.dumps(everything)
    assert len(sent) < 300_000
    came = pickle.loads(sent)
    assert (came["KSampler"], came["Mine"]) == (everything["KSampler"], everything["Mine"])
    schema = everything["KSampler"]
    assert pickle.loads(pickle.dumps(schema)) == schema and hash(schema) == hash(copy.deepcopy(schema))


def test_the_types_of_wires_are_known_without_parsing() -> None:
    assert Catalog(MINE).carried == {"MYTYPE", "INT", "FLOAT"}
    assert Catalog({"Mine": json.dumps(MINE["Mine"])}).carried == {"MYTYPE", "INT", "FLOAT"}
    assert {"MODEL", "WANVIDEOMODEL", "RGTHREE_CONTEXT"} <= catalogs.bundled().carried
    assert "WANVIDEOMODEL" not in catalogs.bundled("core").carried


def test_what_is_not_there_is_reported() -> None:
    with pytest.raises(NotFound, match="Mine"):
        Catalog(MINE).subset(["Mien"])
    with pytest.raises(KeyError):
        Catalog(MINE)["Mien"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("input", "output", "output_name", "output_is_list", "output_matchtypes", "display_name", "category")
TYPES = st.sampled_from(["INT", "IMAGE", "COMBO", "COMFY_DYNAMICCOMBO_V3", "COMFY_AUTOGROW_V3", "COMFY_MATCHTYPE_V3"])
FACTS = ("default", "min", "max", "step", "options", "template", "multiselect", "remote", "folders", "added_choices")
inputs = st.tuples(TYPES, st.dictionaries(st.sampled_from(FACTS), json_values, max_size=4)).map(list) | json_values
sections = st.dictionaries(
    st.sampled_from(["required", "optional", "hidden"]), st.dictionaries(st.text(max_size=5), inputs, max_size=3)
)


entries = st.fixed_dictionaries(
    {"input": sections}, optional={name: json_values for name in (*NAMES, "facts") if name != "input"}
)


@settings(max_examples=300)
@given(json_values | entries | st.dictionaries(st.sampled_from(NAMES), json_values, max_size=5))
def test_any_json_is_a_class_or_is_refused_in_our_words(entry: Any) -> None:
    try:
        schema = parse_node("Odd", entry)
    except InvalidDocument as refused:
        message = str(refused)
    else:
        message = "'Odd'"
        _use(schema)
    assert "'Odd'" in message


def _use(schema: NodeSchema) -> None:
    assert schema.class_type == "Odd"
    for spec in schema.every_input():
        assert [spec.wire_type, spec.initial, spec.limits, spec.is_wire_only], "none of them may raise"
    schema.flat_inputs({})


def test_a_class_is_parsed_once() -> None:
    entry = ClassEntry("Mine", MINE["Mine"])
    assert entry.schema is entry.schema
