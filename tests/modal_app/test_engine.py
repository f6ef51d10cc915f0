"""The Modal engine and its worker, over Modal's own client and protocol, against a control plane on loopback."""

from __future__ import annotations

import asyncio
import io
import threading
import uuid
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ryla_graphs import CompiledWorkflow, Workflow, presets
from ryla_graphs.engines import run
from ryla_graphs.engines.events import Cancelled, Event, Failed, Finished, Retrying
from ryla_graphs.modal_deploy.container import attempts_of
from ryla_graphs.modal_deploy.worker import Worker
from ryla_graphs.nodes import EmptyImage, LoadImage, SaveImage
from ryla_graphs.problems import EngineError, ExecutionFailed, RunLost
from tests.modal_app.loopback import LoopbackModal
from tests.modal_app.loopback.state import Call
from tests.modal_app.on_loopback import WORKERS, OnLoopback


@pytest.fixture
def deployment(deployed: LoopbackModal, tmp_path: Path) -> OnLoopback:
    return OnLoopback(deployed, tmp_path)


def flux(**parameters: Any) -> CompiledWorkflow:
    given = {"prompt": "a red bicycle", "width": 64, "height": 64, "seed": 7, "steps": 3}
    return presets.get("flux-dev").build(given | parameters).compile()


def test_a_whole_run(deployment: OnLoopback) -> None:
    reported: list[Event] = []
    result = run(deployment.engine, flux(), on_event=reported.append)
    (picture,) = result.outputs
    assert Image.open(io.BytesIO(picture.read())).size == (64, 64)
    assert picture.simulated and picture.filename == "flux_dev_00001_.png"
    kinds = [event.kind for event in reported]
    assert (kinds[0], kinds[-1]) == ("queued", "finished")
    assert kinds.count("output") == 1 and "started" in kinds


def test_what_it_took_is_reported(deployment: OnLoopback) -> None:
    last = ended(deployment.engine.start(flux()))
    assert isinstance(last, Finished)
    assert last.usage.gpu == "L40S" and last.usage.execution_seconds == round(last.seconds, 3)
    assert last.usage.cost_usd is not None and last.usage.cost_usd >= round(last.seconds * 0.000542, 6)


def test_inputs_of_any_size_reach_the_worker(deployment: OnLoopback) -> None:
    workflow = Workflow(SaveImage(images=LoadImage(image="face.png").out.image)).compile()
    buffer = io.BytesIO()
    Image.effect_noise((300, 200), 90).save(buffer, "PNG")
    assert len(buffer.getvalue()) > 8 * 1024  # larger arguments take another way
    (picture,) = run(deployment.engine, workflow, {"face.png": buffer.getvalue()}).outputs
    assert Image.open(io.BytesIO(picture.read())).size == (300, 200)


def test_the_gpu_is_chosen_for_each_run(deployment: OnLoopback) -> None:
    ended(deployment.engine.start(flux(), gpu="H100"))
    ended(deployment.engine.start(Workflow(SaveImage(images=EmptyImage(width=64, height=64))).compile()))
    assert [call.gpu for call in deployment.calls] == ["H100", "L40S"]


def test_a_failure_has_its_class_and_node(deployment: OnLoopback) -> None:
    workflow = Workflow(SaveImage(images=LoadImage(image="face.png").named("photo").out.image)).compile()
    last = ended(deployment.engine.start(workflow, {"face.png": b"no picture"}))
    assert isinstance(last, Failed) and isinstance(last.error, ExecutionFailed)
    assert last.error.node == "photo"


def test_what_the_engine_refuses_is_a_failure_of_the_run(deployment: OnLoopback) -> None:
    workflow = Workflow(SaveImage(images=LoadImage(image="face.png").out.image)).compile()
    last = ended(deployment.engine.start(workflow))
    assert isinstance(last, Failed) and last.error.code == "engine_refused"


def test_one_id_is_run_once(deployment: OnLoopback) -> None:
    run_id = str(uuid.uuid4())
    first = ended(deployment.engine.start(flux(), run_id=run_id))
    second = ended(deployment.engine.start(flux(), run_id=run_id))
    assert isinstance(first, Finished) and isinstance(second, Finished)
    assert len(deployment.calls) == 1
    assert [a.to_dict() for a in first.outputs] == [a.to_dict() for a in second.outputs]


def test_a_worker_that_begins_before_its_call_is_noted_does_not_undo_the_note(deployment: OnLoopback) -> None:
    record: dict[str, Any] = {}

    async def early(call: Call) -> Any:
        run_id = call.args[0]["run"]
        while not (await deployment.runs.get.aio(run_id))["call"]:
            await asyncio.sleep(0)  # the note comes after the worker has looked
        record.update(await deployment.runs.get.aio(run_id))
        return await deployment._work(call)

    WORKERS.work = early
    begun = deployment.engine.start(flux())
    assert isinstance(ended(begun), Finished)
    assert deployment.runs.get(begun.id) == record and deployment.runs.get(attempts_of(begun.id)) == 1


