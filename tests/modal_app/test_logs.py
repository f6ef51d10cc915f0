"""The container's lines of a job: in its own log with the job's id, and on the web side when the container is gone."""

from __future__ import annotations

import logging
import time
import uuid
from pathlib import Path

import modal
import pytest

from ryla_graphs.engines.base import LogLine
from ryla_graphs.modal_deploy.container import keep_log, log_of
from ryla_graphs.modal_deploy.settings import ModalSettings
from ryla_graphs.modal_deploy.web import Parts
from tests.engines.held import HeldSimulator
from tests.modal_app.loopback import LoopbackModal
from tests.modal_app.on_loopback import APP
from tests.modal_app.test_journey import OnGpu, small


class Telling(HeldSimulator):
    """A ComfyUI that writes a log."""

    def log_of(self, run_id: str, began: float, ended: float | None) -> list[LogLine]:
        return [LogLine(began, "loading flux1-dev"), LogLine(ended or began, f"out of memory {'x' * 5000}")]


def test_the_lines_of_a_container_are_there_after_it(
    deployed: LoopbackModal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    parts = Parts.of(ModalSettings(app=f"app-{uuid.uuid4().hex[:8]}"))
    gpu = OnGpu(deployed, ModalSettings(app=APP), parts, tmp_path)
    gpu.simulator = Telling()
    gpu.hold("flux-dev")
    with caplog.at_level(logging.INFO, "ryla_graphs.modal_deploy"), gpu.client() as client:
        answer = client.post("/flux-dev", json=small())
        job = answer.headers["x-job-id"]
        assert gpu.calls[0].args[0]["job"] == job
        while len(lines := client.get(f"/jobs/{job}/logs").json()["lines"]) < 5:
            time.sleep(0.01)  # they are written down when the job has ended
    reported = [line["text"] for line in lines if line["source"] == "engine"]
    assert reported[0] == "loading flux1-dev" and len(reported[1]) == 2000
    assert any("state=succeeded" in line["text"] for line in lines)
    assert "loading flux1-dev" in caplog.text


class Gone:
    """A dictionary out of reach."""

    def put(self, *_: object) -> None:
        raise modal.exception.ConnectionError("no Modal")

    get = put


def test_without_modal_a_log_is_only_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    keep_log(Telling(), "run", 0.0, Gone())  # type: ignore[arg-type]
    assert log_of(Gone(), "run") == []  # type: ignore[arg-type]
    assert (
        "cannot store the log of run run: no Modal" in caplog.text
        and "cannot read the log of run run: no Modal" in caplog.text
    )
