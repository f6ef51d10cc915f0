"""The functions of `runtime_modal.py` themselves, called by Modal's own command, on what a deployment left behind."""

from __future__ import annotations

import asyncio
import logging
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from modal_proto import api_pb2

from ryla_graphs.modal_deploy.machine import run_job
from ryla_graphs.modal_deploy.settings import ModalSettings
from ryla_graphs.modal_deploy.waking import unsettled
from ryla_graphs.modal_deploy.web import Parts
from ryla_graphs.server.jobs import service
from tests.modal_app.commands import commanded_here
from tests.modal_app.loopback import LoopbackModal
from tests.modal_app.loopback.state import AppRecord, Call
from tests.modal_app.test_journey import TOKEN, OnGpu, begun, files_on, small
from tests.server.live import until


class Wired(OnGpu):
    """Runs the functions on a processor as they stand in the module that the command has imported."""

    async def __call__(self, call: Call) -> Any:
        if call.method or call.function.name == "Comfy.*":
            return await super().__call__(call)
        self.calls.append(call)
        module: Any = sys.modules["runtime_modal"]
        done = await asyncio.to_thread(getattr(module, call.function.name).local)
        called = [each for each in self.calls if not each.method]
        for other in called[1:] if call is called[0] else ():
            await other.ended.wait()  # the command ends the app when its own function has ended
        if call.function.name == "drain_events":  # the other one that is scheduled, without a command of its own
            await asyncio.to_thread(module.upkeep.local)
        return done


@pytest.fixture
def wired(control_plane: LoopbackModal, own_runtime: AppRecord, tmp_path: Path) -> Wired:
    settings = ModalSettings(app=own_runtime.name)
    return Wired(control_plane, settings, Parts.of(settings), tmp_path)


def ended_well(wired: Wired) -> list[str]:
    """The functions that were called; asserts that all of them succeeded."""
    called = [call for call in wired.calls if not call.method]
    for call in called:
        assert call.result is not None, call.function.name
        assert call.result.status == api_pb2.GenericResult.GENERIC_STATUS_SUCCESS, call.result.exception
    return [call.function.name for call in called]


def test_scheduled_functions_settle_what_was_left(
    wired: Wired, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(service, "STOP_SECONDS", 0.2)
    wired.hold("flux-dev")
    wired.simulator.go.clear()
    with wired.client() as web:
        where = begun(web)
    wired.simulator.go.set()  # its worker wakes no function
    assert wired.pending.wait(60) and unsettled(wired.parts.records)
    environment = {"RYLA_MODAL_APP": wired.settings.app, "RYLA_TOKENS": f"me:{TOKEN}"}
    environment["RYLA_MODAL_RECORDS"] = wired.settings.app
    with caplog.at_level(logging.INFO, "ryla_graphs.modal_deploy"):
        done = commanded_here("run", "runtime_modal.py::drain_events", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ended_well(wired) == ["drain_events", "settle"]
    assert not unsettled(wired.parts.records) and len(files_on(wired.parts.analytics_files)) == 1
    assert "drained 2 events" in caplog.text
    assert "records kept, 1 files removed" in caplog.text  # the loopback's files are of 1970
    with wired.client() as web:
        job = web.get(where).json()
    assert job["state"] == "succeeded" and len(job["outputs"]) == 1
    assert [call.method for call in wired.calls].count("run") == 1


class AsDeployed(Wired):
    """Runs jobs by the worker's own method too, once the command has imported the module; its machine is played."""

    async def __call__(self, call: Call) -> Any:
        if call.method != "run":
            done = await super().__call__(call)
            if call.function.name == "upkeep":  # the command ends the app when this has ended
                await self.settled()
            return done
        self.calls.append(call)
        while (module := sys.modules.get("runtime_modal")) is None or not self.began:
            await asyncio.sleep(0.02)
        work = partial(run_job, self.simulator, clock=self.clock, prepare=None, pending=self.pending, gpu=call.gpu)
        played = SimpleNamespace(machine=SimpleNamespace(run=work, leave=""))
        method = module.Comfy._get_user_cls().run._get_raw_f()  # as Modal calls it in a container
        return await method(played, *call.args)

    @property
    def began(self) -> bool:
        """Whether the command's own function was called: its app is there."""
        return any(not call.method for call in self.calls)

    async def settled(self) -> None:
        for _ in range(6000):
            for call in self.calls:
                if call.function.name == "settle":
                    await call.ended.wait()
                    return
            await asyncio.sleep(0.02)
        pytest.fail("no worker had the web side woken")


def test_a_worker_has_the_web_side_woken_where_its_job_ends(
    control_plane: LoopbackModal, own_runtime: AppRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "STOP_SECONDS", 0.2)
    settings = ModalSettings(app=own_runtime.name)
    wired = AsDeployed(control_plane, settings, Parts.of(settings), tmp_path)
    wired.hold("flux-dev")
    with wired.client() as web:
        where = web.post("/flux-dev", json=small(), headers={"Prefer": "respond-async"}).headers["location"]
        until(lambda: bool(wired.calls))
    environment = {"RYLA_MODAL_APP": settings.app, "RYLA_TOKENS": f"me:{TOKEN}", "RYLA_MODAL_RECORDS": settings.app}
    done = commanded_here("run", "runtime_modal.py::upkeep", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(ended_well(wired)) == ["settle", "upkeep"] and [each.method for each in wired.calls].count("run") == 1
    assert not unsettled(wired.parts.records)
    with wired.client() as web:
        assert web.get(where).json()["state"] == "succeeded"
