"""The executor is ComfyUI's: lists, lazy inputs, blocked branches, expansion, equal nodes, cycles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.prompt import Prompt
from ryla_graphs.shapes import evaluate
from ryla_graphs.shapes.calls import calls
from ryla_graphs.shapes.execution import Cycle, Execution, Expand
from ryla_graphs.shapes.registry import LAZY, NodeFails, lazy
from ryla_graphs.shapes.values import Blocked


def node_class(
    inputs: dict[str, Any], outputs: str = "*", *, output_node: bool = False, takes_lists: bool = False, lists: str = ""
) -> dict[str, Any]:
    return {
        "input": {"required": inputs},
        "output": list(outputs),
        "output_is_list": [letter == "L" for letter in (lists or "-" * len(outputs))],
        "output_node": output_node,
        "is_input_list": takes_lists,
        "python_module": "nodes",
    }


ANY = ["*", {}]
CATALOG = Catalog(
    {
        "Value": node_class({"value": ["INT", {}]}),
        "List": node_class({"count": ["INT", {}]}, lists="L"),
        "Pair": node_class({"a": ANY, "b": ANY}),
        "Gather": node_class({"a": ANY, "b": ANY}, takes_lists=True),
        "Block": node_class({"value": ANY}),
        "Lazy": node_class({"which": ["STRING", {}], "a": ANY, "b": ANY}),
        "Grow": node_class({"value": ANY}),
        "Show": node_class({"value": ANY}, "", output_node=True),
    }
)


@pytest.fixture(autouse=True)
def lazy_class() -> Iterator[None]:
    @lazy("Lazy", inputs=lambda name: name in ("a", "b"))
    def needs(known: Any, waiting: frozenset[str]) -> Any:
        return [known["which"]]

    yield
    del LAZY["Lazy"]


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


def execution_of(prompt: dict[str, Any]) -> Execution:
    return Execution(Prompt(prompt, CATALOG))


def ran(prompt: dict[str, Any]) -> tuple[Execution, list[str], list[Any]]:
    """The execution, the nodes in the order in which they ran, and what was shown."""
    execution, order, shown = execution_of(prompt), [], []
    while (task := execution.next()) is not None:
        order.append(task.node)
        results: list[Any] = []
        for given_ in task.calls():
            if isinstance(given_, Blocked):
                results.append(given_)
                continue
            match task.schema.class_type:
                case "Value":
                    results.append((given_["value"],))
                case "List":
                    results.append((list(range(given_["count"])),))
                case "Pair" | "Gather":
                    results.append(((given_["a"], given_["b"]),))
                case "Block":
                    results.append((Blocked() if given_["value"] == 1 else given_["value"],))
                case "Lazy":
                    results.append((given_[given_["which"]],))
                case "Grow":
                    inner = {f"{task.node}.x": node("Pair", a=given_["value"], b=7)}
                    results.append(Expand(inner, ([f"{task.node}.x", 0],)))
                case "Show":
                    shown.append(given_["value"])
                    results.append(())
        execution.finish(task, results)
    return execution, order, shown


def test_a_list_maps_what_comes_after_it_and_shorter_ones_repeat_their_last() -> None:
    prompt = {
        "1": node("List", count=3),
        "2": node("List", count=2),
        "3": node("Pair", a=["1", 0], b=["2", 0]),
        "4": node("Show", value=["3", 0]),
    }
    assert ran(prompt)[2] == [(0, 0), (1, 1), (2, 1)]


def test_a_node_that_takes_lists_is_called_once() -> None:
    prompt = {
        "1": node("List", count=3),
        "2": node("Gather", a=["1", 0], b=5),
        "3": node("Show", value=["2", 0]),
    }
    assert ran(prompt)[2] == [([0, 1, 2], [5])]


def test_an_empty_list_fails_what_it_comes_to() -> None:
    with pytest.raises(NodeFails, match="empty list"):
        ran({"1": node("List", count=0), "2": node("Show", value=["1", 0])})


def test_only_the_branch_that_is_needed_runs() -> None:
    prompt = {
        "1": node("Value", value=1),
        "2": node("Value", value=2),
        "3": node("Lazy", which="b", a=["1", 0], b=["2", 0]),
        "4": node("Show", value=["3", 0]),
    }
    _, order, shown = ran(prompt)
    assert (order, shown) == (["2", "3", "4"], [2])


def test_what_is_blocked_blocks_all_that_needs_it_and_nothing_else() -> None:
    prompt = {
        "1": node("List", count=3),
        "2": node("Block", value=["1", 0]),
        "3": node("Show", value=["2", 0]),
    }
    assert ran(prompt)[2] == [0, 2]


def test_a_node_may_put_others_in_its_place() -> None:
    prompt = {"1": node("Value", value=4), "2": node("Grow", value=["1", 0]), "3": node("Show", value=["2", 0])}
    _, order, shown = ran(prompt)
    assert (order, shown) == (["1", "2", "2.x", "3"], [(4, 7)])


def test_equal_nodes_run_once() -> None:
    prompt = {
        "1": node("Value", value=4),
        "2": node("Value", value=4),
        "3": node("Pair", a=["1", 0], b=["2", 0]),
        "4": node("Show", value=["3", 0]),
    }
    execution, order, shown = ran(prompt)
    assert (len(order), shown, execution.equal) == (3, [(4, 4)], {"1": "2"} | execution.equal)


def test_keys_know_no_ids() -> None:
    def key(first: str, value: int) -> str:
        execution = execution_of({first: node("Value", value=value), "s": node("Show", value=[first, 0])})
        task = execution.next()
        assert task is not None
        return task.key

    assert key("1", 4) == key("2", 4) != key("1", 5)


def test_values_are_converted_as_the_server_converts_them() -> None:
    execution = execution_of({"1": node("Value", value="5"), "2": node("Show", value=["1", 0])})
    task = execution.next()
    assert task is not None and task.calls() == [{"value": 5}]
    execution = execution_of({"1": node("Value", value="five"), "2": node("Show", value=["1", 0])})
    task = execution.next()
    assert task is not None
    with pytest.raises(NodeFails, match="rejects the value of value"):
        task.calls()


def test_nodes_that_wait_for_each_other_are_named() -> None:
    prompt = {
        "1": node("Pair", a=["2", 0], b=1),
        "2": node("Pair", a=["1", 0], b=1),
        "3": node("Show", value=["1", 0]),
    }
    with pytest.raises(Cycle) as caught:
        ran(prompt)
    assert set(caught.value.args[0]) == {"1", "2", "3"}


def test_a_long_list_is_refused() -> None:
    with pytest.raises(NodeFails, match="5,000 times"):
        calls({"value": list(range(5_000))}, CATALOG["Show"])


def test_deep_graphs_are_no_trouble() -> None:
    prompt = {"0": node("Value", value=1)}
    prompt |= {str(i): node("Pair", a=[str(i - 1), 0], b=1) for i in range(1, 3_000)}
    prompt["end"] = node("Show", value=["2999", 0])
    assert len(ran(prompt)[1]) == 3_001


CLASSES = ["EmptyLatentImage", "EmptyImage", "ImageScale", "RepeatImageBatch", "VAEDecode", "SaveImage", "CreateList",
           "ComfySwitchNode", "PrimitiveInt", "LoadImage", "NoSuchClass", 5, None]  # fmt: skip
NAMES = ["width", "height", "image", "images", "samples", "amount", "value", "switch", "on_true", "inputs.input0", ""]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
links = st.tuples(st.sampled_from(["0", "1", "2", "3", "9"]), st.sampled_from([0, 1, -1, 7, 0.0, 1e300])).map(list)
bodies = st.fixed_dictionaries(
    {"class_type": st.sampled_from(CLASSES)},
    optional={"inputs": st.dictionaries(st.sampled_from(NAMES), links | json_values, max_size=5) | json_values},
)


@given(st.dictionaries(st.sampled_from(["0", "1", "2", "3"]), bodies | json_values))
def test_any_json_has_shapes_or_none(prompt: dict[str, Any]) -> None:
    assert set(evaluate(Prompt(prompt, catalogs.bundled()))) <= set(prompt)


def test_what_a_class_does_not_declare_is_dropped_or_breaks_the_call() -> None:
    """A value is dropped; a wire is handed to a function that does not take it."""
    core = catalogs.bundled()
    empty = {"width": 8, "height": 8, "batch_size": 1, "color": 0}
    dropped = {"1": node("EmptyImage", **empty, size=64), "2": node("PreviewImage", images=["1", 0])}
    assert evaluate(Prompt(dropped, core))["1"].first().width == 8
    wired = {"1": node("EmptyImage", **empty), "2": node("ImageInvert", image=["1", 0], mask=["1", 0])}
    wired["3"] = node("PreviewImage", images=["2", 0])
    first = evaluate(Prompt(wired, core))["2"].first()
    assert isinstance(first, Blocked) and "takes no input called 'mask'" in str(first.message)
