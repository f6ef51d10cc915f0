"""Files in requests: bytes and paths become data URLs."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

File = bytes | Path | str
"""The content, a path on this machine, or a text that the server understands: data URL, https URL, asset id."""

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)


def encoded(value: Any) -> Any:
    """Parameters with every file in them as a data URL; raises `OSError` where a path cannot be read."""
    if isinstance(value, Path):
        return data_url(value.read_bytes())
    if isinstance(value, (bytes, bytearray)):
        return data_url(bytes(value))
    if isinstance(value, Mapping):
        return {key: encoded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encoded(item) for item in value]
    return value


def data_url(content: bytes) -> str:
    """Content as a data URL."""
    return f"data:{_media_type(content)};base64,{base64.b64encode(content).decode()}"


def _media_type(content: bytes) -> str:
    if content[:4] == b"RIFF":
        return "image/webp" if content[8:12] == b"WEBP" else "audio/wav"
    if content[4:8] == b"ftyp":
        return "video/mp4"
    return next((media for start, media in _MAGIC if content.startswith(start)), "application/octet-stream")
