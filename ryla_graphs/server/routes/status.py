"""How the deployment is: alive, ready, and what it can run."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from ryla_graphs.server.access import Here
from ryla_graphs.server.threads import in_thread
from ryla_graphs.version import __version__

router = APIRouter(tags=["deployment"])


@router.get("/health")
async def health() -> dict[str, str]:
    """Whether the process lives."""
    return {"status": "ok", "version": __version__}


@router.get("/ready", responses={503: {"description": "The engine takes no work; jobs wait"}})
async def ready(here: Here) -> JSONResponse:
    """Whether a job would run now."""
    health = await in_thread(here.engine.health)
    full = here.jobs.waiting >= here.settings.queue_limit
    facts = {
        "ready": health.ready and not full,
        "reason": "the queue is full" if health.ready and full else health.reason,
        "engine": here.engine.name,
        "waiting": here.jobs.waiting,
        "running": here.jobs.running,
        "queue_limit": here.settings.queue_limit,
    }
    return JSONResponse(facts, 200 if facts["ready"] else 503)
