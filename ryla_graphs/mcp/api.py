"""The HTTP API of a ryla_graphs server, as the tools use it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self

from ryla_graphs.answers.shapes import ProgressShape
from ryla_graphs.client import flows
from ryla_graphs.client.asynchronous import AsyncJob, AsyncRylaClient
from ryla_graphs.problems.extras import needs_extra

with needs_extra("mcp"):
    import httpx2

HERE = "http://127.0.0.1"
"""The address of an app in this process: a host name that every server accepts."""

_FIRST_LOOK, _LAST_LOOK = 0.1, 2.0
"""Seconds between two polls of a job, at first and after a while."""


class Api:
    """One caller's way to a server, at a URL or in this process."""

    def __init__(self, base_url: str = HERE, token: str | None = None, app: Any = None) -> None:
        self.client = AsyncRylaClient(base_url, token, transport=None if app is None else httpx2.ASGITransport(app))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()

    async def get(self, path: str) -> Any:
        """The JSON of a GET. Raises `RequestFailed` or `ServerUnreachable`."""
        return (await self.client.carry_out(flows.patiently(flows.Ask("GET", path)))).json()

    async def post(self, path: str, body: Any) -> Any:
        """The JSON of a POST that changes nothing. Raises as `get`."""
        headers = {"Content-Type": "application/json"}
        return (await self.client.carry_out(flows.patiently(flows.Ask("POST", path, body, headers)))).json()

    async def submit(self, pipeline: str | None, body: Mapping[str, Any]) -> AsyncJob:
        """Queue a pipeline by its name, or without a name the graph in `body`."""
        if pipeline is not None:
            return await self.client.submit(pipeline, **body)
        return await self.client.submit_workflow(body["workflow"], body.get("inputs"))

    async def wait(
        self, job: AsyncJob, seconds: float, on_progress: Callable[[ProgressShape], Awaitable[None]]
    ) -> AsyncJob:
        """Wait for the end of a job, for at most this many seconds."""
        clock = asyncio.get_running_loop().time
        ending, pause = clock() + seconds, _FIRST_LOOK
        while not (await job.refresh()).view.ended and clock() < ending:
            if job.view.progress is not None:
                await on_progress(job.view.progress)
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _LAST_LOOK)
        return job
