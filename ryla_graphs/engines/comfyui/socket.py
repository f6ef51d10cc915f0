"""The WebSocket of one run: JSON messages and preview pictures."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import websocket

from ryla_graphs.engines.comfyui.client import CONNECT_SECONDS, ComfyClient
from ryla_graphs.errors import EngineUnreachable

_PREVIEW, _PREVIEW_WITH_METADATA = 1, 4
_FORMATS = {1: "image/jpeg", 2: "image/png"}


class Message(NamedTuple):
    """A JSON message of the server."""

    type: str
    data: Mapping[str, Any]


class Picture(NamedTuple):
    """A preview picture."""

    node: str | None
    media_type: str
    data: bytes


class Silence(NamedTuple):
    """Nothing came within the time given."""


class Broken(Exception):
    """The socket is gone."""


class ComfySocket:
    """A socket that can be opened again."""

    def __init__(self, client: ComfyClient, client_id: str) -> None:
        self._client = client
        self._address = client.socket_address(client_id)
        self._socket: websocket.WebSocket | None = None

    def connect(self) -> None:
        """Open it; raises `EngineUnreachable`."""
        self.close()
        headers = [f"{name}: {value}" for name, value in self._client.headers.items()]
        try:
            opened = websocket.create_connection(self._address, timeout=CONNECT_SECONDS, header=headers)
            self._socket = opened
            opened.send(json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}}))
        except (websocket.WebSocketException, OSError) as error:
            raise EngineUnreachable(f"no ComfyUI answers at {self._client.address}: {error}") from error

    def receive(self, seconds: float) -> Message | Picture | Silence:
        """The next message that can be read; raises `Broken`."""
        if self._socket is None:
            raise Broken
        try:
            self._socket.settimeout(seconds)
            while True:
                frame = self._socket.recv()
                if frame == "":
                    raise Broken
                message = _text(frame) if isinstance(frame, str) else _binary(frame)
                if message is not None:
                    return message
        except websocket.WebSocketTimeoutException:
            return Silence()
        except (websocket.WebSocketException, OSError) as error:
            raise Broken from error

    def close(self) -> None:
        """Close it, if it is open."""
        if self._socket is not None:
            with suppress(websocket.WebSocketException, OSError):
                self._socket.close(timeout=1)
            # `close` leaves a socket open that the server closed first.
            self._socket.shutdown()
            self._socket = None


def _text(frame: str) -> Message | None:
    try:
        content = json.loads(frame)
        return Message(content["type"], content.get("data") or {})
    except (ValueError, KeyError, TypeError):
        return None


def _binary(frame: bytes) -> Picture | None:
    """Type, then for plain previews the format and the picture, else metadata and the picture."""
    if len(frame) < 8:
        return None
    kind, second = struct.unpack(">II", frame[:8])
    if kind == _PREVIEW:
        return Picture(None, _FORMATS.get(second, "image/jpeg"), frame[8:])
    if kind == _PREVIEW_WITH_METADATA and len(frame) >= 8 + second:
        try:
            facts = json.loads(frame[8 : 8 + second])
        except ValueError:
            return None
        node = facts.get("display_node_id") or facts.get("node_id")
        return Picture(node, facts.get("image_type", "image/jpeg"), frame[8 + second :])
    return None
