"""The GPU side: the ComfyUI of one container, which starts once and runs jobs one after the other."""

from __future__ import annotations

import logging
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import modal

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.engines import Engine
from ryla_graphs.engines.base import Logged
from ryla_graphs.engines.comfyui.process import ComfyUIProcess
from ryla_graphs.lockfile import Difference
from ryla_graphs.modal_deploy import before_gpu
from ryla_graphs.modal_deploy.broken import Broken
from ryla_graphs.modal_deploy.container import deliver_to, serve
from ryla_graphs.modal_deploy.money import Clock
from ryla_graphs.modal_deploy.mounted import DATA, WeightsFolder
from ryla_graphs.modal_deploy.output_queue import PendingOutputs
from ryla_graphs.modal_deploy.reported import lacked
from ryla_graphs.modal_deploy.worker import Worker
from ryla_graphs.plan import GPUS
from ryla_graphs.problems import EngineError, EngineRefused, EngineUnreachable
from ryla_graphs.prompt import Prompt

log = logging.getLogger("ryla_graphs.modal_deploy")

HEALTH_SECONDS = 15.0
"""Seconds that a restored ComfyUI may take to answer."""
RESTORED_SECONDS = 5.0
"""If more seconds than this lie between start and readiness, a snapshot was restored in between."""
FREE_SECONDS = 30.0
"""Seconds that ComfyUI may take to accept the request to unload its models."""
HANDING_SECONDS = 25.0
"""Seconds that an ending container waits for outputs to be stored; Modal kills it after 30 s."""


class Machine:
    """One container. Call `start` before a snapshot, `ready` after it, then `run` for each job."""

    def __init__(
        self,
        comfyui: Path,
        weights: WeightsFolder,
        *,
        check: Callable[[Catalog], Sequence[Difference]] = lambda _: (),
        arguments: Sequence[str] = (),
        start_seconds: float = 900,
        data: Path = DATA,
        snapshot: str = "off",
    ) -> None:
        self._comfyui = comfyui
        self._weights = weights
        self._check = check
        self._arguments = arguments
        self._start_seconds = start_seconds
        self._data = data
        self._before_gpu = snapshot == "cpu"
        self.clock = Clock()
        self.broken = ""
        """Why no job can run here; empty if jobs can."""
        self.lacking: Mapping[str, str] = {}
        """The classes of the lock that this ComfyUI lacks, with the reasons; graphs that use them cannot run here."""
        self.catalog: Catalog | None = None
        """The classes that this ComfyUI actually has."""
        self._pending = PendingOutputs()
        self._process: ComfyUIProcess | None = None
        self._up_at = 0.0

    def start(self) -> None:
        """Start ComfyUI on loopback and compare its classes with the lock.

        Never raises, because then Modal would restart the container again and again, which costs money; it logs errors
        instead. If ComfyUI does not start, every job here fails; if classes are missing, only graphs that use them.
        """
        launcher = Path(before_gpu.__file__) if self._before_gpu else None
        process = ComfyUIProcess(self._comfyui, self._data, arguments=self._arguments, launcher=launcher)
        self.broken = ""
        found: tuple[Difference, ...] = ()
        try:
            process.start(self._start_seconds)
            self.catalog = process.engine.catalog()
            found = tuple(self._check(self.catalog))
        except EngineError as error:
            self.broken = str(error)
        for difference in found:
            log.error("this deployment's ComfyUI does not match the lock: %s", difference)
        self.lacking = {name: difference.text for difference in found for name in difference.classes}
        self._up_at = time.time()
        if self.broken:
            log.error("%s", self.broken)
            process.stop()
        else:
            self._process = process

    def ready(self) -> None:
        """Check that ComfyUI answers, for example after a restored snapshot; restart it if not. Then jobs may run."""
        restored = time.time() - self._up_at > RESTORED_SECONDS
        if restored:
            self.clock = Clock(started=0.0)  # the wait for a restored snapshot begins before our code runs
        hopeless = self.broken and not restored and not self._before_gpu
        if not hopeless and (trouble := self._trouble()):
            log.warning("ComfyUI %s; restarting it", trouble)
            self._end()
            self._before_gpu = False
            self.start()
        self.clock.ready()

    def _trouble(self) -> str:
        """Why this ComfyUI cannot work; empty if it can. Attaches the GPU if ComfyUI was started before it."""
        if self._process is None:
            return "was not started"
        if self._before_gpu:
            self._process.signal(signal.SIGUSR1)
        try:
            devices = self._process.engine.client.json("/system_stats", seconds=HEALTH_SECONDS).get("devices", [])
        except EngineUnreachable as error:
            return f"does not answer ({error})"
        if self._before_gpu and any(before_gpu.STAND_IN in row["name"] for row in devices):
            return "has not found the GPU"
        health = self._process.engine.health()
        return "" if health.ready else f"is not ready ({health.reason})"

    @property
    def gpu(self) -> str:
        """Modal's name of this container's GPU."""
        return gpu_here() or "unknown"

    @property
    def engine(self) -> Engine:
        """The engine over this container's ComfyUI, or one that reports why there is none."""
        return Broken(self.broken or "ComfyUI was not started") if self._process is None else self._process.engine

    @property
    def leave(self) -> str:
        """Why the next job should get another container; empty if it may run here."""
        return self.broken or ("it cannot see weights that arrived after it started" if self._weights.stale else "")

    def stop(self) -> None:
        """Wait for outputs to be stored, and end ComfyUI."""
        self._end()
        if not self._pending.wait(HANDING_SECONDS):
            log.error("outputs are lost: they could not be stored within %g s", HANDING_SECONDS)

    def _end(self) -> None:
        if self._process is not None:
            self._process.stop()
        self._process = None

    async def run(
        self,
        job: Mapping[str, Any],
        *,
        events: modal.Queue,
        runs: modal.Dict,
        outputs: modal.Volume,
        done: Callable[[], None] = lambda: None,
    ) -> dict[str, Any]:
        """Run a job until its outputs are being stored; a thread calls `done` once they are stored and reported."""
        return await run_job(
            self.engine,
            job,
            clock=self.clock,
            prepare=None if self.broken else self._prepare,
            events=events,
            runs=runs,
            outputs=outputs,
            pending=self._pending,
            done=done,
            end=self._hung,
        )

    def _prepare(self, prompt: Mapping[str, Any]) -> None:
        if self.lacking and (problems := lacked(Prompt(prompt, catalogs.bundled()), self.lacking)):
            raise EngineRefused("node classes are missing", problems)
        self._weights.bring(prompt, self._let_go)

    def _let_go(self) -> None:
        """Make ComfyUI unload its models, so that no file of a volume stays open."""
        if self._process is not None:
            try:
                self._process.engine.client.free(seconds=FREE_SECONDS)
            except EngineUnreachable as error:
                log.warning("cannot ask ComfyUI to unload its models: %s", error)

    def _hung(self, why: str) -> None:
        """End a ComfyUI that does not end its run."""
        self.broken = f"ComfyUI stopped answering: {why}"
        log.error("%s", self.broken)
        self._end()


