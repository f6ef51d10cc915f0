"""Everything that a service can do instead of answering."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from aiohttp import web

Kind = Literal[
    "500", "502 page", "page", "redirect", "401", "402", "403", "404", "429", "503",
    "reset", "lost", "cut", "garbage", "hang",
]  # fmt: skip
"""An error status; a proxy's page; a page with status 200; another address; denied; no money; not there; too much; away
for a while; hang up before it is heard; do it and hang up; do it and send half the answer; do it and send nonsense; do
it and say nothing."""
KINDS: tuple[Kind, ...] = (
    "500", "502 page", "page", "redirect", "429", "503", "reset", "lost", "cut", "garbage"
)  # fmt: skip
"""Those that pass, and take no time."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_PAGE = "<!doctype html><title>Hold on</title>"
_INSTEAD: dict[str, Callable[[], web.Response]] = {
    "500": lambda: web.json_response({"error": "internal"}, status=500),
    "502 page": lambda: web.Response(text=_PAGE, status=502, content_type="text/html"),
    "page": lambda: web.Response(text=_PAGE, content_type="text/html"),
    "redirect": lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:9/elsewhere"}),
    "401": lambda: web.json_response({"error": "unauthorized"}, status=401),
    "402": lambda: web.json_response({"error": {"code": "insufficient_credits", "message": "no money"}}, status=402),
    "403": lambda: web.json_response({"error": "forbidden"}, status=403),
    "404": lambda: web.json_response({"error": "not found"}, status=404),
    "429": lambda: web.json_response({"error": {"code": "queue_full"}}, status=429, headers={"Retry-After": "0.05"}),
    "503": lambda: web.json_response({"error": "away"}, status=503, headers={"Retry-After": "0.05"}),
}


@dataclass
class Faults:
    """What goes wrong at which step; a step is a method and the first words of its path."""

    planned: dict[str, list[Kind | None]] = field(default_factory=dict)
    """For the first, second, … request of a step."""
    always: dict[str, Kind] = field(default_factory=dict)
    chaos: float = 0.0
    """The share of all other requests that go wrong somehow."""
    seed: int = 0
    seen: list[str] = field(default_factory=list)
    """Every request, by its step."""

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def of(self, step: str) -> Kind | None:
        """What happens to the next request of a step."""
        self.seen.append(step)
        if step in self.always:
            return self.always[step]
        if plan := self.planned.get(step):
            return plan.pop(0)
        return self._random.choice(KINDS) if self.chaos and self._random.random() < self.chaos else None

    async def answer(self, step: str, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The answer to a request, or what comes instead."""
        kind = self.of(step)
        if kind in _INSTEAD:
            return _INSTEAD[kind]()
        if kind == "reset":
            return hang_up(request)
        answer = await handler(request)
        if kind == "lost":
            return hang_up(request)
        if kind == "hang":
            await asyncio.sleep(3600)
        if kind == "garbage":
            return web.Response(text='{"id": 7, "status": ["?"]}', content_type="application/json")
        if kind == "cut" and isinstance(answer, web.Response) and isinstance(answer.body, bytes):
            return await _cut(request, answer, answer.body)
        return answer


async def _cut(request: web.Request, answer: web.Response, body: bytes) -> web.StreamResponse:
    cut = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
    cut.content_length = len(body)
    await cut.prepare(request)
    await cut.write(body[: len(body) // 2])
    return hang_up(request)


def hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


class Hosted(Protocol):
    """A stand-in."""

    def app(self) -> web.Application: ...


@contextmanager
def hosted(stand_in: Hosted) -> Iterator[str]:
    """The address of a stand-in that runs in a thread."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    place: dict[str, Any] = {}

    async def start() -> None:
        runner = web.AppRunner(stand_in.app(), shutdown_timeout=0.2, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        place["runner"], place["port"] = runner, runner.addresses[0][1]

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        ready.set()
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield f"http://127.0.0.1:{place['port']}"
    finally:
        asyncio.run_coroutine_threadsafe(_ended(place["runner"]), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()


async def _ended(runner: web.AppRunner) -> None:
    """End the server, and what it still works on."""
    await runner.cleanup()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
