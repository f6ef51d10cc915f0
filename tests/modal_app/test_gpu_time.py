"""A GPU waits for nothing that is not its job: not for outputs, not for a web side that sleeps, not for what hangs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import modal
import pytest

from ryla_graphs.engines.events import Failed, Finished
from ryla_graphs.modal_deploy import container, output_queue
from ryla_graphs.modal_deploy.container import serve
from ryla_graphs.modal_deploy.output_queue import PendingOutputs
from ryla_graphs.modal_deploy.waking import HOOKS_DUE, unsettled
from ryla_graphs.modal_deploy.worker import HANDED_OVER, Worker
from ryla_graphs.problems import ExecutionFailed, RunLost
from tests.engines.held import HeldSimulator
from tests.modal_app.loopback import LoopbackModal
from tests.modal_app.on_loopback import OnLoopback
from tests.modal_app.test_engine import ended, flux
from tests.modal_app.test_journey import BEARER, OnGpu, gpu  # noqa: F401 - a fixture
from tests.modal_app.test_two_owners import Rolling, rolling, site, waited  # noqa: F401 - fixtures
from tests.server.clients import TestClient


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output_queue, "PAUSES", (0.01, 0.01))
    monkeypatch.setattr(container, "END_SECONDS", 0.3)


class Handed(OnLoopback):
    """Calls whose outputs are stored while the next one begins."""

    def __init__(self, plane: LoopbackModal, folder: Path) -> None:
        super().__init__(plane, folder)
        self.pending = PendingOutputs()
        self.store = threading.Event()
        self.store.set()
        self.trouble: list[Exception] = []
        self.stopped: list[str] = []
        self.results: list[Mapping[str, Any]] = []

    async def _work(self, call: Any) -> Any:
        self.calls.append(call)
        worker = Worker(self.simulator, self._deliver, pending=self.pending)
        self.results.append(
            await serve(worker, call.args[0], events=self.events, runs=self.runs, end=self.stopped.append)
        )
        return self.results[-1]

    def _deliver(self, run_id: str, number: int, artifact: Any) -> str:
        self.store.wait(60)
        if self.trouble:
            raise self.trouble.pop()
        return super()._deliver(run_id, number, artifact)


@pytest.fixture
def handed(deployed: LoopbackModal, tmp_path: Path) -> Handed:
    return Handed(deployed, tmp_path)


def test_the_next_job_runs_while_outputs_are_stored(handed: Handed) -> None:
    handed.store.clear()
    first, second = handed.engine.start(flux()), handed.engine.start(flux(seed=8))
    waited(lambda: len(handed.results) == 2)
    assert {result["event"] for result in handed.results} == {HANDED_OVER}
    handed.store.set()
    for begun in (first, second):
        last = ended(begun)
        assert isinstance(last, Finished) and last.outputs[0].read().startswith(b"\x89PNG")


def test_a_web_side_of_before_gets_the_end_from_the_call(handed: Handed) -> None:
    run = handed.engine.start(flux())
    waited(lambda: handed.results)
    job = {name: value for name, value in handed.calls[0].args[0].items() if name not in ("protocol", "limit_seconds")}
    worker = Worker(HeldSimulator(), handed._deliver, pending=PendingOutputs())
    reported = asyncio.run(serve(worker, job, events=handed.events, runs=handed.runs))
    assert reported["event"] == "finished" and len(reported["outputs"]) == 1 and ended(run).terminal


def test_an_output_that_is_not_stored_at_once_is_tried_again(handed: Handed) -> None:
    handed.trouble = [OSError("the volume is away"), modal.exception.InternalFailure("away")]
    assert isinstance(ended(handed.engine.start(flux())), Finished)
    handed.trouble = [OSError("the volume is away")] * 9
    last = ended(handed.engine.start(flux()))
    assert isinstance(last, Failed) and "could not store the outputs" in str(last.error)


def test_a_container_that_is_lost_before_it_stored_the_outputs(handed: Handed) -> None:
    handed.store.clear()
    handed.engine.handover_seconds = 0.3
    last = ended(handed.engine.start(flux()))
    assert isinstance(last, Failed) and isinstance(last.error, RunLost)
    handed.store.set()


def test_few_jobs_have_outputs_on_their_way_at_once(handed: Handed) -> None:
    handed.store.clear()
    for seed in range(3):
        handed.engine.start(flux(seed=seed))
    waited(lambda: len(handed.results) == output_queue.MOST)
    handed.store.set()
    waited(lambda: len(handed.results) == 3)
    assert handed.pending.wait(60)


def test_a_run_that_takes_far_too_long_is_ended(handed: Handed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handed.engine, "_limit_of", lambda *_: 0.3)
    handed.simulator.go.clear()
    last = ended(handed.engine.start(flux()))
    assert isinstance(last, Failed) and isinstance(last.error, ExecutionFailed)
    assert "was ended after 0 s" in str(last.error) and handed.stopped == []


class Hanging(HeldSimulator):
    """An engine that hears no cancel."""

    def start(self, *args: Any, **options: Any) -> Any:
        run: Any = super().start(*args, **options)
        run.cancel = lambda: None
        return run


def test_a_comfyui_that_hangs_is_ended_and_its_job_fails(handed: Handed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handed.engine, "_limit_of", lambda *_: 0.3)
    handed.simulator = Hanging()
    handed.simulator.go.clear()
    last = ended(handed.engine.start(flux()))
    assert isinstance(last, Failed) and isinstance(last.error, ExecutionFailed)
    assert len(handed.stopped) == 1 and "0 s" in handed.stopped[0]
    handed.simulator.go.set()


def test_the_limit_comes_from_the_plan(handed: Handed) -> None:
    workflow = flux(width=1024, height=1024, steps=28)
    seconds = workflow.plan.on("L40S").seconds
    assert seconds is not None
    limit = handed.engine._limit_of(workflow, "L40S")
    assert limit is not None and 5 * seconds < limit < 20 * seconds + 600
    assert handed.engine._limit_of(workflow, None) is None  # no GPU is named


@pytest.fixture
def sleeping(rolling: Rolling) -> tuple[Rolling, str]:  # noqa: F811
    """A job that is on while the web side sleeps."""
    with rolling.container() as web:
        where = rolling.submitted(web)
        waited(lambda: web.get(where).json()["progress"])
    rolling.gpu.settling = rolling.app
    return rolling, where


def test_a_web_side_that_sleeps_is_not_needed_for_webhooks(sleeping: tuple[Rolling, str]) -> None:
    rolling, where = sleeping  # noqa: F811
    gpu = rolling.gpu  # noqa: F811
    assert unsettled(gpu.parts.records)
    gpu.simulator.go.set()
    (hook,) = rolling.site.wait(1)
    assert hook.json["type"] == "job.succeeded"
    assert [call.function.name for call in gpu.calls].count("settle") == 1
    waited(gpu.calls[-1].ended.is_set)
    assert not unsettled(gpu.parts.records) and gpu.parts.records.get(HOOKS_DUE) is None
    with gpu.app() as app, TestClient(app, headers=BEARER) as web:
        assert web.get(where).json()["state"] == "succeeded"
    assert len(rolling.site.received) == 1


def test_a_web_side_that_is_awake_is_left_alone(rolling: Rolling) -> None:  # noqa: F811
    rolling.gpu.simulator.go.set()
    with rolling.container() as web:
        where = rolling.submitted(web)
        waited(lambda: web.get(where).json()["state"] == "succeeded")
        rolling.gpu.pending.wait(60)
    assert [call.function.name for call in rolling.gpu.calls if call.function.name == "settle"] == []
