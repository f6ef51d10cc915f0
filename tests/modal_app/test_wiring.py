"""The functions of `runtime_modal.py` themselves, called by Modal's own command, on what a deployment left behind."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs.modal_deploy.settings import ModalSettings
from ryla_graphs.modal_deploy.waking import unsettled
from ryla_graphs.modal_deploy.web import Parts
from ryla_graphs.server.jobs import service
from tests.modal_app.commands import commanded_here
from tests.modal_app.loopback import LoopbackModal
from tests.modal_app.loopback.state import AppRecord, Call
from tests.modal_app.test_journey import TOKEN, OnGpu, begun, files_on


class Wired(OnGpu):
    """Runs the functions on a processor as they stand in the module that the command has imported."""

    async def __call__(self, call: Call) -> Any:
        if call.method or call.function.name == "Comfy.*":
            return await super().__call__(call)
        self.calls.append(call)
        module: Any = sys.modules["runtime_modal"]
        done = await asyncio.to_thread(getattr(module, call.function.name).local)
        for other in [each for each in self.calls if each is not call and not each.method]:
            await other.ended.wait()  # the command ends the app when its own function has ended
        if call.function.name == "drain_events":  # the other one that is scheduled, without a command of its own
            await asyncio.to_thread(module.upkeep.local)
        return done


@pytest.fixture
def wired(control_plane: LoopbackModal, own_runtime: AppRecord, tmp_path: Path) -> Wired:
    settings = ModalSettings(app=own_runtime.name)
    return Wired(control_plane, settings, Parts.of(settings), tmp_path)


def test_scheduled_functions_settle_what_was_left(
    wired: Wired, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(service, "STOP_SECONDS", 0.2)
    wired.hold("flux-dev")
    wired.simulator.go.clear()
    with wired.client() as web:
        where = begun(web)
    wired.simulator.go.set()  # its worker wakes no function
    assert wired.pending.wait(20) and unsettled(wired.parts.records)
    environment = {"RYLA_MODAL_APP": wired.settings.app, "RYLA_TOKENS": f"me:{TOKEN}"}
    environment["RYLA_MODAL_RECORDS"] = wired.settings.app
    with caplog.at_level(logging.INFO, "ryla_graphs.modal_deploy"):
        done = commanded_here("run", "runtime_modal.py::drain_events", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [call.function.name for call in wired.calls if not call.method] == ["drain_events", "settle"]
    assert not unsettled(wired.parts.records) and len(files_on(wired.parts.analytics_files)) == 1
    assert "drained 2 events" in caplog.text
    assert "records kept, 1 files removed" in caplog.text  # the loopback's files are of 1970
    with wired.client() as web:
        job = web.get(where).json()
    assert job["state"] == "succeeded" and len(job["outputs"]) == 1
    assert [call.method for call in wired.calls].count("run") == 1
