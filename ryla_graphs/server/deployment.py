"""One deployment: an engine, a store, settings, and everything built from them."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from ryla_graphs.engines import SIMULATOR, Engine
from ryla_graphs.engines.router.routing import Routing
from ryla_graphs.pipelines import Pipelines
from ryla_graphs.problems import NotFound, RylaError
from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.jobs.service import JobService
from ryla_graphs.server.jobs.views import job_shape, output_shape
from ryla_graphs.server.records import Asset, Job
from ryla_graphs.server.safety.fetch import Fetcher
from ryla_graphs.server.safety.gate import Gate
from ryla_graphs.server.safety.provenance import delivered
from ryla_graphs.server.safety.quotas import Quotas
from ryla_graphs.server.settings import Settings
from ryla_graphs.server.sinks.analytics import Analytics, JsonLines, Posted, Target
from ryla_graphs.server.sinks.base import Sink
from ryla_graphs.server.sinks.faces import FaceScores
from ryla_graphs.server.sinks.product_events import PREFIX
from ryla_graphs.server.sinks.webhooks import Signer, Webhooks
from ryla_graphs.server.storage import Store
from ryla_graphs.server.storage.clock import SlowClock
from ryla_graphs.server.storage.damage import owned
from ryla_graphs.server.storage.recent import RecentBlobs
from ryla_graphs.server.submit.live_catalog import LiveCatalog
from ryla_graphs.server.submit.loras import FolderShelf, Loras, Shelf
from ryla_graphs.server.submit.submissions import Submissions, recompiled
from ryla_graphs.server.submit.uploads import Uploads
from ryla_graphs.server.threads import in_thread

log = logging.getLogger("ryla_graphs.server")

CATALOG_SECONDS = 300.0
"""Seconds between two requests to the engine for its node classes and files."""
EXPIRY_EVERY = 12
"""How many of those requests pass between two clean-ups of expired jobs and files."""


class Deployment:
    """The parts that routes use. `start` begins the work, `stop` releases everything."""

    def __init__(
        self,
        engine: Engine,
        store: Store,
        settings: Settings,
        sinks: Iterable[Sink] = (),
        shelf: Shelf | None = None,
        targets: Iterable[Target] = (),
        pipelines: Pipelines | None = None,
    ) -> None:
        self.engine = engine
        self.store = store
        self.pipelines = pipelines or Pipelines()
        self.settings = settings
        self.gate = Gate(settings.tokens, settings.hosts, settings.origins, settings.open)
        self.catalog = LiveCatalog(engine)
        self.streams: Counter[str] = Counter()
        """The number of open event streams, by owner."""
        self.webhooks = Webhooks(Fetcher(settings.webhook_fetch), _signer(settings), self._reported, store)
        prefix = "" if settings.analytics_plain else PREFIX
        self.analytics = Analytics([*_targets(settings), *targets], prefix=prefix)
        self.quotas = Quotas(store, settings.quota)
        self.uploads = Uploads(store, settings.media, Fetcher(settings.fetch), self.quotas)
        self.blobs = RecentBlobs(store.blobs)
        heard = [*sinks, self.webhooks, self.analytics]
        self.faces = _faces(settings, store, self.blobs, heard)
        self.jobs = JobService(
            engine,
            store,
            self.blobs,
            settings,
            rebuild=partial(recompiled, self.catalog),
            deliver=partial(delivered, mark=settings.mark_outputs),
            sinks=[*heard, *self.faces],
        )
        self._upkeep: asyncio.Task[None] | None = None
        self.loras = Loras(store, shelf or _shelf(settings), size=settings.lora_bytes, quotas=self.quotas)
        self.routes = engine if isinstance(engine, Routing) else None
        """The engine, if it is a router."""
        self.submissions = Submissions(
            self.jobs,
            self.catalog,
            self.uploads,
            self.loras,
            settings,
            self.pipelines,
            simulated=engine.name == SIMULATOR,
            routes=self.routes,
        )

    async def start(self) -> None:
        """Resume the jobs of an earlier process and start to work."""
        await in_thread(self.catalog.get)
        await _survived(self.webhooks.restore)  # first, so that it finds none of a job that ends meanwhile
        await in_thread(self.jobs.start, asyncio.get_running_loop())
        self._upkeep = asyncio.create_task(self._keep_up())

    async def _keep_up(self) -> None:
        """Delete what has expired, and read the engine's current classes and files."""
        clock = SlowClock()
        while True:
            await _survived(self.store.expire, self.settings.retention, clock.now())
            for _ in range(EXPIRY_EVERY):
                await asyncio.sleep(CATALOG_SECONDS)
                clock.now()
                await _survived(self.catalog.refresh)

    async def stop(self) -> None:
        """Start no more jobs, and close engine and store."""
        if self._upkeep is not None:
            self._upkeep.cancel()
        await in_thread(self.jobs.stop)
        for faces in self.faces:
            await in_thread(faces.close)
        await in_thread(self.webhooks.close)
        await in_thread(self.analytics.close)
        await in_thread(self.engine.close)
        await in_thread(self.store.close)

    @contextmanager
    def stream_of(self, owner: str) -> Iterator[None]:
        """Count an open event stream of the owner; raises `RequestError` (`too_many_streams`)."""
        if self.streams[owner] >= self.settings.streams:
            raise RequestError("too_many_streams", f"{self.streams[owner]} event streams are open already")
        self.streams[owner] += 1
        try:
            yield
        finally:
            self.streams[owner] -= 1

    async def job_of(self, owner: str, job_id: str) -> Job:
        """A job of this owner; raises `NotFound`, also if the job belongs to someone else."""
        job = self.jobs.live(job_id)
        if job is None or job.owner != owner:
            job = await in_thread(owned, self.store.job, job_id, owner)
        if job is None:
            raise NotFound(f"there is no job '{job_id[:80]}'")
        return job

    async def asset_of(self, owner: str, asset_id: str) -> Asset:
        """An upload or output of this owner; raises `NotFound`, also if it belongs to someone else."""
        asset = await in_thread(owned, self.store.asset, asset_id, owner)
        if asset is None:
            raise NotFound(f"there is no asset '{asset_id[:80]}'")
        return asset

    def _reported(self, job: Job) -> dict[str, Any]:
        """The body of the webhook of a finished job."""
        outputs = map(output_shape, self.store.outputs(job.id))
        return job_shape(job, outputs, self.jobs).model_dump(mode="json", exclude_unset=True)