async def run_job(
    engine: Engine,
    job: Mapping[str, Any],
    *,
    clock: Clock,
    prepare: Callable[[Mapping[str, Any]], None] | None,
    events: modal.Queue,
    runs: modal.Dict,
    outputs: modal.Volume,
    gpu: str | None = None,
    pending: PendingOutputs | None = None,
    done: Callable[[], None] = lambda: None,
    end: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Run a job on an engine of this container.

    `prepare` is called first, with the graph, and may raise `EngineError`; `gpu` is read from the driver by default.
    """
    # A web side of an earlier version stores it in the record only.
    record = job if "spawned_at" in job else await runs.get.aio(job["run"]) or {}
    name = gpu or gpu_here() or record.get("gpu") or "unknown"
    waited = clock.begin(float(record.get("spawned_at", 0.0)) or time.time())
    worker = Worker(
        engine,
        partial(deliver_to, outputs),
        partial(clock.usage, name, record.get("gpu") is not None, waited),
        prepare=prepare,
        pending=pending,
        done=done,
    )
    logged = engine if isinstance(engine, Logged) else None
    return await serve(worker, job, events=events, runs=runs, logged=logged, end=end)


_DRIVER_NAMES = {"A10G": "A10", "A100-SXM4-40GB": "A100-40GB", "A100-SXM4-80GB": "A100-80GB", "A100 80GB": "A100-80GB"}


def gpu_here() -> str | None:
    """Modal's name of this machine's GPU, from the driver's name of it; None if there is no GPU."""
    try:
        asked = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
        printed = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return gpu_named(printed.splitlines()[0] if printed else "")


def gpu_named(driver_name: str) -> str | None:
    """Modal's name of a GPU: ``NVIDIA A100-SXM4-80GB`` is ``A100-80GB``."""
    for part, name in _DRIVER_NAMES.items():
        if part in driver_name:
            return name
    # The longest name first: an L40S is not an L4.
    return next((name for name in sorted(GPUS, key=len, reverse=True) if name in driver_name), None)
