"""The GPU side: the ComfyUI of one container, brought up once, and the jobs that it runs one after the other."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import modal
import requests
from modal.exception import Error as ModalError

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.engines import Engine
from ryla_graphs.engines.base import Logged
from ryla_graphs.engines.comfyui.process import ComfyUIProcess
from ryla_graphs.lockfile import Difference
from ryla_graphs.modal_deploy import before_gpu
from ryla_graphs.modal_deploy.broken import Broken
from ryla_graphs.modal_deploy.container import deliver_to, serve
from ryla_graphs.modal_deploy.lacking import lacked
from ryla_graphs.modal_deploy.money import Clock
from ryla_graphs.modal_deploy.worker import Worker
from ryla_graphs.plan import GPUS
from ryla_graphs.problems import AtFile, EngineError, EngineRefused, EngineUnreachable, Problem
from ryla_graphs.prompt import Prompt
from ryla_graphs.weights import needed

log = logging.getLogger("ryla_graphs.modal_deploy")

DATA = Path("/tmp/ryla-comfyui")
LATE_LORAS = DATA / "late-loras"
"""LoRAs that came while the container's view of their volume could not be renewed."""

HEALTH_SECONDS = 15.0
"""How long a ComfyUI that was restored may take to answer."""
RESTORED_SECONDS = 5.0
"""Longer than this between start and readiness lies only a snapshot."""


class WeightsFolder:
    """The volumes of weights and LoRAs as this container has them mounted."""

    def __init__(self, mounts: Mapping[str, tuple[Path, modal.Volume]], late: Path = LATE_LORAS) -> None:
        self._mounts = mounts
        """Mount point and volume of ``models`` and of ``loras``."""
        self._late = late

    def bring(self, prompt: Mapping[str, Any]) -> None:
        """Have what a graph loads, also what came after this container began. Raises `EngineRefused` for the rest.

        A volume that has open files cannot be reloaded; a LoRA is then fetched through Modal's API.
        """
        absent = self._absent(prompt)
        for kind in {kind for kind, _ in absent}:
            try:
                self._mounts[kind][1].reload()
            except (RuntimeError, ModalError) as error:
                log.warning("the volume of %s could not be reloaded: %s", kind, error)
        for kind, name in self._absent(prompt) if absent else ():
            if kind == "loras":
                self._fetch(name)
        if still := self._absent(prompt):
            raise EngineRefused("weights are missing", [_missing(kind, name) for kind, name in still])

    def _absent(self, prompt: Mapping[str, Any]) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for need in needed(Prompt(prompt, catalogs.bundled())):
            kind, name = ("loras", need.name) if need.folder == "loras" else ("models", f"{need.folder}/{need.name}")
            mount = self._mounts[kind][0]
            if _leads_out(name):
                raise EngineRefused("weights are missing", [_missing(kind, name)])
            if not (mount / name).exists() and not (kind == "loras" and (self._late / name).exists()):
                found.append((kind, name))
        return list(dict.fromkeys(found))

    def _fetch(self, name: str) -> None:
        target = self._late / name
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        try:
            with part.open("wb") as file:
                self._mounts["loras"][1].read_file_into_fileobj(name, file)
            part.replace(target)
        except (ModalError, FileNotFoundError) as error:
            log.warning("the LoRA %s is not on its volume: %s", name, error)
        finally:
            part.unlink(missing_ok=True)


def _leads_out(name: str) -> bool:
    """Whether a name that a graph gives is no file below a folder of weights."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or "\0" in name


def _missing(kind: str, name: str) -> Problem:
    hint = "upload it: POST /loras" if kind == "loras" else f"modal run runtime_modal.py::pull --file {Path(name).name}"
    return Problem(
        code="weights_missing",
        message=f"'{name}' is not on this deployment's volume of {kind}",
        subject=AtFile(f"loras/{name}" if kind == "loras" else name),
        hint=hint,
    )


def late_loras(folder: Path = LATE_LORAS) -> str:
    """Write the ``extra_model_paths.yaml`` that has ComfyUI look for late LoRAs too; gives its path."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder.with_suffix(".yaml")
    file.write_text(f"ryla_late_loras:\n  base_path: {folder}\n  loras: .\n")
    return str(file)


async def wake(web: Any) -> None:
    """Call the web side, which may sleep, so that it hears how a job ended and sends its webhooks."""

    def call() -> None:
        requests.get(f"{web.get_web_url()}/health", timeout=30.0, allow_redirects=False)

    try:
        await asyncio.to_thread(call)
    except (ModalError, requests.RequestException) as error:
        log.warning("the web side could not be woken: %s", error)


