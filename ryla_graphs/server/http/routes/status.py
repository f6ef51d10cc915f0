"""The state of the deployment: health, readiness, node classes, metrics."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ryla_graphs.engines import SIMULATOR
from ryla_graphs.server.http.access import Here, Owner
from ryla_graphs.server.http.routes.documented import errors
from ryla_graphs.server.http.routes.shapes import HealthShape, NodesShape, ReadyShape
from ryla_graphs.server.threads import in_thread
from ryla_graphs.version import __version__

router = APIRouter(tags=["deployment"])


@router.get("/health", response_model=HealthShape)
async def health() -> dict[str, str]:
    """Whether the process is alive."""
    return {"status": "ok", "version": __version__}


@router.get(
    "/ready",
    response_model=ReadyShape,
    responses={503: {"description": "The engine accepts no work, or the queue is full", "model": ReadyShape}},
)
async def ready(here: Here) -> JSONResponse:
    """Whether a job would run now. While the engine accepts none, jobs wait."""
    health = await in_thread(here.engine.health)
    full = here.jobs.waiting >= here.settings.queue_limit
    reason = await in_thread(here.store.trouble) or here.jobs.trouble or ("the queue is full" if full else "")
    facts = {
        "ready": health.ready and not reason,
        "reason": health.reason if not health.ready else reason or health.reason,
        "engine": here.engine.name,
        "simulated": here.engine.name == SIMULATOR,
        "waiting": here.jobs.waiting,
        "running": here.jobs.running,
        "queue_limit": here.settings.queue_limit,
    }
    return JSONResponse(facts, 200 if facts["ready"] else 503)


@router.get("/nodes", response_model=NodesShape, responses=errors("unauthorized", "invalid_parameters"))
async def list_nodes(
    here: Here, _: Owner, q: Annotated[str, Query(max_length=100, description="Part of a name")] = ""
) -> dict[str, Any]:
    """The node classes that graphs may use here."""
    catalog = await in_thread(here.catalog.get)
    allowed = here.settings.confinement.permits
    names = sorted(name for name in catalog if allowed(name) and q.casefold() in name.casefold())
    return {"engine": here.engine.name, "count": len(names), "nodes": names}


@router.get("/nodes/{class_type}", responses=errors("unauthorized", "not_found"))
async def show_node(class_type: str, here: Here, owner: Owner) -> dict[str, Any]:
    """A node class as the engine describes it, in the form of ComfyUI's ``/object_info``."""
    catalog = await in_thread(lambda: here.loras.shown_to(owner, here.catalog.get()))
    catalog.find(class_type)
    return dict(catalog.subset([class_type]).entries())


@router.get("/metrics", responses=errors("unauthorized"), response_class=Response)
async def metrics(request: Request, _: Owner) -> Response:
    """Metrics for Prometheus."""
    return Response(generate_latest(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)
