"""Limits the size, duration and memory of request bodies by what arrives, whatever ``Content-Length`` says."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.safety.gate import Refuse
from ryla_graphs.server.safety.room import BodyMemory, Held
from ryla_graphs.server.safety.tokens import Tokens

SMALL = 64 * 1024
"""The most bytes of a body on routes that take neither graphs nor files."""


class _Refused(Exception):
    """The body was refused; `error` says why."""

    def __init__(self, error: RequestError) -> None:
        super().__init__(str(error))
        self.error = error


class BodyLimit:
    """ASGI middleware: answers 413 as soon as a body exceeds its limit, 408 if it stalls, and stops reading.

    `limits` has the most bytes by path; other paths accept `SMALL` bytes. A body stalls if nothing of it arrives for
    `idle_seconds`. Bodies of the paths in `held` are in memory as a whole, so they need room in `memory`: one that
    declares its size waits for it, `idle_seconds` at most, before anything of it is read.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limits: Mapping[str, int],
        refuse: Refuse,
        idle_seconds: float,
        memory: BodyMemory,
        held: Collection[str],
        tokens: Tokens,
    ) -> None:
        self._app = app
        self._memory = memory
        self._held = frozenset(held)
        self._tokens = tokens
        self._limits = limits
        self._refuse = refuse
        self._idle_seconds = idle_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limits.get(scope["path"], SMALL)
        text = dict(scope["headers"]).get(b"content-length", b"")
        declared = int(text[:19]) if text.isdigit() else 0  # 19 digits are beyond every limit
        if declared > limit:
            await self._refuse(scope["path"], _too_large(limit))(scope, receive, send)
            return
        held = self._held_by(scope)
        try:
            if declared and held is not None:
                await held.reserve(declared, self._idle_seconds)
        except RequestError as error:
            await self._refuse(scope["path"], error)(scope, receive, send)
            return
        try:
            await self._watched(scope, receive, send, limit, held)
        finally:
            if held is not None:
                held.free()

    def _held_by(self, scope: Scope) -> Held | None:
        """What the body of a request takes of the memory; None if it is stored on disk as it arrives, or small."""
        if scope["path"] not in self._held:
            return None
        held = Held(self._memory, self._tokens.owner(Headers(scope=scope).get("authorization")) or "")
        held.put_in(scope)
        return held

    async def _watched(self, scope: Scope, receive: Receive, send: Send, limit: int, held: Held | None) -> None:
        arrived, complete, answered = 0, False, False
        refused: _Refused | None = None

        async def counting() -> Message:
            nonlocal arrived, complete, refused
            if complete:  # only the end of the connection can follow, and a job may wait long for it
                return await receive()
            try:
                async with asyncio.timeout(self._idle_seconds):
                    message = await receive()
            except TimeoutError:
                refused = _Refused(_too_slow(self._idle_seconds))
                raise refused from None
            if message["type"] == "http.request":
                arrived += len(message.get("body", b""))
                complete = not message.get("more_body", False)
                try:
                    _check(arrived, limit, held)
                except RequestError as error:
                    refused = _Refused(error)
                    raise refused from None
            return message

        async def watching(message: Message) -> None:
            nonlocal answered
            if refused is not None and not answered:
                raise refused  # replaces whatever the app answers to the truncated body
            answered = True
            if held is not None:
                held.free()
            await send(message)

        try:
            await self._app(scope, counting, watching)
        except _Refused as refusal:
            if not answered:
                await self._refuse(scope["path"], refusal.error)(scope, receive, send)


def _check(arrived: int, limit: int, held: Held | None) -> None:
    """Raise `RequestError` if a body is too large, or if there is no room for it."""
    if arrived > limit:
        raise _too_large(limit)
    if held is not None:
        held.grow(arrived)


def _too_large(limit: int) -> RequestError:
    return RequestError(
        "request_too_large", f"the body is larger than {limit:,} bytes, the most that this server accepts here"
    )


def _too_slow(seconds: float) -> RequestError:
    return RequestError("request_timeout", f"no more of the body arrived for {seconds:g} seconds")
