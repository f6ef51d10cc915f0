"""The short way to the routes that run graphs: most requests to them say nothing but the graph."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any, NamedTuple

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from ryla_graphs.problems import RylaError
from ryla_graphs.server.http.access import deployment_of, owner_of
from ryla_graphs.server.http.failures import answered
from ryla_graphs.server.wishes import NO_PICTURE_WISH


class _Plain(NamedTuple):
    """A route that takes `request`, `here`, `owner` and `picture`, and whatever has a default."""

    endpoint: Callable[..., Coroutine[Any, Any, Response]]
    headers: frozenset[bytes]
    """What it declares beside them."""


class ShortWay:
    """ASGI middleware; innermost, so that all others have let the request through.

    FastAPI looks up the route among all, and validates every parameter that it declares, which costs as much as parsing
    and checking a small graph. In a request without a query and without any of the declared headers all have their
    defaults, so the function is called with those. FastAPI serves all other requests, and writes the OpenAPI document.

    What `Depends` does beside parameters is left out: of the routers' dependencies, only one that looks at queries
    may be put before such a route.
    """

    def __init__(self, app: ASGIApp, *, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        known = (route for route in routes if isinstance(route, APIRoute))
        self._routes = {route.path: _Plain(route.endpoint, frozenset(_headers_of(route.dependant))) for route in known}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request at once where it says nothing, else as FastAPI does."""
        plain = self._plain(scope)
        if plain is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive, send)
        try:
            here, owner = deployment_of(request), await owner_of(request)
            answer = await plain.endpoint(request=request, here=here, owner=owner, picture=NO_PICTURE_WISH)
        except RylaError as error:
            answer = await answered(request, error)
        await answer(scope, receive, send)

    def _plain(self, scope: Scope) -> _Plain | None:
        if scope["type"] != "http" or scope["method"] != "POST" or scope["query_string"]:
            return None
        plain = self._routes.get(scope["path"])
        if plain is None or any(name in plain.headers for name, _ in scope["headers"]):
            return None
        return plain


def _headers_of(dependant: Dependant) -> Iterator[bytes]:
    yield from (field.alias.lower().encode() for field in dependant.header_params)
    for each in dependant.dependencies:
        yield from _headers_of(each)