def test_another_process_takes_a_run_up(deployment: OnLoopback) -> None:
    deployment.simulator.go.clear()
    begun = deployment.engine.start(flux())
    again = OnLoopback(deployment.control_plane, deployment.folder)
    deployment.simulator.go.set()
    reported = list(again.engine.resume(begun.id, flux()).events())
    assert isinstance(reported[-1], Finished)
    assert [event.kind for event in reported].count("output") == 1


def test_a_call_that_is_noted_just_now_is_waited_for(deployment: OnLoopback) -> None:
    """The container before has spawned it, and not yet written down which it is."""
    begun = deployment.engine.start(flux())
    record = deployment.runs.get(begun.id)
    deployment.runs.put(begun.id, {**record, "call": None})
    noting = threading.Timer(0.2, deployment.runs.put, (begun.id, record))
    noting.start()
    assert isinstance(ended(deployment.engine.start(flux(), run_id=begun.id)), Finished)
    noting.join()
    assert len(deployment.calls) == 1


def test_an_unknown_run_is_lost(deployment: OnLoopback) -> None:
    last = ended(deployment.engine.resume(str(uuid.uuid4()), flux()))
    assert isinstance(last, Failed) and isinstance(last.error, RunLost)


def test_a_cancel_reaches_the_run(deployment: OnLoopback) -> None:
    deployment.simulator.go.clear()
    begun = deployment.engine.start(flux())
    reported = []
    for event in begun.events():
        reported.append(event)
        if event.kind == "node":
            begun.cancel()
    assert isinstance(reported[-1], Cancelled)


def test_a_cancel_before_the_run_begins(deployment: OnLoopback) -> None:
    async def never(call: Call) -> Any:
        await asyncio.Event().wait()

    WORKERS.work = never
    begun = deployment.engine.start(flux())
    begun.cancel()
    assert isinstance(ended(begun), Cancelled)


def test_a_lost_container_is_reported(deployment: OnLoopback) -> None:
    deployment.simulator.go.clear()
    begun = deployment.engine.start(flux())
    reported = []
    for event in begun.events():
        reported.append(event)
        if event.kind == "node":
            deployment.control_plane.call(deployment.control_plane.servicer.lose, deployment.calls[-1].id)
    deployment.simulator.go.set()
    last = reported[-1]
    assert isinstance(last, Failed) and isinstance(last.error, RunLost)


def test_an_expired_result_is_reported(deployment: OnLoopback) -> None:
    async def silent(call: Call) -> Any:
        deployment.calls.append(call)
        await asyncio.sleep(10)

    WORKERS.work = silent
    begun = deployment.engine.start(flux())
    deployment.control_plane.call(deployment.control_plane.servicer.expire, deployment.calls[-1].id)
    last = ended(begun)
    assert isinstance(last, Failed) and isinstance(last.error, RunLost)


def test_events_that_were_lost_do_not_change_the_end(deployment: OnLoopback) -> None:
    """The queue is not durable; the call's own result tells the end."""

    class Nowhere:
        def send(self, batch: list[dict[str, Any]]) -> None:
            """Loses them."""

    async def forgetful(call: Call) -> Any:
        worker = Worker(deployment.simulator, deployment._deliver)
        return await asyncio.to_thread(worker.work, call.args[0], Nowhere(), 1)

    WORKERS.work = forgetful
    last = ended(deployment.engine.start(flux()))
    assert isinstance(last, Finished) and len(last.outputs) == 1


def test_a_container_that_starts_over_says_so(deployment: OnLoopback) -> None:
    """Modal runs the input of a preempted container again, in another one."""

    async def preempted(call: Call) -> Any:
        deployment.calls.append(call)
        (job,) = call.args
        first = {"event": "started", "run": job["run"], "attempt": 1, "number": 0}
        await deployment.events.put.aio(first, partition=job["run"])
        await deployment.runs.put.aio(attempts_of(job["run"]), 1)
        return await deployment._work(call)

    WORKERS.work = preempted
    reported = list(deployment.engine.start(flux()).events())
    assert [event.attempt for event in reported if isinstance(event, Retrying)] == [2]
    assert isinstance(reported[-1], Finished)


def test_a_broken_worker_is_a_failure(deployment: OnLoopback) -> None:
    async def broken(call: Call) -> Any:
        raise ValueError("no such table")

    WORKERS.work = broken
    last = ended(deployment.engine.start(flux()))
    assert isinstance(last, Failed) and isinstance(last.error, EngineError)
    assert "no such table" in str(last.error)


def ended(begun: Any) -> Event:
    """The last event of a run."""
    events: list[Event] = list(begun.events())
    return events[-1]
