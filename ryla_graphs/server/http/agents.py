"""``/mcp``: the tools of `ryla_graphs.mcp` over streamable HTTP, each request with its caller's own token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from importlib.util import find_spec
from typing import Any

from fastapi import FastAPI

from ryla_graphs.server.settings import Settings

PATH = "/mcp"


def mount(app: FastAPI, settings: Settings) -> AbstractAsyncContextManager[None]:
    """Put `/mcp` on an app, where the package `mcp` is installed; gives what has to be open while the app runs."""
    if find_spec("mcp") is None or find_spec("httpx2") is None:
        return nullcontext()
    from mcp.server.transport_security import TransportSecuritySettings  # noqa: PLC0415 - an extra

    from ryla_graphs.mcp import Api, Limits, mcp_server  # noqa: PLC0415

    def api_of(context: Any) -> Api:
        scheme, _, token = ((context.headers or {}).get("authorization") or "").partition(" ")
        return Api(token=token.strip() if scheme.lower() == "bearer" else None, app=app)

    server = mcp_server(api_of, Limits(max_usd=settings.mcp_max_usd))
    # The gate in front of all routes has looked at host and origin already.
    security = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    app.router.routes.extend(server.streamable_http_app(streamable_http_path=PATH, transport_security=security).routes)

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        async with server.session_manager.run():
            yield

    return running()
