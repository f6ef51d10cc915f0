"""A fast path to the routes that run graphs: most requests carry only a graph, and skip FastAPI's own work."""

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
from ryla_graphs.server.job_options import UNCHANGED_PICTURE


class _Plain(NamedTuple):
    """A route whose function takes `request`, `here`, `owner` and `picture`; all other parameters have defaults."""

    endpoint: Callable[..., Coroutine[Any, Any, Response]]
    headers: frozenset[bytes]
    """The headers that it declares."""


class ShortWay:
    """ASGI middleware that calls the functions of plain routes directly; the innermost, after all checks.

    FastAPI searches the route, and validates every parameter that it declares, which costs as much as parsing and
    checking a small graph. If a request has no query and none of the declared headers, all parameters have their
    defaults, and this calls the function directly. FastAPI serves all other requests, and writes the OpenAPI document.

    The direct call skips `Depends`, so the router of such a route may only have dependencies that check the query.
    """

    def __init__(self, app: ASGIApp, *, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        known = (route for route in routes if isinstance(route, APIRoute))
        self._routes = {route.path: _Plain(route.endpoint, frozenset(_headers_of(route.dependant))) for route in known}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the function directly for a request without parameters; let FastAPI serve any other."""
        plain = self._plain(scope)
        if plain is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive, send)
        try:
            here, owner = deployment_of(request), await owner_of(request)
            answer = await plain.endpoint(request=request, here=here, owner=owner, picture=UNCHANGED_PICTURE)
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
