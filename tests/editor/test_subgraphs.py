"""Subgraphs and group nodes: what is inside goes out under the instance's id, with the values that the instance has."""

from __future__ import annotations

from typing import Any

import pytest

from ryla_graphs.catalogs import bundled
from ryla_graphs.formats.editor.convert import convert
from ryla_graphs.formats.editor.reading import parse
from ryla_graphs.problems import InvalidDocument
from tests.editor.sheets import BYPASSED, INNER, MUTED, PART, Sheet, codes, reported

SAMPLER = [7, "fixed", 20, 8.0, "euler", "normal", 1.0]


def part_with_sampler() -> Sheet:
    """A subgraph with a sampler (5), whose model and steps come from outside and whose latent goes out."""
    part = Sheet(PART)
    model, steps = part.input("model", "MODEL"), part.input("how many", "INT")
    sampler = part.add("KSampler", SAMPLER, {"model": model, "steps": steps}, widgets=["steps"], number=5)
    part.output("latent", "LATENT", sampler, 0)
    return part


def test_what_is_inside_goes_out_under_the_instance() -> None:
    root = Sheet()
    model = root.add("UNETLoader", ["m.safetensors", "default"])
    instance = root.add(PART, [33], {"model": (model, 0)}, widgets=["how many"])
    root.add("VAEDecode", [], {"samples": (instance, 0)})
    prompt = root.convert(part_with_sampler()).prompt
    assert list(prompt) == ["1", "2:5", "3"]
    assert prompt["2:5"]["inputs"]["model"] == ["1", 0]
    assert prompt["2:5"]["inputs"]["steps"] == 33
    assert prompt["3"]["inputs"] == {"samples": ["2:5", 0]}


def test_each_instance_has_values_of_its_own() -> None:
    root = Sheet()
    for steps in ([11], [12], None):
        root.add(PART, steps, widgets=["how many"])
    prompt = root.convert(part_with_sampler()).prompt
    assert [prompt[f"{number}:5"]["inputs"]["steps"] for number in (1, 2, 3)] == [11, 12, 20]


def test_a_link_to_what_is_promoted_goes_over_its_value() -> None:
    root = Sheet()
    steps = root.add("PrimitiveInt", [9, "fixed"])
    root.add(PART, [33], {"how many": (steps, 0)}, widgets=["how many"])
    assert root.convert(part_with_sampler()).prompt["2:5"]["inputs"]["steps"] == ["1", 0]


def test_subgraphs_in_subgraphs() -> None:
    outer = Sheet(INNER)
    steps = outer.input("steps", "INT")
    instance = outer.add(PART, [44], {"how many": steps}, widgets=["how many"], number=8)
    outer.output("latent", "LATENT", instance, 0)
    root = Sheet()
    root.add(INNER, [55], widgets=["steps"])
    root.add("VAEDecode", [], {"samples": (1, 0)})
    prompt = root.convert(part_with_sampler(), outer).prompt
    assert list(prompt) == ["1:8:5", "2"]
    assert prompt["1:8:5"]["inputs"]["steps"] == 55
    assert prompt["2"]["inputs"] == {"samples": ["1:8:5", 0]}


def test_ids_that_the_root_graph_has_are_renumbered() -> None:
    root = Sheet()
    for _ in range(6):
        root.add("PrimitiveInt", [1, "fixed"])
    root.add(PART, [33], widgets=["how many"])
    assert list(root.convert(part_with_sampler()).prompt)[-1] == "7:8"


def test_new_ids_are_none_that_are_taken() -> None:
    root = Sheet()
    root.add("PrimitiveInt", [1, "fixed"], number=5)
    root.add("PrimitiveInt", [1, "fixed"], number=7)
    root.add(PART, [33], widgets=["how many"], number=6)
    assert list(root.convert(part_with_sampler(), last_node_id=5).prompt) == ["5", "7", "6:8"]


@pytest.mark.parametrize("mode", [MUTED, BYPASSED])
def test_a_muted_or_bypassed_instance_goes_whole(mode: int) -> None:
    root = Sheet()
    latent = root.add("EmptyLatentImage", [8, 8, 1])
    part = Sheet(PART, "twice as large")
    upscale = part.add("LatentUpscaleBy", ["bislerp", 2.0], {"samples": part.input("samples", "LATENT")}, number=9)
    part.output("latent", "LATENT", upscale, 0)
    instance = root.add(PART, None, {"samples": (latent, 0)}, mode=mode)
    root.add("VAEDecode", [], {"samples": (instance, 0)})
    converted = root.convert(part)
    assert list(converted.prompt) == ["1", "3"]
    assert converted.prompt["3"]["inputs"] == ({} if mode == MUTED else {"samples": ["1", 0]})
    assert ("2", "subgraph 'twice as large'") in [(node, what) for node, what, _ in reported(converted)]


