"""Dependencies of routes: the deployment behind the app, and who calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Annotated, Any

from fastapi import Depends
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.requests import HTTPConnection

from ryla_graphs.problems import AtField, InvalidParameters, Problem, did_you_mean
from ryla_graphs.server.deployment import Deployment
from ryla_graphs.server.http.routes.documented import errors
from ryla_graphs.server.safety.gate import unauthorized


def deployment_of(connection: HTTPConnection) -> Deployment:
    """The deployment behind the app."""
    found: Deployment = connection.app.state.deployment
    return found


async def owner_of(connection: HTTPConnection) -> str:
    """The owner whose bearer token the request has; raises `RequestError` (`unauthorized`)."""
    given = connection.headers.get("authorization")
    owner = deployment_of(connection).settings.tokens.owner(given)
    if owner is None:
        raise unauthorized(given)
    return owner


async def _deployment(connection: HTTPConnection) -> Deployment:
    return deployment_of(connection)


async def only_known_queries(connection: HTTPConnection) -> None:
    """Raise `InvalidParameters` if the query has a parameter that the route does not know, such as a misspelt one."""
    route = connection.scope.get("route")
    if not connection.query_params or not isinstance(route, (APIRoute, APIWebSocketRoute)):
        return
    known = tuple(dict.fromkeys(_queries_of(route.dependant)))
    if unknown := [name for name in connection.query_params if name not in known]:
        raise InvalidParameters(_unknown(name[:80], known) for name in unknown[:_MOST_SHOWN])


STRICT: Mapping[str, Any] = {
    "dependencies": [Depends(only_known_queries)],
    "responses": errors("invalid_parameters"),
}
"""The dependencies of a router whose routes refuse unknown query parameters."""


def _unknown(name: str, known: Sequence[str]) -> Problem:
    all_of_them = f"the route knows {', '.join(f'`{each}`' for each in known)}" if known else "the route knows none"
    return Problem(
        code="unknown_parameter",
        message=f"the query has no `{name}`",
        subject=AtField("query", name),
        hint=did_you_mean(name, known) or all_of_them,
    )


def _queries_of(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for each in dependant.dependencies:
        yield from _queries_of(each)


_MOST_SHOWN = 10

Here = Annotated[Deployment, Depends(_deployment)]
Owner = Annotated[str, Depends(owner_of)]


async def _stream(here: Here, owner: Owner) -> AsyncIterator[None]:
    with here.stream_of(owner):
        yield


Stream = Annotated[None, Depends(_stream)]
"""Counts an open event stream of the owner until the answer is sent completely."""
