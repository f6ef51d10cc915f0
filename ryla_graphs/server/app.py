"""`create_app`: the HTTP runtime over any engine and any store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Gauge
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute

from ryla_graphs.engines import Engine
from ryla_graphs.pipelines import Pipelines
from ryla_graphs.server.deployment import Deployment
from ryla_graphs.server.http import agents, docs, failures
from ryla_graphs.server.http.access import STRICT
from ryla_graphs.server.http.openapi import document, operation_id
from ryla_graphs.server.http.plain import ShortWay
from ryla_graphs.server.http.routes import events, jobs, loras, presets, routing, status, workflow
from ryla_graphs.server.http.v2 import ROUTERS as V2_ROUTERS
from ryla_graphs.server.http.v2.envelope import PREFIX
from ryla_graphs.server.page import routes as page
from ryla_graphs.server.safety.bodies import BodyLimit
from ryla_graphs.server.safety.callers import Callers
from ryla_graphs.server.safety.gate import Gatekeeper
from ryla_graphs.server.safety.heads import Heads
from ryla_graphs.server.safety.room import BodyMemory
from ryla_graphs.server.settings import Settings
from ryla_graphs.server.sinks.analytics import Target
from ryla_graphs.server.sinks.base import LogSink, Sink
from ryla_graphs.server.sinks.metrics import MetricsSink, RouteNumbers
from ryla_graphs.server.sinks.traces import TraceSink
from ryla_graphs.server.storage import Store
from ryla_graphs.server.submit.loras import Shelf
from ryla_graphs.server.submit.own_pipelines import served_beside
from ryla_graphs.server.threads import in_thread
from ryla_graphs.version import __version__

ROUTERS = (workflow.running, workflow.router, presets.router, loras.router, jobs.router, events.router, status.router)
"""Our own routes. They refuse query parameters that they do not know."""
OPEN_ROUTERS = (routing.router, page.router, docs.router, *V2_ROUTERS)
"""Routes that accept any query: webhooks of services, browsers, and Comfy API v2, whose contract is not ours."""
_OTHER_ROUTES = {"docs", "redoc", "openapi.json", "favicon.ico", "warm", "mcp", "forms", "static"}
"""First path segments that FastAPI or other parts of the server use, or may use."""
_DOCUMENTED: dict[str, Any] = {
    "generate_unique_id_function": operation_id,
    "docs_url": None,
    "redoc_url": None,
    "openapi_url": None,
}
"""Options of `FastAPI`. Its own pages fetch scripts from a CDN, and it builds the document on the
event loop, so `/docs` and `/openapi.json` are ours."""


def create_app(
    engine: Engine,
    store: Store,
    settings: Settings | None = None,
    *,
    sinks: Iterable[Sink] = (),
    shelf: Shelf | None = None,
    targets: Iterable[Target] = (),
    pipelines: Pipelines | None = None,
) -> FastAPI:
    """Make an app that runs graphs on `engine` and keeps jobs in `store`. It closes both when it stops.

    `shelf` is where the engine finds LoRAs, if that is not a folder on this machine. `targets` receive product events
    in addition to the targets of the settings; the app closes them too. `pipelines` are the pipelines to serve; by
    default those that the settings name and those of installed packages. On start, the app resumes the jobs that an
    earlier app left unfinished in the store.

    >>> from tempfile import mkdtemp
    >>> from ryla_graphs import connect
    >>> from ryla_graphs.server import SqliteStore
    >>> create_app(connect("simulator"), SqliteStore(mkdtemp())).title
    'ryla_graphs'
    """
    chosen = settings or Settings()
    registry = CollectorRegistry()
    served = served_beside(_routes(), pipelines, engine, chosen.pipelines)
    traces = [TraceSink()] if chosen.traces else []
    heard: list[Sink] = [LogSink(), MetricsSink(registry), *traces, *sinks]
    deployment = Deployment(engine, store, chosen, heard, shelf, targets, served)
    _count(deployment, registry)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await deployment.start()
        try:
            async with agents_running():
                yield
        finally:
            await deployment.stop()
            for sink in traces:
                await in_thread(sink.close)

    app = FastAPI(title="ryla_graphs", version=__version__, lifespan=lifespan, **_DOCUMENTED)
    app.state.deployment, app.state.registry = deployment, registry
    _guard(app, chosen, deployment)
    _route(app, served)
    document(app)
    agents_running = agents.mount(app, chosen)
    return app


def _route(app: FastAPI, pipelines: Pipelines) -> None:
    app.router.routes += [*_included(), *presets.running(pipelines).routes]


@cache
def _included() -> tuple[BaseRoute, ...]:
    """All routes except those of pipelines. All apps share what FastAPI derives from them at the first request."""
    app = FastAPI(**_DOCUMENTED)
    for router in ROUTERS:
        app.include_router(router, **STRICT)
    for router in OPEN_ROUTERS:
        app.include_router(router)
    return tuple(app.routes)


def _guard(app: FastAPI, settings: Settings, deployment: Deployment) -> None:
    """Add the middleware that every request passes; the one added last runs first."""
    app.add_middleware(ShortWay, routes=[*workflow.running.routes, *presets.running(deployment.pipelines).routes])
    app.add_middleware(Callers, tokens=settings.tokens)
    app.add_middleware(Heads)
    limits = _body_limits(settings, deployment.pipelines)
    app.add_middleware(
        BodyLimit,
        limits=limits,
        idle_seconds=settings.body_seconds,
        refuse=failures.refusal,
        memory=BodyMemory(settings.bodies_bytes, settings.body_bytes),
        held=limits.keys() - _SPOOLED,
        tokens=settings.tokens,
    )
    app.add_middleware(Gatekeeper, gate=deployment.gate, refuse=failures.refusal)
    if settings.origins:
        app.add_middleware(CORSMiddleware, allow_origins=settings.origins, allow_methods=["*"], allow_headers=["*"])
    failures.install(app)


def _routes() -> set[str]:
    """The first path segments of the server's routes, which no pipeline may use as its name."""
    routes = (route for router in (*ROUTERS, *OPEN_ROUTERS) for route in router.routes)
    return _OTHER_ROUTES | {getattr(route, "path", "/").split("/")[1] for route in routes}


def _count(deployment: Deployment, registry: CollectorRegistry) -> None:
    """Register gauges that read the current number of jobs."""
    for name, count in (("waiting", lambda: deployment.jobs.waiting), ("running", lambda: deployment.jobs.running)):
        Gauge(f"ryla_jobs_{name}", f"Jobs {name} now", registry=registry).set_function(count)
    damage = Gauge("ryla_damaged_records", "Stored records that could not be read", registry=registry)
    damage.set_function(lambda: len(deployment.store.damage))
    if deployment.routes is not None:
        registry.register(RouteNumbers(deployment.routes))


def _body_limits(settings: Settings, pipelines: Pipelines) -> dict[str, int]:
    """The largest bodies of the paths that take graphs or files."""
    graphs = ("/workflow", "/workflow/graph", "/validate", agents.PATH, f"{PREFIX}/jobs", f"{PREFIX}/assets")
    made = (path for name in pipelines.names for path in (f"/{name}", f"/presets/{name}/graph"))
    return {**dict.fromkeys((*graphs, *made), settings.body_bytes), "/loras": settings.lora_bytes}


_SPOOLED = {"/loras", f"{PREFIX}/assets"}
"""Paths whose bodies are forms with a file, which is on disk as soon as it is larger than a MiB."""