def test_a_muted_instance_inside_of_a_subgraph_runs_all_the_same_and_that_is_reported() -> None:
    outer = Sheet(INNER)
    outer.add(PART, [44], mode=MUTED, number=8)
    root = Sheet()
    root.add(INNER)
    converted = root.convert(part_with_sampler(), outer)
    assert list(converted.prompt) == ["1:8:5"]
    assert codes(converted) == ["not_muted"]


def test_what_an_older_file_lists_as_promoted_becomes_an_input() -> None:
    root = Sheet()
    entries = [["5", "cfg"], ["5", "steps"], ["77", "gone"]]
    root.add(PART, [3.5, 44, 1], properties={"proxyWidgets": entries})
    root.add(PART, [4.5, 20], properties={"proxyWidgets": entries[:2]})
    prompt = root.convert(part_with_sampler()).prompt
    assert (prompt["1:5"]["inputs"]["cfg"], prompt["1:5"]["inputs"]["steps"]) == (3.5, 44)
    assert (prompt["2:5"]["inputs"]["cfg"], prompt["2:5"]["inputs"]["steps"]) == (4.5, 20)


def nested_samplers() -> tuple[Sheet, Sheet]:
    """A subgraph with an instance (8) of the one with the sampler."""
    outer = Sheet(INNER)
    outer.add(PART, [44], widgets=["how many"], number=8)
    return part_with_sampler(), outer


@pytest.mark.parametrize("entry", [["8", "how many"], ["8", "steps"], ["8", "steps", "5"], ["8", "5: steps"]])
def test_what_is_promoted_through_two_subgraphs(entry: list[str]) -> None:
    root = Sheet()
    root.add(INNER, [66], properties={"proxyWidgets": [entry]})
    assert root.convert(*nested_samplers()).prompt["1:8:5"]["inputs"]["steps"] == 66


def test_an_input_that_loses_what_it_promoted_takes_no_value() -> None:
    part, outer = nested_samplers()
    outer.nodes[0].update(widgets_values=[1.5, 2.5], properties={"proxyWidgets": [["5", "cfg"], ["5", "cfg"]]})
    root = Sheet()
    root.add(INNER)
    root.add(PART, [33, 9.5])
    prompt = root.convert(part, outer).prompt
    assert prompt["1:8:5"]["inputs"]["cfg"] == 2.5
    assert (prompt["2:5"]["inputs"]["steps"], prompt["2:5"]["inputs"]["cfg"]) == (33, 9.5)


@pytest.mark.parametrize("newer", [True, False])
def test_values_beside_one_of_a_widget_that_this_comfyui_lacks_go_by_their_names(newer: bool) -> None:
    """As templates of ComfyUI 0.4x have them, whose ModelSamplingAuraFlow has a widget more."""
    part = Sheet(PART)
    inner = {name: part.input(name, "*") for name in ("brand new", "steps", "cfg")}
    part.add("KSampler", SAMPLER, inner, widgets=[*inner], number=5)
    root = Sheet()
    values = {"brand new": "flow", "steps": 33, "cfg": 2.5}
    root.add(PART, [*values.values()][not newer :], widgets=["cfg"], widgets_values_named=values)
    inputs = root.inputs_of("1:5", part)
    assert (inputs["steps"], inputs["cfg"]) == (33, 2.5)


@pytest.mark.parametrize(
    ("widget", "sent"), [("steps", [20, 20]), ("cfg", [20, 20]), ("scheduler", ["karras", "karras"])]
)
def test_inputs_of_one_name_share_a_value(widget: str, sent: list[Any]) -> None:
    """The first one's, unless the second is for a widget of another kind."""
    part = Sheet(PART)
    part.add("KSampler", SAMPLER, {"steps": part.input("n", "INT")}, widgets=["steps"], number=5)
    other = [7, "fixed", 30, 8.5, "euler", "karras", 1.0]
    part.add("KSampler", other, {widget: part.input("n", "*")}, widgets=[widget], number=6)
    root = Sheet()
    root.add(PART)
    prompt = root.convert(part).prompt
    assert [prompt["1:5"]["inputs"]["steps"], prompt["1:6"]["inputs"][widget]] == sent


def test_a_promoted_primitive_feeds_all_that_it_fed() -> None:
    part = Sheet(PART)
    primitive = part.add("PrimitiveNode", [7, "fixed"], number=20)
    for number in (21, 22):
        part.add("KSampler", SAMPLER, {"seed": (primitive, 0)}, widgets=["seed"], number=number)
    for link in part.links:
        link["target_slot"] = 4
    root = Sheet()
    root.add(PART, [99], properties={"proxyWidgets": [["20", "value"]]})
    prompt = root.convert(part).prompt
    assert [prompt[f"1:{number}"]["inputs"]["seed"] for number in (21, 22)] == [99, 99]


def test_a_missing_definition_is_an_unknown_class() -> None:
    root = Sheet()
    root.add(PART, [1])
    assert codes(root.convert()) == ["unknown_class"]


