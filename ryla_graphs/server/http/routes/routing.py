"""``/routes``: the state of each route, and a way to drain one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from ryla_graphs.problems import NotFound
from ryla_graphs.server.http.access import Here, Owner
from ryla_graphs.server.http.routes.documented import errors
from ryla_graphs.server.http.routes.shapes import RouteShape, RoutesShape
from ryla_graphs.server.threads import in_thread

router = APIRouter(tags=["deployment"])

Name = Annotated[str, Path(max_length=100)]


@router.get("/routes", response_model=RoutesShape, responses=errors("unauthorized"))
async def list_routes(here: Here, _: Owner) -> dict[str, Any]:
    """The routes that jobs may take, with their state; an empty list on a server with one engine."""
    routes = here.routes
    rows = [] if routes is None else await in_thread(routes.routes)
    return {"routes": rows, "trouble": "" if routes is None else routes.trouble}


@router.post("/routes/{name}/drain", response_model=RouteShape, responses=errors("unauthorized", "not_found"))
async def drain_route(
    name: Name,
    here: Here,
    _: Owner,
    on: Annotated[
        bool, Query(description="false lets the route take jobs again, and resets its circuit breaker")
    ] = True,
) -> dict[str, Any]:
    """Give a route no new jobs; those that it has continue."""
    if here.routes is None:
        raise NotFound("this server has one engine and no routes")
    return await in_thread(lambda routes: routes.drain(name, on=on), here.routes)


@router.post("/routes/{name}/hint", status_code=204)
async def hint_at_run(name: Name, here: Here, run: Annotated[str, Query(max_length=100)]) -> None:
    """Take a webhook of a service as a hint that a run may have ended, and ask the service for the run's state.

    Needs no token, since services send none. The body is not read, because anyone could have sent it.
    """
    if here.routes is not None:
        await in_thread(here.routes.hint, name, run)
