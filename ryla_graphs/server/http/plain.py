"""Routes that run graphs. Most requests to them say nothing but the graph, and those get past FastAPI's own work."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from ryla_graphs.server.http.access import deployment_of, owner_of
from ryla_graphs.server.wishes import NO_PICTURE_WISH

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PlainRoute(APIRoute):
    """A route that takes `request`, `here`, `owner` and `picture`, and whatever has a default.

    FastAPI looks up and validates every parameter that a route declares, which costs as much as parsing and checking
    a small graph. In a request without a query and without any of the declared headers all have their defaults, so
    the function is called with those. FastAPI serves all other requests, and writes the OpenAPI document.

    What `Depends` does beside parameters is left out: of the routers' dependencies, only one that looks at queries
    may be put before such a route.
    """

    def get_route_handler(self) -> Handler:
        """Serve a request at once where it says nothing, else as FastAPI does."""
        in_full: Handler = super().get_route_handler()
        names = frozenset(_headers_of(self.dependant))

        async def handler(request: Request) -> Response:
            scope = request.scope
            if scope["query_string"] or any(name in names for name, _ in scope["headers"]):
                return await in_full(request)
            here, owner = deployment_of(request), await owner_of(request)
            answer: Response = await self.endpoint(request=request, here=here, owner=owner, picture=NO_PICTURE_WISH)
            return answer

        return handler


def _headers_of(dependant: Dependant) -> Iterator[bytes]:
    yield from (field.alias.lower().encode() for field in dependant.header_params)
    for each in dependant.dependencies:
        yield from _headers_of(each)
