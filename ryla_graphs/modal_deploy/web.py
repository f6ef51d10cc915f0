"""The web side: the usual app, over Modal's engine and store."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, BinaryIO, NamedTuple, cast

import modal
from fastapi import APIRouter, Body, FastAPI
from modal.exception import Error as ModalError
from modal.exception import NotFoundError
from pydantic import BaseModel

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.modal_deploy.engine import GRACE_SECONDS, SILENCE_SECONDS, ModalEngine
from ryla_graphs.modal_deploy.handover import Handover
from ryla_graphs.modal_deploy.placement import VolumeFiles, not_offered, placing
from ryla_graphs.modal_deploy.reported import Reported
from ryla_graphs.modal_deploy.settings import ModalSettings, chosen_options
from ryla_graphs.modal_deploy.spending import Spending
from ryla_graphs.modal_deploy.store.lease import BEAT_SECONDS, LOST_SECONDS, Lease
from ryla_graphs.modal_deploy.store.modal_errors import modal_errors
from ryla_graphs.modal_deploy.store.store import ModalStore
from ryla_graphs.modal_deploy.upkeep import QueueTarget
from ryla_graphs.problems import CannotRunHere, EngineUnreachable, InvalidSettings
from ryla_graphs.server import create_app
from ryla_graphs.server.environment import settings_from
from ryla_graphs.server.http.access import Owner
from ryla_graphs.server.http.routes.documented import errors
from ryla_graphs.server.job_options import Place
from ryla_graphs.server.settings import Settings
from ryla_graphs.server.submit.loras import FOLDER
from ryla_graphs.server.threads import in_thread
from ryla_graphs.version import __version__


class Pace(NamedTuple):
    """Seconds between requests to Modal; tests use shorter ones."""

    silence: float = SILENCE_SECONDS
    """Silence of a run before the state of its call is read."""
    grace: float = GRACE_SECONDS
    """Wait for the last events of a call that has ended."""
    beat: float = BEAT_SECONDS
    """Time between two checks of the lease."""
    lease: float = LOST_SECONDS
    """Silence after which an owner counts as lost."""


class Parts(NamedTuple):
    """The volumes, dictionaries and queues of a deployment, named by `ModalSettings`."""

    models: modal.Volume
    loras: modal.Volume
    outputs: modal.Volume
    content: modal.Volume
    analytics_files: modal.Volume
    records: modal.Dict
    runs: modal.Dict
    events: modal.Queue
    analytics: modal.Queue

    @classmethod
    def of(cls, settings: ModalSettings) -> Parts:
        """The parts of an app, which are created if they do not exist."""

        def volume(part: str) -> modal.Volume:
            return modal.Volume.from_name(settings.record_name(part), create_if_missing=True)

        def records(part: str) -> modal.Dict:
            return modal.Dict.from_name(settings.record_name(part), create_if_missing=True)

        def queue(part: str) -> modal.Queue:
            return modal.Queue.from_name(settings.record_name(part), create_if_missing=True)

        return cls(
            models=modal.Volume.from_name(
                settings.models, environment_name=settings.models_environment, create_if_missing=True
            ),
            loras=modal.Volume.from_name(settings.name("loras"), create_if_missing=True),
            outputs=modal.Volume.from_name(settings.record_name("raw-outputs"), create_if_missing=True, version=2),
            content=volume("content"),
            analytics_files=volume("analytics"),
            records=records("records"),
            runs=records("runs"),
            events=queue("events"),
            analytics=queue("analytics"),
        )


class VolumeShelf:
    """The volume that workers load LoRAs from; see `ryla_graphs.server.submit.loras.Shelf`."""

    def __init__(self, volume: modal.Volume) -> None:
        self._volume = volume

    def put(self, name: str, content: Iterable[bytes]) -> None:
        """Upload a file, unless it exists: then it is the same, because its name holds its hash."""
        with tempfile.TemporaryFile() as file, modal_errors("LoRAs"):
            for chunk in content:
                file.write(chunk)
            file.seek(0)
            with self._volume.batch_upload(force=True) as batch:
                batch.put_file(cast("BinaryIO", file), f"{FOLDER}/{name}")

    def remove(self, name: str) -> None:
        """Remove the file, if it exists."""
        with modal_errors("LoRAs"), suppress(FileNotFoundError, NotFoundError):
            self._volume.remove_file(f"{FOLDER}/{name}")


def build_app(
    settings: ModalSettings,
    parts: Parts,
    worker: modal.Cls,
    environment: Mapping[str, str],
    *,
    catalog: Callable[[], Catalog] = catalogs.bundled,
    reported: Reported | None = None,
    scratch: Path | None = None,
    pace: Pace | None = None,
) -> FastAPI:
    """The app of a deployment. `catalog` has the classes of the lock, `reported` the workers' corrections of it;
    `scratch` is an empty folder of this container.

    The app owns the records while it runs, and releases them when another container starts to run it.

    Raises `InvalidSettings` if neither we nor Modal require a token, unless the settings allow that.
    """
    pace = pace or Pace()
    models = VolumeFiles(parts.models)
    spending = Spending(settings, parts.records)
    server = _server_settings(settings, environment, placing(settings, models, reported), spending)
    engine = ModalEngine(
        worker,
        parts.events,
        parts.runs,
        parts.outputs,
        known=catalog if reported is None else lambda: reported.catalog(catalog()),
        circuit=reported.circuit if reported is not None else str,
        gpus=settings.fallback,
        silence_seconds=pace.silence,
        grace_seconds=pace.grace,
    )
    analytics = QueueTarget(parts.analytics)
    _report_deployed(analytics, parts.records, environment)
    term = Lease(parts.records, silence=pace.lease, pause=min(0.5, pace.beat))
    folder = scratch or Path(tempfile.mkdtemp(prefix="ryla-mirror-"))
    store = ModalStore(parts.records, parts.content, folder, owning=lambda: term.held)
    app = create_app(engine, store, server, sinks=[spending], targets=[analytics], shelf=VolumeShelf(parts.loras))
    spending.show(app.state.registry)
    app.include_router(_warming(settings, worker))
    app.state.handover = Handover(term, store, parts.events, spending.reserve_for, beat=pace.beat)
    app.state.handover.install(app)
    return app


def _server_settings(
    settings: ModalSettings, environment: Mapping[str, str], place: Place, spending: Spending
) -> Settings:
    # Modal's edge only forwards requests for the URLs of this app.
    hosts = {} if environment.get("RYLA_HOSTS") else {"hosts": ("*",)}
    server = settings_from(environment, place=place, budget=spending.admit, **hosts)
    if not len(server.tokens) and not settings.proxy_auth and not settings.allow_open:
        raise InvalidSettings(
            f"anyone could run graphs here: put RYLA_TOKENS into the Modal secret '{settings.secret}', or set"
            " RYLA_MODAL_PROXY_AUTH=1 (or, for an open app, RYLA_MODAL_ALLOW_OPEN=1) and deploy again"
        )
    if server.partner_nodes:
        why = "RYLA_PARTNER_NODES: Modal stores the arguments of calls, so this server gives it no partner key"
        raise InvalidSettings(f"{why}: leave it out, and run graphs with paid nodes on a server of your own")
    return server


def _report_deployed(analytics: QueueTarget, records: modal.Dict, environment: Mapping[str, str]) -> None:
    """Send the product event of a deployment, once for each image."""
    image = environment.get("MODAL_IMAGE_ID", "local")
    with suppress(ModalError):
        if records.put(f"deployed:{image}", {"at": time.time()}, skip_if_exists=True):
            about = {"image": image, "version": __version__}
            analytics.put({"event": "modal_app_deployed", "at": time.time(), "job": None, "properties": about})


class Warm(BaseModel):
    """Which GPU to warm."""

    gpu: str | None = None


def _warming(settings: ModalSettings, worker: modal.Cls) -> APIRouter:
    router = APIRouter(tags=["status"])

    @router.post("/warm", status_code=202, responses=errors("unauthorized", "cannot_run_here", "engine_unreachable"))
    async def warm(_: Owner, wanted: Annotated[Warm, Body()] = Warm()) -> dict[str, Any]:  # noqa: B008
        """Start a GPU container before jobs need it; it stays as long as any other idle container."""
        if wanted.gpu is not None and wanted.gpu not in settings.gpus:
            raise CannotRunHere([not_offered(wanted.gpu, settings)])
        await in_thread(_warm, worker, wanted.gpu)
        return {"warming": wanted.gpu or settings.fallback[0]}

    return router


def _warm(worker: modal.Cls, gpu: str | None) -> None:
    try:
        (worker if gpu is None else worker.with_options(**chosen_options(gpu)))().warm.spawn()
    except ModalError as error:
        raise EngineUnreachable(f"Modal did not accept the call: {error}") from error
