"""The HTTP runtime on Modal: `modal deploy runtime_modal.py`. Wiring only; docs/modal.md is the guide.

One web function serves the app with all routes and owns the records of jobs. One class on GPUs runs ComfyUI. Fronts
give single presets their own URL. Scheduled functions drain product events and keep records alive.

The commands for a terminal have their own apps, so that they start nothing of the deployment: `pull` fills the volume
of weights, `session` opens an editor, `publish` names the image of workers.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

from ryla_graphs.problems.extras import needs_extra

with needs_extra("modal"):
    import modal
    import modal.experimental
    from fastapi import FastAPI

from ryla_graphs import weights
from ryla_graphs.lockfile import catalog_of, differences, rows_of
from ryla_graphs.lockfile.image_commands import COMFYUI, EXTRA_MODEL_PATHS
from ryla_graphs.modal_deploy.front import front, label, proxy_headers
from ryla_graphs.modal_deploy.image import LORAS, MODELS, deployed_lock, slim_image, worker_image
from ryla_graphs.modal_deploy.image_check import checked
from ryla_graphs.modal_deploy.machine import Machine
from ryla_graphs.modal_deploy.mounted import WeightsFolder, late_loras
from ryla_graphs.modal_deploy.own_pipelines import own_pipelines
from ryla_graphs.modal_deploy.pulling import pull_into
from ryla_graphs.modal_deploy.reported import Reported, besides
from ryla_graphs.modal_deploy.session import editing, editor
from ryla_graphs.modal_deploy.settings import (
    CONCURRENCY,
    FRONT_OPTIONS,
    PULL_OPTIONS,
    SETTLE_OPTIONS,
    ModalSettings,
    address_options,
    container_environment,
    session_options,
    web_options,
    worker_options,
)
from ryla_graphs.modal_deploy.store.store import refresh
from ryla_graphs.modal_deploy.upkeep import drain, remove_raw_outputs
from ryla_graphs.modal_deploy.waking import settled, unsettled, wake
from ryla_graphs.modal_deploy.web import Parts, build_app
from ryla_graphs.problems import RylaError
from ryla_graphs.ryla import FRONTS
from ryla_graphs.server.log_lines import configure

log = logging.getLogger("ryla_graphs.modal_deploy")

if not modal.is_local():
    configure()
try:
    SETTINGS = ModalSettings.of(os.environ).for_command(sys.argv)
    LOCK = deployed_lock(SETTINGS.lock)
    OWN = own_pipelines(os.environ)
except RylaError as error:  # one line instead of the traceback that `modal deploy` would show
    sys.exit(f"runtime_modal.py: {error}")
ROWS = rows_of(LOCK)
weights.use(ROWS)  # the files that are only in the lock
PARTS = Parts.of(SETTINGS)
IMAGE = worker_image(SETTINGS, LOCK, check=checked if SETTINGS.check_image else None)
SECRET = modal.Secret.from_name(SETTINGS.secret)
REPORTED = Reported(PARTS.runs, LOCK)
ENVIRONMENT = container_environment(os.environ, SETTINGS) | OWN.environment
TRACES = ENVIRONMENT.get("RYLA_TRACES", "0").lower() in ("1", "true", "yes")
FACES = ENVIRONMENT.get("RYLA_FACE_SCORE", "0").lower() in ("1", "true", "yes", "dlib")
COMMON: dict[str, Any] = {"image": OWN.into(slim_image(LOCK, traces=TRACES, faces=FACES)), "env": ENVIRONMENT}
ON_GPU: dict[str, Any] = {
    "image": IMAGE,
    "env": ENVIRONMENT,
    "volumes": {
        MODELS: PARTS.models.with_mount_options(read_only=True),
        LORAS: PARTS.loras.with_mount_options(read_only=True),
    },
}
PATHS = ("--extra-model-paths-config", EXTRA_MODEL_PATHS)

app = modal.App(SETTINGS.app)
pulling = modal.App(SETTINGS.name("pull"))
looking = modal.App(SETTINGS.name("session"))


@app.cls(**ON_GPU, **worker_options(SETTINGS))
class Comfy:
    """ComfyUI on a GPU; one job at a time."""

    @modal.enter(snap=SETTINGS.snapshot != "off")
    def start(self) -> None:
        """Start ComfyUI; a snapshot is taken after this."""
        weights = WeightsFolder({"models": (Path(MODELS), PARTS.models), "loras": (Path(LORAS), PARTS.loras)})
        self.machine = Machine(
            Path(COMFYUI),
            weights,
            check=partial(differences, LOCK),
            arguments=(*PATHS, late_loras()),
            start_seconds=SETTINGS.start_seconds,
            snapshot=SETTINGS.snapshot,
        )
        self.machine.start()

    @modal.enter(snap=False)
    def ready(self) -> None:
        """Check that ComfyUI answers, also after a restored snapshot; restart it if not."""
        self.machine.ready()
        if self.machine.broken or self.machine.catalog is None:
            REPORTED.broke(self.machine.broken)
        else:
            REPORTED.came_up(self.machine.lacking, besides(catalog_of(LOCK), self.machine.catalog))

    @modal.method()
    async def run(self, job: dict[str, Any]) -> dict[str, Any]:
        """Run a job until its outputs are being stored, which continues while the next job starts."""
        done = partial(wake, settle, PARTS.records)
        try:
            return await self.machine.run(job, events=PARTS.events, runs=PARTS.runs, outputs=PARTS.outputs, done=done)
        finally:
            if self.machine.leave:
                stop: Any = modal.experimental.stop_fetching_inputs  # its type does not show that it has an async form
                await stop.aio()  # the next job gets another container

    @modal.method()
    def warm(self) -> str:
        """Return the container's GPU; calling it starts a container if needed."""
        return self.machine.gpu

    @modal.exit()
    def stop(self) -> None:
        """End ComfyUI."""
        self.machine.stop()


