"""Running a stub: in a thread of a test, or as the whole process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from aiohttp import web

from ryla_graphs.engines.comfyui import ComfyUI, Patience
from tests.engines.stub.script import Script
from tests.engines.stub.server import StubComfy


@contextmanager
def serve(script: Script | None = None) -> Iterator[tuple[str, StubComfy]]:
    """Run a stub server in a thread; gives its address and itself."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    place: dict[str, Any] = {}

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        ready.set()
        loop.run_forever()

    async def start() -> None:
        stub = StubComfy(script or Script())
        runner = web.AppRunner(stub.app(), shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        place["stub"], place["runner"], place["port"] = stub, runner, runner.addresses[0][1]

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield f"http://127.0.0.1:{place['port']}", place["stub"]
    finally:
        asyncio.run_coroutine_threadsafe(place["runner"].cleanup(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()


HASTY = Patience(silence=0.2, unsure=0.02, unreachable=60, ping=60, rest=0.02)
"""Times that a test can wait for. A slow machine is neither given up nor taken for a dead socket."""
TRUSTING = replace(HASTY, silence=60)
"""The same, but nothing is asked only because nothing is heard."""


@contextmanager
def serving(script: Script | None = None, patience: Patience = HASTY) -> Iterator[tuple[ComfyUI, StubComfy]]:
    """A stub server and an engine on it."""
    with serve(script) as (address, stub), ComfyUI(address, patience=patience) as engine:
        yield engine, stub
