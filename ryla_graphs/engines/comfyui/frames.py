"""The frames of a ComfyUI server's WebSocket: JSON messages and preview pictures."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

_PREVIEW, _PREVIEW_WITH_METADATA = 1, 4
_FORMATS = {1: "image/jpeg", 2: "image/png"}
_STATES, _RUNNING = '{"type": "progress_state"', '"running"'
"""The server sends the state of all nodes at every step, and when a node starts or ends. Two of three such messages
name no running node, so they need no parsing."""


class Message(NamedTuple):
    """A JSON message of the server."""

    type: str
    data: Mapping[str, Any]

    @property
    def prompt_id(self) -> str | None:
        """The prompt that the message is about; None if it is about the server."""
        found = self.data.get("prompt_id")
        return found if isinstance(found, str) else None


class Picture(NamedTuple):
    """A preview picture."""

    node: str | None
    media_type: str
    data: bytes
    prompt_id: str | None = None


def read(frame: bytes, *, text: bool) -> Message | Picture | None:
    """Parse a frame; None if it cannot be parsed, or need not be."""
    return _message(frame) if text else _picture(frame)


def _message(frame: bytes) -> Message | None:
    try:
        text = frame.decode()
        if text.startswith(_STATES) and _RUNNING not in text:
            return None
        content = json.loads(text)
        data = content.get("data") or {}
        return Message(content["type"], data) if isinstance(data, Mapping) else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _picture(frame: bytes) -> Picture | None:
    """Layout: the type, then format and picture for plain previews, else metadata and picture."""
    if len(frame) < 8:
        return None
    kind, second = struct.unpack(">II", frame[:8])
    if kind == _PREVIEW:
        return Picture(None, _FORMATS.get(second, "image/jpeg"), frame[8:])
    if kind == _PREVIEW_WITH_METADATA and len(frame) >= 8 + second:
        try:
            facts = json.loads(frame[8 : 8 + second])
            node = facts.get("display_node_id") or facts.get("node_id")
            return Picture(node, facts.get("image_type", "image/jpeg"), frame[8 + second :], facts.get("prompt_id"))
        except (ValueError, AttributeError):
            return None
    return None
