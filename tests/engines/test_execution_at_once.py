"""How ComfyUI executes nodes that wait, side by side, and how far it says that they are. See `test_execution`."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from ryla_graphs import Workflow
from ryla_graphs.engines import run
from ryla_graphs.engines.comfyui import ComfyUI
from ryla_graphs.engines.events import Progress
from ryla_graphs.nodes import PreviewImage
from ryla_graphs.problems import Cancelled, ExecutionFailed
from tests.engines.testing_pack import BLACK, WHITE, Pair, Ran, fresh, needs_checkout, ran, saved, stub

pytestmark = needs_checkout


# Side by side


def test_nodes_that_wait_do_so_together(comfyui: ComfyUI, n: Any) -> None:
    picture = stub(n, BLACK)
    naps = [n.TestSleep(value=picture, seconds=seconds).named(f"nap{i}") for i, seconds in enumerate((1.4, 1.5, 1.6))]
    done = ran(comfyui, *(PreviewImage(images=nap).named(f"out{i}") for i, nap in enumerate(naps)))
    assert done.nodes >= {"nap0", "nap1", "nap2"} and len(done.result.outputs) == 3
    steps = [event for event in done.events if isinstance(event, Progress)]
    assert {step.node for step in steps} == {"nap0", "nap1", "nap2"}
    last = {step.node: index for index, step in enumerate(steps)}
    first = {step.node: index for index, step in reversed(list(enumerate(steps)))}
    assert max(first.values()) < min(last.values()), "each was on before any had ended"
    again = ran(comfyui, *(PreviewImage(images=nap).named(f"out{i}") for i, nap in enumerate(naps)))
    assert not again.nodes & {"nap0", "nap1", "nap2"}


def test_nodes_that_one_expands_into_wait_together_too(comfyui: ComfyUI, n: Any, pair: Pair) -> None:
    parted = n.TestParallelSleep(
        image1=pair.black, image2=pair.white, image3=pair.white, sleep1=0.5, sleep2=0.6, sleep3=0.7
    ).named("parted")
    done = ran(comfyui, saved(parted))
    assert done.greys() == [170] and "parted" in done.nodes
    assert {event.node for event in done.events if isinstance(event, Progress)} == {"parted"}


def test_a_graph_that_is_made_while_it_runs_waits_together_too(comfyui: ComfyUI, n: Any, pair: Pair) -> None:
    made = n.TestDynamicAsyncGeneration(image1=pair.black, image2=pair.white, num_async_nodes=5, sleep_duration=0.2)
    assert ran(comfyui, saved(made)).greys() == [102]


def test_what_waits_and_what_does_not_go_together(comfyui: ComfyUI, n: Any, pair: Pair) -> None:
    nap = n.TestSleep(value=pair.mixed(0.5), seconds=0.1)
    halved = n.TestCustomValidation1(input1=nap, input2=0.5)
    assert ran(comfyui, saved(n.TestSleep(value=halved, seconds=0.1))).greys() == [63]


def test_what_is_not_asked_for_does_not_wait_either(comfyui: ComfyUI, n: Any, pair: Pair) -> None:
    naps = [n.TestSleep(value=side, seconds=0.1).named(name) for side, name in [(pair.black, "a"), (pair.white, "b")]]
    done = ran(comfyui, saved(n.TestLazyMixImages(image1=naps[0], image2=naps[1], mask=pair.mask(0.0))))
    assert done.nodes & {"a", "b"} == {"a"}


def test_a_node_may_take_its_time_to_say_what_it_asks_for(comfyui: ComfyUI, n: Any) -> None:
    assert ran(comfyui, saved(n.TestAsyncLazyCheck(input1=f"{next(fresh)}", input2="b", condition=True))).greys() == [
        255
    ]


def test_a_block_behind_nodes_that_wait(comfyui: ComfyUI, n: Any) -> None:
    naps = [n.TestSleep(value=stub(n, grey), seconds=0.1) for grey in (BLACK, WHITE)]
    numbers = n.TestMakeListNode(value1=n.StubInt(value=1), value2=n.StubInt(value=2))
    block = n.TestIntConditions(a=numbers, b=2, operation="==")
    pictures = n.TestMakeListNode(value1=naps[0], value2=naps[1])
    shown = PreviewImage(images=n.TestExecutionBlocker(input=pictures, block=block, verbose=False)).named("save")
    assert ran(comfyui, shown).greys() == [0]


def test_a_node_that_fails_while_it_waits_is_named_and_breaks_nothing(comfyui: ComfyUI, n: Any) -> None:
    failing = n.TestAsyncError(value=stub(n, BLACK), error_after=0.1).named("failing")
    with pytest.raises(ExecutionFailed, match="Intentional async execution error") as caught:
        ran(comfyui, saved(failing))
    assert caught.value.node == "failing"
    assert ran(comfyui, saved(n.TestSleep(value=stub(n, WHITE), seconds=0.1))).greys() == [255]


def test_a_node_that_gives_up_waiting(comfyui: ComfyUI, n: Any) -> None:
    late = n.TestAsyncTimeout(value=stub(n, BLACK), timeout=0.2, operation_time=2.0)
    with pytest.raises(ExecutionFailed, match="timed out"):
        ran(comfyui, saved(late))


def test_a_node_that_fails_while_another_waits(comfyui: ComfyUI, n: Any) -> None:
    picture = stub(n, BLACK)
    nap = PreviewImage(images=n.TestSleep(value=picture, seconds=0.3))
    with pytest.raises(ExecutionFailed) as caught:
        ran(comfyui, nap, PreviewImage(images=n.TestSyncError(value=picture).named("failing")))
    assert caught.value.node == "failing"


def test_what_a_node_holds_it_gives_back(comfyui: ComfyUI, n: Any) -> None:
    def users() -> list[Any]:
        return [n.TestAsyncResourceUser(value=picture, resource_id=f"r{i}", duration=0.1) for i in range(3)]

    picture = stub(n, BLACK)
    for _ in range(2):
        shown = [PreviewImage(images=user).named(f"out{i}") for i, user in enumerate(users())]
        assert len(ran(comfyui, *shown).result.outputs) == 3


def test_a_run_is_cancelled_while_its_nodes_wait(comfyui: ComfyUI, n: Any) -> None:
    workflow = Workflow(saved(n.TestSleep(value=stub(n, BLACK), seconds=60.0).named("nap"))).compile(comfyui.catalog())
    started = comfyui.start(workflow)
    kinds = []
    for event in started.events():
        kinds.append(event.kind)
        if event.kind == "progress":
            started.cancel()
    assert kinds[-1] == "cancelled"
    with pytest.raises(Cancelled):
        run(
            comfyui, workflow, on_event=lambda event: comfyui.client.cancel(event.run) if event.kind == "node" else None
        )


# Progress


@pytest.mark.parametrize("class_type", ["TestSyncProgressUpdate", "TestAsyncProgressUpdate"])
def test_nodes_of_the_new_kind_tell_how_far_they_are(comfyui: ComfyUI, n: Any, class_type: str) -> None:
    """Which they say in shares of one, and only among the states of all nodes."""
    node = getattr(n, class_type)(value=stub(n, BLACK), sleep_seconds=0.5).named("it")
    done = ran(comfyui, saved(node))
    steps = [event.step for event in done.events if isinstance(event, Progress) and event.node == "it"]
    assert len(steps) > 5 and steps == sorted(set(steps)) and steps[-1] >= 100
    assert {event.steps for event in done.events if isinstance(event, Progress)} == {100}


def test_a_batch_is_reported_picture_by_picture(comfyui: ComfyUI, n: Any) -> None:
    pictures = n.StubConstantImage(value=BLACK, height=16, width=next(fresh), batch_size=4)
    done = ran(comfyui, saved(n.TestAsyncBatchProcessing(images=pictures, process_time_per_item=0.05).named("it")))
    steps = [(event.step, event.steps) for event in done.events if isinstance(event, Progress)]
    assert (steps[0], steps[-1]) == ((1, 4), (4, 4)) and steps == sorted(set(steps)), "the server leaves some out"
    assert done.greys() == [255] * 4


def test_runs_hear_of_themselves_alone(comfyui: ComfyUI, n: Any) -> None:
    """Two on one socket, and one on another."""
    with ComfyUI(comfyui.client.address) as other:
        done: list[Ran] = []

        def one(on: ComfyUI, seconds: float) -> None:
            done.append(ran(on, saved(n.TestSleep(value=stub(n, BLACK), seconds=seconds).named("nap"))))

        threads = [threading.Thread(target=one, args=args) for args in ((comfyui, 0.3), (comfyui, 0.4), (other, 0.5))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert len(done) == 3
    for each in done:
        assert {event.run for event in each.events} == {each.result.run} and each.greys() == [0]


def test_a_run_from_the_cache_is_found_by_another_engine(comfyui: ComfyUI, n: Any) -> None:
    workflow = Workflow(saved(stub(n, WHITE))).compile(comfyui.catalog())
    run(comfyui, workflow)
    again = run(comfyui, workflow)
    with ComfyUI(comfyui.client.address) as other:
        begun = time.monotonic()
        last = list(other.resume(again.run, workflow).events())[-1]
        assert last.kind == "finished" and time.monotonic() - begun < 120
