"""One WebSocket to a ComfyUI server, kept alive with pings."""

from __future__ import annotations

import json
import socket as sockets
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import websocket

from ryla_graphs.engines.comfyui.client import CONNECT_SECONDS, ComfyClient
from ryla_graphs.engines.comfyui.frames import Message, Picture, read
from ryla_graphs.problems import EngineUnreachable
from ryla_graphs.sessions import is_loopback

_AT_ONCE = 16384
_ERRORS = (websocket.WebSocketException, OSError)
_NO_PROXY: Mapping[str, Any] = {"http_proxy_host": "unused", "http_no_proxy": ["*"]}
"""websocket-client uses the second only together with the first; otherwise it reads the environment."""


class _Buffered(websocket.WebSocket):
    """Reads all available bytes, up to `_AT_ONCE`: the base class makes a system call for each field of a frame.

    The base class's frame buffer keeps the bytes beyond the field.
    """

    def _recv(self, bufsize: int) -> bytes:
        content: bytes = websocket.WebSocket._recv(self, max(bufsize, _AT_ONCE))
        return content


class ComfySocket:
    """An open socket. One thread receives; any thread may close it."""

    def __init__(self, client: ComfyClient, client_id: str, *, ping: float) -> None:
        """Connect; raises `EngineUnreachable`. After `ping` seconds without a frame, it pings the server."""
        headers = [f"{name}: {value}" for name, value in client.headers.items()]
        address = client.socket_address(client_id)
        try:
            self._socket = websocket.create_connection(
                address,
                timeout=CONNECT_SECONDS,
                header=headers,
                skip_utf8_validation=True,
                class_=_Buffered,
                **_NO_PROXY if is_loopback(client.address) else {},
            )
            self._socket.send(json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}}))
            self._socket.settimeout(ping)
        except _ERRORS as error:
            raise EngineUnreachable(f"no ComfyUI answers at {client.address}: {error}") from error

    def receive(self) -> Message | Picture | None:
        """The next valid message, however long it takes; None when the socket is closed."""
        asked = False
        while True:
            try:
                code, frame = self._socket.recv_data_frame(control_frame=True)
            except websocket.WebSocketTimeoutException:
                if asked or not self._ping():
                    return None
                asked = True
                continue
            except _ERRORS:
                return None
            asked = False
            if code == websocket.ABNF.OPCODE_CLOSE:
                return None
            if code in (websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY):
                message_read = read(frame.data, text=code == websocket.ABNF.OPCODE_TEXT)
                if message_read is not None:
                    return message_read

    def _ping(self) -> bool:
        try:
            self._socket.ping()
        except _ERRORS:
            return False
        return True

    def say_goodbye(self) -> None:
        """Ask the server to close the socket; when it does, `receive` returns None."""
        with suppress(*_ERRORS):
            self._socket.send_close()

    def hang_up(self) -> None:
        """Close the socket without a handshake; `receive` returns None at once."""
        under = self._socket.sock
        if under is not None:
            with suppress(OSError):
                under.shutdown(sockets.SHUT_RDWR)

    def release(self) -> None:
        """Free the socket's resources, once nothing receives any more."""
        self._socket.shutdown()
