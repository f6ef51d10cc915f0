"""Runs to await, and many runs with one call: what fails loses nothing else, what is cancelled ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ryla_graphs import Workflow, arun, connect, run, run_many
from ryla_graphs.engines import Health, Inputs
from ryla_graphs.engines.events import Cancelled as CancelledEvent
from ryla_graphs.engines.events import Event, Failed, Queued
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.nodes import EmptyImage, LoadImage, SaveImage
from ryla_graphs.problems import Cancelled, EngineRefused, EngineUnreachable, ExecutionFailed, InvalidWorkflow


def square(size: int) -> Workflow:
    return Workflow(SaveImage(images=EmptyImage(width=size, height=size)))


def bad() -> Workflow:
    return Workflow.load({"1": {"class_type": "SaveImage", "inputs": {"images": ["9", 0], "filename_prefix": "x"}}})


class Held:
    """A run that ends when it is cancelled."""

    id = "held"

    def __init__(self) -> None:
        self.begun, self.cancelled = threading.Event(), threading.Event()

    def events(self) -> Iterator[Event]:
        yield Queued(self.id)
        self.begun.set()
        assert self.cancelled.wait(60)
        yield CancelledEvent(self.id)

    def cancel(self) -> None:
        self.cancelled.set()


class Engine(Simulator):
    """The simulator, with the runs that a test makes in place of its own."""

    def __init__(self, start: Callable[[int], Any]) -> None:
        super().__init__()
        self._start = start
        self.started = 0
        self.ready = True

    def start(self, workflow: Any, inputs: Inputs | None = None, **options: Any) -> Any:
        self.started += 1
        return self._start(self.started) or super().start(workflow, inputs, **options)

    def health(self) -> Health:
        return Health(self.ready, "" if self.ready else "it sleeps")


class Broken:
    id = "broken"

    def events(self) -> Iterator[Event]:
        yield Failed(self.id, ExecutionFailed("the GPU caught fire"))

    def cancel(self) -> None: ...


def test_many_awaited_at_once() -> None:
    async def go() -> list[int]:
        results = await asyncio.gather(*(arun(connect("simulator"), square(size)) for size in (16, 32, 48)))
        return [len(result.outputs) for result in results]

    assert asyncio.run(go()) == [1, 1, 1]


def test_events_come_in_the_loop_and_before_the_result() -> None:
    async def go() -> tuple[list[str], set[int]]:
        kinds, threads = [], set()

        def watch(event: Event) -> None:
            kinds.append(event.kind)
            threads.add(threading.get_ident())

        await arun(connect("simulator"), square(16), on_event=watch)
        return kinds, threads

    kinds, threads = asyncio.run(go())
    assert kinds[0] == "queued" and kinds[-1] == "finished"
    assert threads == {threading.get_ident()}


def test_cancelling_the_task_cancels_the_run_and_errors_are_raised() -> None:
    held = Held()

    async def go() -> None:
        task = asyncio.create_task(arun(Engine(lambda _: held), square(16)))
        await asyncio.to_thread(held.begun.wait, 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(held.cancelled.wait, 60)
        with pytest.raises(ExecutionFailed, match="caught fire"):
            await arun(Engine(lambda _: Broken()), square(16))
        with pytest.raises(InvalidWorkflow):
            await arun(connect("simulator"), bad())

    asyncio.run(go())


def test_one_that_fails_loses_no_other() -> None:
    engine = Engine(lambda number: Broken() if number == 2 else None)
    results = run_many(engine, [square(size) for size in (16, 32, 48)], at_once=1)
    assert [each.key for each in results] == ["1", "2", "3"]
    assert list(results.failed) == ["2"]
    assert [row[:2] for row in results.rows()] == [("1", "done"), ("2", "failed"), ("3", "done")]
    assert "the GPU caught fire" in str(results).splitlines()[2]
    assert repr(results) == "<ManyResults: 2 done, 1 failed>"


def test_all_is_checked_before_the_first_runs() -> None:
    engine = Engine(lambda _: None)
    good = square(16)
    with pytest.raises(InvalidWorkflow, match="in bad"):
        run_many(engine, {"good": good, "bad": bad()})
    with pytest.raises(EngineRefused, match=r"other\.png"):
        run_many(engine, {"good": good}, {"other.png": b""})
    with pytest.raises(ValueError, match="at least 1"):
        run_many(engine, [good], at_once=0)
    engine.ready = False
    with pytest.raises(EngineUnreachable, match="it sleeps"):
        run_many(engine, [good])
    assert engine.started == 0 and len(run_many(connect("simulator"), [])) == 0


def test_once_the_engine_is_gone_the_rest_is_not_tried() -> None:
    def gone(_number: int) -> None:
        raise EngineUnreachable("connection refused")

    engine = Engine(gone)
    results = run_many(engine, [square(size) for size in (16, 32, 48)], at_once=1)
    assert len(results.failed) == 3 and engine.started == 1


def test_each_gets_the_files_that_it_names() -> None:
    content = run(connect("simulator"), square(16)).outputs[0].read()
    loads = Workflow(SaveImage(images=LoadImage(image="face.png").out.image))
    results = run_many(connect("simulator"), {"face": loads, "plain": square(16)}, {"face.png": content})
    assert not results.failed


def test_an_interrupt_cancels_what_runs() -> None:
    held = Held()

    def interrupt(_event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_many(Engine(lambda _: held), [square(16)], on_event=interrupt)
    assert held.cancelled.is_set()


def test_a_table_and_a_bar_on_wish(capsys: pytest.CaptureFixture[str]) -> None:
    run_many(connect("simulator"), {"small": square(16)}, show=True)
    assert "small" in (said := capsys.readouterr().err) and "done" in said
    run_many(connect("simulator"), {"small": square(16)})
    assert capsys.readouterr().err == ""


def test_a_cancelled_run_is_reported_as_such() -> None:
    held = Held()
    held.cancel()
    assert isinstance(run_many(Engine(lambda _: held), [square(16)]).failed["1"], Cancelled)
