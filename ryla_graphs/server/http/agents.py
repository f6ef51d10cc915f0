"""``/mcp``: the tools of `ryla_graphs.mcp` over streamable HTTP, each request with its caller's own token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ryla_graphs.server.safety.room import free_body
from ryla_graphs.server.settings import Settings
from ryla_graphs.server.threads import in_thread

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

PATH = "/mcp"


def mount(app: FastAPI, settings: Settings) -> Callable[[], AbstractAsyncContextManager[None]]:
    """Add `/mcp` to an app if the package `mcp` is installed. Returns a context to hold open while the app runs."""
    if find_spec("mcp") is None or find_spec("httpx2") is None:
        return nullcontext
    agents = _Agents(app, settings)
    app.router.routes.append(Route(PATH, endpoint=agents))
    return agents.running


class _Agents:
    """The ASGI app at `/mcp`. It makes the MCP server at the first request: most starts never need it."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._wanted: asyncio.Event | None = None
        self._ready: asyncio.Future[ASGIApp] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._ready is not None, "the app is not running"
        assert self._wanted is not None
        self._wanted.set()
        answer = await asyncio.shield(self._ready)  # shielded: if this caller hangs up, others still wait for it

        async def counted_once() -> Message:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):
                free_body(scope)  # a tool that sends a file on makes a request of its own, which counts it again
            return message

        await answer(scope, counted_once, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer requests while the app runs."""
        self._wanted, self._ready = asyncio.Event(), asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(self._serve(self._wanted, self._ready))
        try:
            yield
        finally:
            self._ready.cancel()
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving

    async def _serve(self, wanted: asyncio.Event, ready: asyncio.Future[ASGIApp]) -> None:
        """Hold the sessions of agents open, in a task of its own: the task that opens them must close them."""
        await wanted.wait()
        try:
            server, route = await in_thread(self._made)
            async with server.session_manager.run():
                ready.set_result(route.app)
                await asyncio.Event().wait()
        except Exception as error:
            if ready.done():
                raise
            ready.set_exception(error)

    def _made(self) -> tuple[MCPServer, Route]:
        from mcp.server.transport_security import TransportSecuritySettings  # noqa: PLC0415 - an extra

        from ryla_graphs.mcp import Api, Limits, mcp_server  # noqa: PLC0415

        def api_of(context: Any) -> Api:
            scheme, _, token = ((context.headers or {}).get("authorization") or "").partition(" ")
            return Api(token=token.strip() if scheme.lower() == "bearer" else None, app=self._app)

        server = mcp_server(api_of, Limits(max_usd=self._settings.mcp_max_usd))
        # The gate in front of all routes has checked host and origin already.
        security = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        (route,) = server.streamable_http_app(streamable_http_path=PATH, transport_security=security).routes
        return server, cast("Route", route)
