"""Several ComfyUI servers as one engine."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ryla_graphs.catalogs import from_object_info
from ryla_graphs.engines import connect
from ryla_graphs.engines.comfyui import ComfyUI, ComfyUIPool, pool
from ryla_graphs.engines.comfyui.shared import shared_catalog
from ryla_graphs.engines.events import Failed, Finished
from ryla_graphs.problems import EngineRefused, EngineUnreachable, RunLost
from tests.engines.following import ERROR, WORKFLOW, resumed, story, together
from tests.engines.stub import HASTY, Script, StubComfy, serve
from tests.engines.test_comfyui import refusal

RUN = "9a2b0e52-6c7b-4a53-9a4d-3f3f0f0f0f0f"


@dataclass
class Place:
    """A pool and the servers in it."""

    pool: ComfyUIPool
    stubs: list[StubComfy]
    addresses: list[str]

    def another(self) -> ComfyUIPool:
        """A pool over the same servers, as another process would have it."""
        return ComfyUIPool([ComfyUI(address, patience=HASTY) for address in self.addresses], patience=HASTY)


@contextmanager
def servers(*scripts: Script, dead: int = 0) -> Iterator[Place]:
    with ExitStack() as stack:
        opened = [stack.enter_context(serve(script)) for script in scripts]
        addresses = [f"http://127.0.0.1:{9 + index}" for index in range(dead)] + [address for address, _ in opened]
        engines = [ComfyUI(address, patience=HASTY) for address in addresses]
        with ComfyUIPool(engines, patience=HASTY) as pool:
            yield Place(pool, [stub for _, stub in opened], addresses)


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "UNREADY_SECONDS", 0.2)


def test_runs_go_to_the_least_busy() -> None:
    with servers(Script(latency=0.05), Script(latency=0.05), Script(latency=0.05)) as place:
        runs = [place.pool.start(WORKFLOW) for _ in range(9)]
        stories = together(*(lambda run=run: run for run in runs))
        assert all(isinstance(events[-1], Finished) for events in stories)
        assert [len(stub.executed) for stub in place.stubs] == [3, 3, 3]
        assert place.pool.slots == 6
        # Runs that are over do not count, even where somebody still holds them.
        held = [place.pool.start(WORKFLOW) for _ in range(1)]
        for _ in range(2):
            together(lambda: held[-1])
            held.append(place.pool.start(WORKFLOW))
        together(lambda: held[-1])
        assert [len(stub.executed) for stub in place.stubs] == [6, 3, 3]


def test_what_others_have_queued_counts() -> None:
    with servers(Script(waits=True), Script()) as place, ComfyUI(place.addresses[0]) as somebody:
        for _ in range(3):
            somebody.start(WORKFLOW)
        for _ in range(3):
            assert isinstance(story(place.pool)[-1], Finished)
        assert len(place.stubs[1].executed) == 3


def test_servers_that_are_not_there_are_left_out() -> None:
    with servers(Script(), dead=2) as place:
        for _ in range(3):
            assert isinstance(story(place.pool)[-1], Finished)
        health = place.pool.health()
        assert health.ready and health.queued == 0 and place.pool.slots == 2
        assert list(place.pool.catalog()) == ["Only"]


def test_servers_that_are_broken_are_left_out() -> None:
    fault = ERROR | {"exception_message": "an illegal memory access was encountered"}
    with servers(Script(errors=[fault]), Script()) as place:
        story(place.pool)
        place.pool.health()
        for _ in range(4):
            assert isinstance(story(place.pool)[-1], Finished)
        assert [len(stub.executed) for stub in place.stubs] == [1, 4]


def test_where_no_server_is_ready_nothing_starts() -> None:
    with servers(dead=2) as place:
        assert not place.pool.health().ready and place.pool.health().reason.count("no ComfyUI answers") == 2
        with pytest.raises(EngineUnreachable, match="no server is ready"):
            place.pool.start(WORKFLOW)
        with pytest.raises(EngineUnreachable):
            place.pool.catalog()


def test_a_server_that_refuses_is_passed_over() -> None:
    with servers(Script(refusal=(400, refusal())), Script()) as place:
        assert isinstance(story(place.pool)[-1], Finished)
    with servers(*[Script(refusal=(400, refusal()))] * 2) as place, pytest.raises(EngineRefused) as caught:
        place.pool.start(WORKFLOW)
    assert caught.value.problems[0].code == "value_not_in_list"


def test_a_server_that_dies_ends_its_run_truthfully_and_no_other() -> None:
    with servers(Script(faults={6: "restart"}), Script()) as place:
        first, second = place.pool.start(WORKFLOW), place.pool.start(WORKFLOW)
        lost, fine = together(lambda: first, lambda: second)
        assert isinstance(lost[-1], Failed) and isinstance(lost[-1].error, RunLost)
        assert isinstance(fine[-1], Finished)


@pytest.mark.parametrize("server", [0, 1])
def test_a_run_is_resumed_where_it_is(server: int) -> None:
    with servers(Script(outputs=None), Script(outputs=None)) as place, place.another() as other:
        with ComfyUI(place.addresses[server]) as engine:
            story(engine, run_id=RUN)
        for events in (resumed(other, RUN), story(other, run_id=RUN)):
            assert isinstance(events[-1], Finished) and events[-1].run == RUN
            assert RUN in events[-1].outputs[0].filename and events[-1].outputs[0].read()
        assert [len(stub.executed) for stub in place.stubs] == [1 - server, server]


def test_a_run_that_no_server_knows() -> None:
    with servers(Script(), Script()) as place:
        last = resumed(place.pool, RUN)[-1]
        assert isinstance(last, Failed) and isinstance(last.error, RunLost)


def test_a_run_that_a_silent_server_may_have() -> None:
    with servers(Script(), dead=1) as place:
        place.pool._patience = replace(HASTY, unreachable=0.5)
        last = resumed(place.pool, RUN)[-1]
        assert isinstance(last, Failed) and isinstance(last.error, EngineUnreachable)


def test_started_from_many_sides_a_run_is_executed_once() -> None:
    with servers(Script(latency=0.02), Script(latency=0.02)) as place:
        stories = together(*(lambda: place.pool.start(WORKFLOW, run_id=RUN) for _ in range(6)))
        assert all(isinstance(events[-1], Finished) for events in stories)
        assert [run for stub in place.stubs for run in stub.executed] == [RUN]


def test_cancelling_reaches_the_server_of_the_run() -> None:
    with servers(Script(waits=True), Script(waits=True)) as place, place.another() as other:
        runs = [place.pool.start(WORKFLOW, run_id=str(uuid.uuid4())) for _ in range(4)]
        for run in runs[:2]:
            run.cancel()
        taken = [other.resume(run.id, WORKFLOW) for run in runs[2:]]
        taken[0].cancel()
        threading.Timer(0.1, taken[1].cancel).start()
        assert [events[-1].kind for events in together(lambda: taken[0], lambda: taken[1])] == ["cancelled"] * 2
        assert {run for stub in place.stubs for run in stub.cancelled} == {run.id for run in runs}


def test_addresses_with_commas_are_a_pool() -> None:
    engine = connect("http://a:8188, http://b:8188/,http://a:8188")
    assert engine.name == "ComfyUI at http://a:8188, http://b:8188" and engine.slots == 4
    assert isinstance(connect("http://a:8188,http://a:8188"), ComfyUI)


def entry(output: list[str], **required: Any) -> dict[str, Any]:
    return {"input": {"required": required, "optional": {}}, "output": output}


def test_a_catalog_is_what_all_servers_have() -> None:
    one = {
        "Loader": entry(["MODEL"], name=[["a", "b", "c"]], kind=["COMBO", {"options": ["x", "y"]}]),
        "Alone": entry([]),
        "Newer": entry([], x=["INT", {}], y=["INT", {}]),
        "Other": entry([], x=["INT", {}]),
        "Gives": entry(["MODEL"], x=["INT", {}]),
        "Plain": entry([], x=["INT", {"min": 1}]),
    }
    two = {
        "Loader": entry(["MODEL"], name=[["c", "b", "d"]], kind=["COMBO", {"options": ["y"]}]),
        "Newer": entry([], x=["INT", {}]),
        "Other": entry([], x=["FLOAT", {}]),
        "Gives": entry(["MODEL", "CLIP"], x=["INT", {}]),
        "Plain": entry([], x=["INT", {"min": 1}]),
    }
    shared = shared_catalog([from_object_info(one), from_object_info(two)], name="both")
    assert sorted(shared) == ["Loader", "Plain"] and shared.name == "both"
    choices = {spec.name: spec.choices for spec in shared["Loader"].inputs}
    assert choices == {"name": ("b", "c"), "kind": ("y",)}
