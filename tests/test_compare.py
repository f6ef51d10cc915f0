"""Comparing graphs: the report says what was done, whatever the ids are."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import Workflow
from ryla_graphs.compare import ABSENT, compare
from ryla_graphs.formats import api
from ryla_graphs.testing import graphs
from tests.graphs import text_to_image

GRAPH = text_to_image().compile().prompt


def graph() -> dict[str, Any]:
    return copy.deepcopy(dict(GRAPH))


def the(class_type: str, among: dict[str, Any] | None = None) -> str:
    return next(number for number, node in (among or GRAPH).items() if node["class_type"] == class_type)


def renamed(prompt: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """The graph with other ids."""

    def link(value: Any) -> Any:
        return [names.get(value[0], value[0]), value[1]] if isinstance(value, list) else value

    return {
        names.get(number, number): {**node, "inputs": {name: link(value) for name, value in node["inputs"].items()}}
        for number, node in prompt.items()
    }


def test_a_graph_is_equal_to_itself_in_any_order() -> None:
    assert compare(GRAPH, dict(reversed(graph().items()))).equal


def test_a_changed_value() -> None:
    changed = graph()
    sampler = the("KSampler")
    changed[sampler]["inputs"]["steps"] = 99
    (change,) = compare(GRAPH, changed).changes
    assert (change.node, change.input, change.kind, change.after) == (sampler, "steps", "value", 99)


@pytest.mark.parametrize(("before", "after", "differs"), [(1, 1.0, False), (1, True, True), ("1", 1, True)])
def test_what_is_the_same_value(before: Any, after: Any, differs: bool) -> None:
    node = {"class_type": "A", "inputs": {"x": before}}
    assert compare({"1": node}, {"1": {"class_type": "A", "inputs": {"x": after}}}).equal != differs


def test_values_that_come_and_go() -> None:
    node, bare = {"class_type": "A", "inputs": {"x": 1}}, {"class_type": "A", "inputs": {}}
    assert compare({"1": node}, {"1": bare}).changes[0].after is ABSENT
    assert compare({"1": bare}, {"1": node}).to_dict()["changes"][0].keys() >= {"after"}
    assert "before" not in compare({"1": bare}, {"1": node}).to_dict()["changes"][0]


def test_a_node_in_between() -> None:
    changed = graph()
    sampler = the("KSampler")
    lora = {"class_type": "LoraLoaderModelOnly", "inputs": {"model": changed[sampler]["inputs"]["model"]}}
    changed["lora"] = lora
    changed[sampler]["inputs"]["model"] = ["lora", 0]
    found = compare(GRAPH, changed)
    assert found.added == (("lora", "LoraLoaderModelOnly"),) and not found.removed
    assert [(change.node, change.input, change.kind) for change in found.changes] == [(sampler, "model", "link")]
    back = compare(changed, GRAPH)
    assert back.removed == found.added and not back.added


def test_other_ids_are_no_difference() -> None:
    changed = renamed(graph(), {number: f"n{index}" for index, number in enumerate(GRAPH)})
    found = compare(GRAPH, changed)
    assert found.equal and len(found.renumbered) == len(GRAPH)


def test_ids_that_mean_other_things() -> None:
    """Two files that were numbered from 1, each in its own order."""
    numbers = [str(index) for index in range(1, len(GRAPH) + 1)]
    first = renamed(graph(), dict(zip(GRAPH, numbers, strict=True)))
    second = renamed(graph(), dict(zip(GRAPH, [*numbers[2:], *numbers[:2]], strict=True)))
    sampler = the("KSampler", second)
    second[sampler]["inputs"]["steps"] = 99
    found = compare(first, second)
    assert [(change.node, change.input) for change in found.changes] == [(sampler, "steps")]
    assert not found.added and not found.removed


def test_what_is_no_node_is_passed_over() -> None:
    assert compare({"1": 3, "2": {"inputs": []}}, {"2": {"class_type": None}}).equal


@given(graphs(), st.data())
def test_ids_never_matter(workflow: Workflow, data: st.DataObject) -> None:
    prompt = api.dump(workflow.graph)
    order = data.draw(st.permutations(range(len(prompt))))
    names = {number: f"x{index}" for number, index in zip(prompt, order, strict=True)}
    assert compare(prompt, renamed(prompt, names)).equal


@given(graphs(), st.data())
def test_a_change_is_found_in_any_graph_and_backwards(workflow: Workflow, data: st.DataObject) -> None:
    prompt = api.dump(workflow.graph)
    places = [(number, name) for number, node in prompt.items() for name in node["inputs"]]
    if not places:
        return
    number, name = data.draw(st.sampled_from(places))
    changed = copy.deepcopy(prompt)
    changed[number]["inputs"][name] = "something that was not there"
    found, back = compare(prompt, changed), compare(changed, prompt)
    assert [(change.node, change.input) for change in found.changes] == [(number, name)]
    assert [(change.before, change.after) for change in back.changes] == [
        (change.after, change.before) for change in found.changes
    ]
