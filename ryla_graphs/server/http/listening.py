"""Runs an app under uvicorn."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ryla_graphs.claims import bound
from ryla_graphs.server.log_lines import configure
from ryla_graphs.server.sinks.lines import GatheredLines

GRACE_SECONDS = 5
"""Seconds that open connections may continue when the server stops. Their jobs survive."""
CONNECTIONS = 4096
"""How many connections may be open at once; a further one gets 503."""
HEAD_SECONDS = 20.0
"""Seconds within which the request line and headers must arrive."""
HEAD_BYTES = 64 * 1024
"""The most bytes that the request line and headers may have."""
STALL_SECONDS = 60.0
"""Seconds within which a caller must take `STALL_BYTES` of an answer that waits, or the rest of it."""
STALL_BYTES = 64 * 1024


class Patient(HttpToolsProtocol):
    """uvicorn's HTTP protocol with limits: by itself it waits forever for headers, and accepts any number."""

    head_seconds = HEAD_SECONDS
    stall_seconds = STALL_SECONDS

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._stall: asyncio.TimerHandle | None = None
        self._head = 0
        self._due: asyncio.TimerHandle | None = None
        self._expect()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._expect_nothing()  # a request is here; its body is watched by `BodyLimit`
            return
        self._head += len(data)
        if self._head > HEAD_BYTES:
            self._refuse(b"431 Request Header Fields Too Large")
        elif self._due is None:
            self._expect()

    def handle_websocket_upgrade(self) -> None:
        self._expect_nothing()
        self._expect_no_reading()
        super().handle_websocket_upgrade()
        self._due = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        self._expect_no_reading()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_reading()

    def resume_writing(self) -> None:
        self._expect_no_reading()
        super().resume_writing()

    def _expect_reading(self) -> None:
        waits = self.transport.get_write_buffer_size()
        self._stall = self.loop.call_later(self.stall_seconds, self._check_reading, waits)

    def _expect_no_reading(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def _check_reading(self, before: int) -> None:
        if before - self.transport.get_write_buffer_size() < STALL_BYTES:
            self.transport.abort()  # what waits for this caller takes memory
        else:
            self._expect_reading()

    def _expect(self) -> None:
        self._due = self.loop.call_later(self.head_seconds, self._refuse, b"408 Request Timeout")

    def _expect_nothing(self) -> None:
        self._head = 0
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _refuse(self, status: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 " + status + b"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            self.transport.close()


def config_of(app: FastAPI, **more: Any) -> uvicorn.Config:
    """The uvicorn configuration for the app; `more` are further arguments of `uvicorn.Config`."""
    return uvicorn.Config(
        app,
        http=Patient,
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        limit_concurrency=CONNECTIONS,
        server_header=False,
        **more,
    )


def listen(app: FastAPI, host: str, port: int, started: Callable[[str], None]) -> None:
    """Serve until interrupted; calls `started` with the address once it is bound. Raises `InvalidSettings`."""
    configure(GatheredLines())
    taken = bound(host, port)
    name = f"[{host}]" if ":" in host else host
    started(f"http://{name}:{taken.getsockname()[1]}")
    _collect_less_often()
    uvicorn.Server(config_of(app)).run(sockets=[taken])


def _collect_less_often() -> None:
    """Keep Python's cycle collector away from what was made at start, and run it less often: jobs leave few cycles.

    Saves 3 % of the CPU time of a small job.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
