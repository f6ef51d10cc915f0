"""How far nodes are, as the server tells it in two ways at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ryla_graphs.engines.comfyui.frames import Message, read
from ryla_graphs.engines.comfyui.ledger import Ledger
from ryla_graphs.engines.comfyui.run import _HANDLERS, ComfyRun
from ryla_graphs.engines.events import Event, Progress
from tests.conftest import recorded_json
from tests.engines.following import WORKFLOW, story
from tests.engines.stub import Script, serving
from tests.engines.stub.script import states

Steps = list[tuple[str, int, int]]


def steps_of(events: list[Event]) -> Steps:
    return [(event.node, event.step, event.steps) for event in events if isinstance(event, Progress)]


@pytest.mark.parametrize("old_progress", [True, False])
def test_every_step_is_reported_once(old_progress: bool) -> None:
    with serving(Script(steps=5, old_progress=old_progress)) as (engine, _):
        assert steps_of(story(engine)) == [("sampler", step, 5) for step in range(1, 6)]


def heard(messages: list[tuple[str, dict[str, Any]]]) -> list[Event]:
    """The events that a run makes of messages, without a server."""
    run: Any = ComfyRun.__new__(ComfyRun)
    run._ledger = Ledger("run", WORKFLOW, lambda *_: b"")

    def events() -> Iterator[Event]:
        for kind, data in messages:
            handler = _HANDLERS.get(kind)
            if handler is not None and kind in ("progress", "progress_state"):
                yield from handler(run, Message(kind, data))

    return list(events())


def state(node: str, value: float, most: float, how: str = "running") -> dict[str, Any]:
    return {node: states("x", node, value, most)[node] | {"state": how}}


def test_several_nodes_are_on_at_once() -> None:
    heard_of = [
        ("progress_state", {"nodes": state("a", 1, 3) | state("b", 0.0, 1.0)}),
        ("progress_state", {"nodes": state("a", 1, 3) | state("b", 1, 2)}),
        ("progress_state", {"nodes": state("a", 2, 3) | state("b", 1, 2)}),
        ("progress_state", {"nodes": state("a", 2, 3) | state("b", 2, 2, "finished")}),
        ("progress_state", {"nodes": state("a", 3, 3)}),
    ]
    assert steps_of(heard(heard_of)) == [("a", 1, 3), ("b", 1, 2), ("a", 2, 3), ("a", 3, 3)]


def test_nodes_that_one_expanded_into_count_for_it_and_do_not_jump() -> None:
    two = [
        ("progress_state", {"nodes": state("sampler.0.0.1", one, 4) | state("sampler.0.0.2", other, 4)})
        for one, other in [(1, 1), (2, 1), (2, 2), (3, 2)]
    ]
    assert steps_of(heard(two)) == [("sampler", 1, 4), ("sampler", 2, 4), ("sampler", 3, 4)]


def test_a_node_that_counts_in_fractions_is_reported_in_percent() -> None:
    heard_of = [("progress_state", {"nodes": state("a", value, 2.5)}) for value in (0.01, 0.02, 0.5, 1.25, 2.5)]
    assert steps_of(heard(heard_of)) == [("a", 0, 100), ("a", 1, 100), ("a", 20, 100), ("a", 50, 100), ("a", 100, 100)]


NUMBERS = st.integers(-3, 3) | st.floats() | st.sampled_from([10**400, float("nan"), float("inf")])
ODD = st.none() | st.booleans() | NUMBERS | st.text(max_size=3) | st.lists(st.integers(), max_size=1)
STATE = st.fixed_dictionaries({"value": ODD, "max": ODD, "state": st.sampled_from(["running", "finished", 1])})


@given(st.lists(st.dictionaries(st.sampled_from("ab"), STATE | ODD) | ODD))
@example([{"a": {"value": float("nan"), "max": 1.0, "state": "running"}}])
@example([{"a": {"value": 0.5, "max": 10**400, "state": "running"}}])
def test_no_message_is_too_odd(nodes: list[Any]) -> None:
    events = heard([("progress_state", {"nodes": each}) for each in nodes])
    assert all(each[2] > 0 for each in steps_of(events))


def test_the_recorded_runs() -> None:
    """Of every recorded run, what the old messages tell is reported, each step once, and nothing else."""
    seen = 0
    for scenario in recorded_json("ws_events.json.gz")["scenarios"].values():
        frames = [event["json"] for event in scenario["events"] if "json" in event]
        heard_of = [(frame["type"], frame["data"]) for frame in frames]
        old = [data for kind, data in heard_of if kind == "progress"]
        steps = steps_of(heard(heard_of))
        assert steps == [(data["node"], data["value"], data["max"]) for data in old]
        seen += len(steps)
    assert seen > 20


def test_states_of_no_running_node_are_not_even_read() -> None:
    idle = b'{"type": "progress_state", "data": {"nodes": {"1": {"state": "finished"}}}}'
    busy = idle.replace(b"finished", b"running")
    assert read(idle, text=True) is None and read(busy, text=True) is not None
