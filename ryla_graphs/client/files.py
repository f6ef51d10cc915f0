"""Files in requests: bytes and paths become data URLs."""

from __future__ import annotations

import base64
import io
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

File = bytes | Path | str
"""Content, a local path, or a text that the server understands: data URL, https URL, asset id."""
Content = bytes | Path | BinaryIO
"""Something to upload."""

_PIECE = 2**20
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
    """Parameters with every file in them as a data URL; raises `OSError` if a path cannot be read."""
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


@contextmanager
def opened(file: Content, name: str | None) -> Iterator[tuple[str, BinaryIO]]:
    """A name and a stream of something to upload; raises `OSError` if a path cannot be read."""
    if isinstance(file, Path):
        with file.open("rb") as content:
            yield name or file.name, content
    elif isinstance(file, bytes):
        yield name or "file", io.BytesIO(file)
    else:
        yield name or "file", file


class FormFile:
    """A form with a field ``file``, read while it is sent: LoRAs are hundreds of megabytes."""

    def __init__(self, name: str, content: BinaryIO, fields: Mapping[str, str] | None = None) -> None:
        boundary = secrets.token_hex(16)
        plain = "".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in (fields or {}).items()
        )
        quoted = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        self._head = (
            f'{plain}--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        self._content = content
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self.content_type = f"multipart/form-data; boundary={boundary}"

    def __len__(self) -> int:
        """The total bytes; 0 if the file's size is unknown, so that `requests` sends it in chunks."""
        if not self._content.seekable():
            return 0
        here = self._content.tell()
        end = self._content.seek(0, os.SEEK_END)
        self._content.seek(here)
        return len(self._head) + end - here + len(self._tail)

    def __bool__(self) -> bool:
        return True  # also true if the length is unknown

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        while piece := self._content.read(_PIECE):
            yield piece
        yield self._tail


def free_path(directory: Path | str, name: str) -> Path:
    """A free path for a file of this name in a directory, which is created; never the path of an existing file."""
    directory, plain = Path(directory), PurePosixPath(name.replace("\\", "/"))
    directory.mkdir(parents=True, exist_ok=True)
    path, number = directory / plain.name, 2
    while path.exists():
        path = directory / f"{plain.stem}-{number}{plain.suffix}"
        number += 1
    return path