async def _survived(work: Callable[..., Any], *args: Any) -> None:
    """Run a maintenance task. If it fails, log the error; the next round tries again."""
    try:
        await in_thread(work, *args)
    except Exception as error:
        log.error("maintenance failed, and runs again later: %s", error, exc_info=not isinstance(error, RylaError))


def _shelf(settings: Settings) -> Shelf | None:
    return FolderShelf(settings.lora_folder) if settings.lora_folder is not None else None


def _signer(settings: Settings) -> Signer | None:
    return None if settings.webhook_secret is None else Signer(settings.webhook_secret.get_secret_value())


def _faces(settings: Settings, store: Store, blobs: RecentBlobs, heard: Iterable[Sink]) -> list[FaceScores]:
    """The sink that measures faces, if this deployment does; `heard` receive the scores."""
    return [] if settings.face_meter is None else [FaceScores(store, blobs, settings.face_meter, heard)]


def _targets(settings: Settings) -> list[Target]:
    targets: list[Target] = []
    if settings.analytics_file is not None:
        targets.append(JsonLines(settings.analytics_file))
    if settings.analytics_url is not None:
        fetcher = Fetcher(settings.webhook_fetch)
        targets.append(Posted(fetcher, settings.analytics_url, settings.analytics_token.get_secret_value()))
    return targets