def test_a_subgraph_that_contains_itself_is_reported() -> None:
    part = part_with_sampler()
    part.add(PART, number=6)
    root = Sheet()
    root.add(PART)
    converted = root.convert(part)
    assert list(converted.prompt) == ["1:5"]
    assert codes(converted) == ["recursive_subgraph"]
    assert converted.problems[0].source == "definitions.subgraphs[0].nodes[1]"


def test_subgraphs_that_contain_one_another_are_reported() -> None:
    one, other = Sheet(PART, "one"), Sheet(INNER, "other")
    one.add(INNER, number=5)
    other.add(PART, number=6)
    other.add("EmptyLatentImage", [8, 8, 1], number=7)
    root = Sheet()
    root.add(PART)
    converted = root.convert(one, other)
    assert list(converted.prompt) == ["1:5:7"]
    assert codes(converted) == ["recursive_subgraph"]


def ladder(levels: int, width: int, leaf: list[dict[str, Any]]) -> dict[str, Any]:
    """Subgraphs in subgraphs, `width` instances of the next in each."""
    names = [f"5e0d2a8c-0000-4000-8000-{number:012}" for number in range(levels)]
    definitions = []
    for level, name in enumerate(names):
        part = Sheet(name)
        for place in range(width):
            part.nodes += [{**node, "id": place + 1} for node in leaf] if level == levels - 1 else []
            if level < levels - 1:
                part.add(names[level + 1])
        definitions.append(part)
    root = Sheet()
    root.add(names[0])
    return root.document(*definitions)


@pytest.mark.parametrize("mode", [0, MUTED])
def test_subgraphs_that_multiply_without_end_are_refused(mode: int) -> None:

    document = ladder(40, 2, [{"type": "EmptyLatentImage", "mode": mode}])
    with pytest.raises(InvalidDocument, match="multiply to over 250,000 nodes"):
        convert(parse(document), bundled())


def test_subgraphs_that_multiply_in_a_cycle_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ryla_graphs.formats.editor.convert.MOST_NODES", 1000)
    document = ladder(40, 2, [{"type": "EmptyLatentImage"}])
    first, last = (document["definitions"]["subgraphs"][number] for number in (0, -1))
    last["nodes"].append({"id": 3, "type": first["id"]})
    with pytest.raises(InvalidDocument, match="multiply"):
        convert(parse(document), bundled())


def test_subgraphs_that_are_too_deep_are_refused() -> None:

    assert len(convert(parse(ladder(100, 1, [{"type": "EmptyLatentImage"}])), bundled()).prompt) == 1
    with pytest.raises(InvalidDocument, match="more than 100 deep"):
        convert(parse(ladder(101, 1, [{"type": "EmptyLatentImage"}])), bundled())


# Group nodes


def group_file() -> Sheet:
    """A group node of an empty latent and a sampler, whose latent goes on to a decoder."""
    root = Sheet()
    group = root.add("workflow>both", [640, 512, 2, *SAMPLER])
    root.add("VAEDecode", [], {"samples": (group, 0)})
    root.nodes[0]["outputs"][0]["type"] = "LATENT"
    return root


def groups() -> dict[str, Any]:
    nodes = [
        {"type": "EmptyLatentImage", "index": 0, "widgets_values": [1, 2, 3], "inputs": [], "outputs": []},
        {"type": "KSampler", "index": 1, "widgets_values": SAMPLER, "inputs": [], "outputs": []},
    ]
    return {"groupNodes": {"both": {"nodes": nodes, "links": [[0, 0, 1, 3, 1, "LATENT"]], "external": []}}}


def test_a_group_node_is_unpacked() -> None:
    prompt = group_file().convert(extra=groups()).prompt
    assert list(prompt) == ["2", "5:3", "5:4"]
    assert prompt["5:3"]["inputs"] == {"width": 640, "height": 512, "batch_size": 2}
    assert prompt["5:4"]["inputs"]["latent_image"] == ["5:3", 0]
    assert prompt["5:4"]["inputs"]["steps"] == 20
    assert prompt["2"]["inputs"] == {"samples": ["5:4", 0]}


def test_a_group_node_of_unknown_classes_stays_one() -> None:
    extra = groups()
    extra["groupNodes"]["both"]["nodes"][0]["type"] = "Nope"
    converted = group_file().convert(extra=extra)
    assert set(converted.prompt) == {"1", "2"}
    assert codes(converted) == ["unknown_class"]


@pytest.mark.parametrize("data", [None, 5, [], {"nodes": 5}, {"nodes": [5]}, {"nodes": [{"type": ["KSampler"]}]}])
def test_a_mangled_group_is_an_unknown_class(data: Any) -> None:
    assert codes(group_file().convert(extra={"groupNodes": {"both": data}})) == ["unknown_class"]
