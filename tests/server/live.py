"""A real server on a real port, for clients that are not ours."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from ryla_graphs.server.http.listening import config_of


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """The address of the app, while the `with` lasts."""
    server = uvicorn.Server(config_of(app, host="127.0.0.1", port=0, ws="websockets-sansio"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(60)


def until(done: Callable[[], bool]) -> None:
    """Wait for what must come, however slow the machine is."""
    deadline = time.monotonic() + 120
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)
