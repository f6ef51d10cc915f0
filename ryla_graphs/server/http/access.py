"""Who calls, and which deployment is called: what routes ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from ryla_graphs.server.deployment import Deployment
from ryla_graphs.server.errors import RequestError


def deployment_of(connection: HTTPConnection) -> Deployment:
    """The deployment behind the app."""
    found: Deployment = connection.app.state.deployment
    return found


async def owner_of(connection: HTTPConnection) -> str:
    """Who calls, by the bearer token; raises `RequestError` (`unauthorized`)."""
    owner = deployment_of(connection).settings.tokens.owner(connection.headers.get("authorization"))
    if owner is None:
        raise RequestError("unauthorized", "a token is needed: Authorization: Bearer …")
    return owner


async def _deployment(connection: HTTPConnection) -> Deployment:
    return deployment_of(connection)


Here = Annotated[Deployment, Depends(_deployment)]
Owner = Annotated[str, Depends(owner_of)]


async def _stream(here: Here, owner: Owner) -> AsyncIterator[None]:
    with here.stream_of(owner):
        yield


Stream = Annotated[None, Depends(_stream)]
"""Holds one of the owner's event streams until the answer is sent to its end."""
