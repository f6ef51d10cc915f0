"""Values that Python reads and JSON cannot hold: a clear problem at every door, never a traceback."""

from __future__ import annotations

from typing import Any

import pytest

from ryla_graphs import InvalidWorkflow, Workflow, catalogs
from ryla_graphs.plan import check, plan_of
from ryla_graphs.problems import InvalidDocument
from ryla_graphs.validation import View, validate
from tests.graphs import text_to_image

DEEP: Any = 1
for _ in range(900):
    DEEP = {"a": DEEP}


def prompt(**inputs: Any) -> dict[str, Any]:
    return {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0} | inputs},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
    }


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 10**400, 10**5000, "\ud800", {"\ud800": 1}, DEEP],
    ids=lambda v: type(v).__name__,
)
def test_a_value_that_json_cannot_hold_is_a_problem_at_its_input(value: Any) -> None:
    odd = prompt(more=value, color=value)
    found = validate(odd, catalogs.bundled())
    assert any(problem.input == "color" for problem in found) and found[0].level == "error"
    assert all(str(problem).encode() for problem in found), "every message can be printed"
    with pytest.raises(InvalidWorkflow) as caught:
        Workflow.load(odd).compile()
    assert caught.value.problems


def test_an_id_and_a_title_are_looked_at_too() -> None:
    graph = prompt()
    graph["2"]["_meta"] = {"title": "\ud800"}
    assert [problem.code for problem in validate(graph, catalogs.bundled())] == ["not_json"]
    graph = {"1": prompt()["1"], "\ud800": prompt()["2"]}
    assert "not_json" in [problem.code for problem in validate(graph, catalogs.bundled())]


HUGE = [10**400, -(10**400), 1e308, float("nan"), float("inf")]
PLACES = [("l", "width"), ("l", "batch_size"), ("k", "steps"), ("k", "cfg"), ("k", "denoise"), ("r", "amount")]


@pytest.mark.parametrize(("node", "name"), PLACES)
def test_estimates_and_limits_of_an_unchecked_graph(node: str, name: str) -> None:
    """Such as half of one that is run for its other half; a limit still refuses what is far too much."""
    for value in HUGE:
        graph = text_to_image().compile().document
        graph = {number: {**body, "inputs": dict(body["inputs"])} for number, body in graph.items()}
        names = {body["class_type"]: number for number, body in graph.items()}
        graph["r"] = {
            "class_type": "RepeatLatentBatch",
            "inputs": {"samples": [names["EmptyLatentImage"], 0], "amount": 1},
        }
        graph[names["KSampler"]]["inputs"]["latent_image"] = ["r", 0]
        place = {"l": names["EmptyLatentImage"], "k": names["KSampler"], "r": "r"}[node]
        graph[place]["inputs"][name] = value
        view = View(graph, catalogs.bundled())
        assert plan_of(view).to_dict()
        found = check(view)
        assert all(str(problem) for problem in found)
        if value in (10**400, 1e308) and name not in ("cfg", "denoise"):
            assert found, (name, value)


def test_a_number_of_too_many_digits_is_source_and_no_file() -> None:
    workflow = Workflow.load(prompt(color=10**5000))
    assert hex(10**5000) in workflow.to_python()
    with pytest.raises(InvalidDocument, match="too many digits"):
        workflow.to_ui()
