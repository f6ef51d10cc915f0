"""Values that Python reads and JSON cannot hold: a clear problem at every door, never a traceback."""

from __future__ import annotations

from typing import Any

import pytest

from ryla_graphs import InvalidWorkflow, Workflow, catalogs
from ryla_graphs.validation import validate

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
