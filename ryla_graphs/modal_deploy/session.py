"""An editing session: ComfyUI's editor at a URL that requires a token and expires.

The tunnel reaches only the proxy. ComfyUI itself listens on loopback: it has no tokens, and does whatever any caller
wants.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientTimeout, WSMsgType, web

from ryla_graphs.engines.comfyui.process import ComfyUIProcess
from ryla_graphs.modal_deploy.money import Pricing
from ryla_graphs.modal_deploy.settings import LONGEST_SESSION_SECONDS, ModalSettings, chosen_options

COOKIE, PARAMETER = "ryla_session", "token"
MESSAGE_BYTES = 64 * 2**20
_HOP_BY_HOP = frozenset(
    (
        *("connection", "content-encoding", "content-length", "cookie", "host", "keep-alive", "origin", "upgrade"),
        *("proxy-authenticate", "te", "trailer", "transfer-encoding", "authorization", "referer"),
        "sec-fetch-site",
    )
)
EVERY_SECONDS = 60.0
"""Seconds between two messages about the remaining time."""


def new_token() -> str:
    """A token that cannot be guessed."""
    return secrets.token_urlsafe(24)


class Door:
    """A reverse proxy that admits callers who know the token."""

    def __init__(self, target: str, token: str) -> None:
        self._target = target.rstrip("/")
        self._token = token
        self._client: ClientSession | None = None

    def app(self) -> web.Application:
        """The proxy as an application of aiohttp."""
        app = web.Application(client_max_size=4 * 2**30)
        app.router.add_route("*", "/{path:.*}", self._answer)
        app.cleanup_ctx.append(self._connected)
        return app

    async def _connected(self, _: web.Application) -> AsyncIterator[None]:
        async with ClientSession(timeout=ClientTimeout(total=None), auto_decompress=False) as client:
            self._client = client
            yield

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        given = request.query.get(PARAMETER)
        if given is not None and self._knows(given):
            # The token moves from the URL, where others could see it, into a cookie.
            away = web.Response(status=303, headers={"Location": request.path, "Referrer-Policy": "no-referrer"})
            away.set_cookie(COOKIE, self._token, httponly=True, secure=True, samesite="Strict")
            return away
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not (self._knows(request.cookies.get(COOKIE, "")) or self._knows(bearer)):
            return web.Response(status=401, text="open the URL that `modal run … ::session` printed\n")
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request)
        return await self._passed_on(request)

    def _knows(self, text: str) -> bool:
        return hmac.compare_digest(text.encode("utf-8", "surrogatepass"), self._token.encode())

    async def _passed_on(self, request: web.Request) -> web.StreamResponse:
        assert self._client is not None
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        async with self._client.request(
            request.method,
            f"{self._target}{request.path_qs}",
            headers=headers,
            data=request.content if request.can_read_body else None,
            allow_redirects=False,
        ) as answer:
            kept = {
                name: value
                for name, value in answer.headers.items()
                if name.lower() not in _HOP_BY_HOP - {"content-encoding"}
            }
            response = web.StreamResponse(status=answer.status, headers=kept)
            await response.prepare(request)
            async for piece in answer.content.iter_any():
                await response.write(piece)
            await response.write_eof()
            return response

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        assert self._client is not None
        outer = web.WebSocketResponse(max_msg_size=MESSAGE_BYTES)
        await outer.prepare(request)
        async with self._client.ws_connect(f"{self._target}{request.path_qs}", max_msg_size=MESSAGE_BYTES) as inner:

            async def pump(source: object, sink: object) -> None:
                async for message in source:  # type: ignore[attr-defined]
                    if message.type == WSMsgType.TEXT:
                        await sink.send_str(message.data)  # type: ignore[attr-defined]
                    elif message.type == WSMsgType.BINARY:
                        await sink.send_bytes(message.data)  # type: ignore[attr-defined]

            ways = [asyncio.create_task(pump(outer, inner)), asyncio.create_task(pump(inner, outer))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
        with suppress(ConnectionError):
            await outer.close()
        return outer


Forward = Callable[[int], AbstractContextManager[Any]]
"""Makes a port of this container reachable, as `modal.forward` does; gives something with a `url`."""


DATA = Path("/tmp/ryla-session")


def editor(
    comfyui: Path, arguments: Sequence[str], token: str, minutes: float, forward: Forward, start_seconds: float
) -> Iterator[str]:
    """An editor in this container; see `opened`."""
    process = ComfyUIProcess(comfyui, DATA, arguments=arguments, metadata=True)
    yield from opened(process, token, minutes, forward, start_seconds)


def editing(function: Any, settings: ModalSettings, minutes: float, gpu: str) -> Iterator[str]:
    """Run an editor on Modal from a terminal; says first what it may cost. Raises `SystemExit` for invalid options."""
    name = gpu or settings.fallback[0]
    longest = LONGEST_SESSION_SECONDS / 60 - 30
    if name not in settings.gpus:
        raise SystemExit(f"--gpu: this deployment has no GPU '{gpu}', only {', '.join(settings.gpus)}")
    if not 1 <= minutes <= longest:
        raise SystemExit(f"--minutes: {minutes:g} is not between 1 and {longest:g}")
    rate = Pricing.of(settings).rate(name) or 0.0
    yield f"an editor on {name} for {minutes:g} minutes costs ${rate * 60 * minutes:.2f}, plus its start"
    chosen = function.with_options(**chosen_options(name)) if gpu else function
    yield from chosen.remote_gen(minutes, new_token())


def opened(
    process: ComfyUIProcess, token: str, minutes: float, forward: Forward, start_seconds: float
) -> Iterator[str]:
    """Start ComfyUI, open it to holders of the token, and end both after `minutes`; yields messages.

    Raises `EngineUnreachable` if ComfyUI does not start.
    """
    yield "ComfyUI starts"
    process.start(start_seconds)
    try:
        with listening(Door(process.engine.client.address, token)) as port, forward(port) as tunnel:
            ends = time.monotonic() + minutes * 60
            yield f"open {tunnel.url}/?{PARAMETER}={token} within {minutes:g} minutes; Ctrl-C ends it earlier"
            while (left := ends - time.monotonic()) > 0:
                time.sleep(min(left, EVERY_SECONDS))
                yield f"{max(0.0, ends - time.monotonic()) / 60:.0f} minutes are left"
    finally:
        process.stop()
    yield "the time is over; files that you did not download are gone"


@contextmanager
def listening(door: Door) -> Iterator[int]:
    """Serve the proxy from a thread; yields its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="session-door", daemon=True)
    thread.start()

    async def begin() -> tuple[web.AppRunner, int]:
        runner = web.AppRunner(door.app())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner, int(runner.addresses[0][1])

    runner, port = asyncio.run_coroutine_threadsafe(begin(), loop).result()
    try:
        yield port
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
