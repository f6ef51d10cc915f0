"""A worker class on the loopback Modal, whose calls run in this process on the simulator."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import modal

from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.modal_deploy.container import deliver_to, serve
from ryla_graphs.modal_deploy.engine import ModalEngine
from ryla_graphs.modal_deploy.money import Clock
from ryla_graphs.modal_deploy.worker import Worker
from tests.engines.held import HeldSimulator
from tests.modal_app.loopback import LoopbackModal
from tests.modal_app.loopback.state import Call

APP = "ryla-test"


class Workers:
    """What the calls of this test run; a test puts its own function here."""

    def __init__(self) -> None:
        self.work: Any = None

    async def __call__(self, call: Call) -> Any:
        return await self.work(call)


WORKERS = Workers()


def deploy() -> None:
    """Deploy an app with a worker class."""
    app = modal.App(APP)

    @app.cls(gpu=["L40S", "A100-40GB"], serialized=True)
    class Comfy:
        @modal.method()
        async def run(self, job: dict[str, Any]) -> dict[str, Any]:
            raise NotImplementedError(job)

    app.deploy()


class OnLoopback:
    """A worker class on the loopback, whose calls run in this process."""

    def __init__(self, control_plane: LoopbackModal, folder: Path, simulator: Simulator | None = None) -> None:
        self.control_plane = control_plane
        self.simulator: Any = simulator or HeldSimulator()
        self.folder = folder
        self.calls: list[Call] = []
        self.before: Callable[[Call], None] = lambda _call: None
        self.outputs = modal.Volume.from_name("outputs", create_if_missing=True)
        self.events = modal.Queue.from_name("events", create_if_missing=True)
        self.runs = modal.Dict.from_name("runs", create_if_missing=True)
        WORKERS.work = self._work
        self.engine = ModalEngine(
            modal.Cls.from_name(APP, "Comfy"),
            self.events,
            self.runs,
            self.outputs,
            slots=self.simulator.slots,
            silence_seconds=0.3,
            grace_seconds=0.1,
        )

    async def _work(self, call: Call) -> Any:
        self.calls.append(call)
        self.before(call)
        (job,) = call.args
        record = await self.runs.get.aio(job["run"])
        clock = Clock()
        usage = partial(clock.usage, "L40S", record["gpu"] is not None, clock.begin(record["spawned_at"]))
        worker = Worker(self.simulator, self._deliver, usage)
        return await serve(worker, job, events=self.events, runs=self.runs)

    def _deliver(self, run_id: str, number: int, artifact: Any) -> str:
        return deliver_to(self.outputs, run_id, number, artifact)