def _app() -> FastAPI:
    worker = cast("modal.Cls", Comfy)  # its decorator returns a `modal.Cls`
    return build_app(SETTINGS, PARTS, worker, os.environ, catalog=partial(catalog_of, LOCK), reported=REPORTED)


@app.function(**COMMON, **web_options(SETTINGS), secrets=[SECRET])
@modal.concurrent(max_inputs=CONCURRENCY)
@modal.asgi_app(**address_options(SETTINGS))
def web() -> Any:
    """The app with all routes."""
    return _app()


@app.function(**COMMON, **SETTLE_OPTIONS, secrets=[SECRET])
def settle() -> None:
    """Finish jobs while the web side sleeps; workers call this."""
    asyncio.run(settled(_app(), PARTS.records))


def _front(name: str) -> None:
    def serve() -> Any:
        return front(f"/{name}", lambda: web.get_web_url() or "", proxy_headers(os.environ))

    serve.__name__ = serve.__qualname__ = f"front_{name.replace('-', '_')}"
    serve.__module__ = __name__
    wrapped = modal.asgi_app(label=label(SETTINGS.app, name), requires_proxy_auth=SETTINGS.proxy_auth)(serve)
    secrets = [SECRET] if SETTINGS.proxy_auth else []  # for the proxy token
    function: Any = app.function(**COMMON, **FRONT_OPTIONS, secrets=secrets)(modal.concurrent(max_inputs=100)(wrapped))
    globals()[serve.__name__] = function


for _name in FRONTS:
    _front(_name)


@app.function(**COMMON, schedule=modal.Period(minutes=15), timeout=900)
def drain_events() -> None:
    """Move product events from their queue to files; finish jobs that were left unfinished."""
    log.info("drained %d events", drain(PARTS.analytics, PARTS.analytics_files))
    if unsettled(PARTS.records):
        settle.spawn()


@app.function(**COMMON, schedule=modal.Period(days=1), timeout=3600)
def upkeep() -> None:
    """Keep the records of jobs alive, and delete raw outputs that the store has copied."""
    log.info("%d records kept, %d files removed", refresh(PARTS.records), remove_raw_outputs(PARTS.outputs))


@pulling.function(**COMMON, **PULL_OPTIONS, volumes={MODELS: PARTS.models}, secrets=[SECRET])
def pull_weights(arguments: list[str]) -> int:
    """Run `ryla-graphs weights pull` where the volume is mounted; returns its exit status."""
    return pull_into(MODELS, arguments, PARTS.models, ROWS)


@pulling.local_entrypoint()
def pull(preset: str = "", file: str = "", accept_licence: bool = False, dry_run: bool = False) -> None:
    """Fill the volume of weights: `modal run runtime_modal.py::pull --preset flux-dev,sdxl`."""
    targets = [name for name in (*preset.split(","), *file.split(",")) if name]
    flags = [flag for flag, given in (("--accept-licence", accept_licence), ("--dry-run", dry_run)) if given]
    sys.exit(pull_weights.remote([*(targets or LOCK.presets), *flags]))


@looking.function(**ON_GPU, **session_options(SETTINGS))
def edit(minutes: float, token: str) -> Iterator[str]:
    """Run ComfyUI with its editor for `minutes`, for holders of the token; yields messages."""
    yield from editor(Path(COMFYUI), PATHS, token, minutes, modal.forward, SETTINGS.start_seconds)


@looking.local_entrypoint()
def session(minutes: float = 30.0, gpu: str = "") -> None:
    """Open an editor on a GPU for a while: `modal run runtime_modal.py::session --minutes 30 --gpu L40S`."""
    for line in editing(edit, SETTINGS, minutes, gpu):
        print(line, flush=True)


@looking.local_entrypoint()
def publish(name: str) -> None:
    """Name the image of workers, for RYLA_MODAL_IMAGE: `modal run runtime_modal.py::publish --name ryla:v1`."""
    IMAGE.publish(name)
    print(f"published; to use it: RYLA_MODAL_IMAGE={name} modal deploy runtime_modal.py")