class Machine:
    """One container. `start` before a snapshot, `ready` after it, then `run` for each job."""

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
        """Why no job can run here; empty where one can."""
        self.lacking: Mapping[str, str] = {}
        """The classes of the lock that this ComfyUI lacks, and why: no graph with one of them can run here."""
        self._process: ComfyUIProcess | None = None
        self._up_at = 0.0

    def start(self) -> None:
        """Bring ComfyUI up on loopback and compare its classes with the lock.

        Raises nothing: Modal would start the container again and again, and pay for it. What is wrong is logged. Where
        ComfyUI does not start, every job that comes here fails; where classes are missing, only graphs that use them.
        """
        launcher = Path(before_gpu.__file__) if self._before_gpu else None
        process = ComfyUIProcess(self._comfyui, self._data, arguments=self._arguments, launcher=launcher)
        self.broken = ""
        found: tuple[Difference, ...] = ()
        try:
            process.start(self._start_seconds)
            found = tuple(self._check(process.engine.catalog()))
        except EngineError as error:
            self.broken = str(error)
        for difference in found:
            log.error("this deployment's ComfyUI is not what the lock says: %s", difference)
        self.lacking = {name: difference.text for difference in found for name in difference.classes}
        self._up_at = time.time()
        if self.broken:
            log.error("%s", self.broken)
            process.stop()
        else:
            self._process = process

    def ready(self) -> None:
        """Look whether ComfyUI answers, as after a snapshot was restored; if not, start it anew. Jobs from now on."""
        restored = time.time() - self._up_at > RESTORED_SECONDS
        if restored:
            self.clock = Clock(started=0.0)  # the wait for a snapshot begins before anything of ours runs
        hopeless = self.broken and not restored and not self._before_gpu
        if not hopeless and (trouble := self._trouble()):
            log.warning("ComfyUI %s and is started anew", trouble)
            self.stop()
            self._before_gpu = False
            self.start()
        self.clock.ready()

    def _trouble(self) -> str:
        """Why this ComfyUI cannot work; empty where it can. One that was started before its GPU is given it now."""
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
        """What Modal calls the GPU of this container."""
        return gpu_here() or "unknown"

    @property
    def engine(self) -> Engine:
        """The engine over this container's ComfyUI, or one that says why there is none."""
        return Broken(self.broken or "ComfyUI was not started") if self._process is None else self._process.engine

    def stop(self) -> None:
        """End ComfyUI."""
        if self._process is not None:
            self._process.stop()
        self._process = None

    async def run(
        self, job: Mapping[str, Any], *, events: modal.Queue, runs: modal.Dict, outputs: modal.Volume
    ) -> dict[str, Any]:
        """Run a job to its end; gives its last event."""
        prepare = None if self.broken else self._prepare
        return await run_job(
            self.engine, job, clock=self.clock, prepare=prepare, events=events, runs=runs, outputs=outputs
        )

    def _prepare(self, prompt: Mapping[str, Any]) -> None:
        if self.lacking and (problems := lacked(Prompt(prompt, catalogs.bundled()), self.lacking)):
            raise EngineRefused("node classes are missing", problems)
        self._weights.bring(prompt)


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
) -> dict[str, Any]:
    """Run a job on an engine of this container.

    `prepare` is called with its graph first, and may raise `EngineError`; `gpu` is asked of the driver if left out.
    """
    # A web side of an earlier version says it in the record only.
    record = job if "spawned_at" in job else await runs.get.aio(job["run"]) or {}
    name = gpu or gpu_here() or record.get("gpu") or "unknown"
    waited = clock.begin(float(record.get("spawned_at", 0.0)) or time.time())
    worker = Worker(
        engine,
        partial(deliver_to, outputs),
        partial(clock.usage, name, record.get("gpu") is not None, waited),
        prepare=prepare,
    )
    return await serve(worker, job, events=events, runs=runs, logged=engine if isinstance(engine, Logged) else None)


_DRIVER_NAMES = {"A10G": "A10", "A100-SXM4-40GB": "A100-40GB", "A100-SXM4-80GB": "A100-80GB", "A100 80GB": "A100-80GB"}


def gpu_here() -> str | None:
    """What Modal calls the GPU of this machine, by what its driver says; None where there is none."""
    try:
        asked = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
        told = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return gpu_named(told.splitlines()[0] if told else "")


def gpu_named(driver_name: str) -> str | None:
    """What Modal calls a GPU: ``NVIDIA A100-SXM4-80GB`` is ``A100-80GB``."""
    for part, name in _DRIVER_NAMES.items():
        if part in driver_name:
            return name
    # The longest name first: an L40S is no L4.
    return next((name for name in sorted(GPUS, key=len, reverse=True) if name in driver_name), None)
