"""Runs an app under uvicorn."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from ryla_graphs.problems import InvalidSettings

GRACE_SECONDS = 5
"""How long open connections may go on when the server is told to stop. Their jobs survive."""


def listen(app: FastAPI, host: str, port: int, started: Callable[[str], None]) -> None:
    """Serve until interrupted; calls `started` with the address once it is bound. Raises `InvalidSettings`."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    bound = _bound(host, port)
    name = f"[{host}]" if ":" in host else host
    started(f"http://{name}:{bound.getsockname()[1]}")
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
    )
    uvicorn.Server(config).run(sockets=[bound])


def _bound(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise InvalidSettings(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
