"""Content-addressed files on a Modal volume: ``ab/abcdef…``, written and read through Modal's API, without a mount.

So nothing has to be committed or reloaded, and each container can read what another one wrote. A volume of version 1
should have fewer than 50,000 files; `Retention` ensures that.
"""

from __future__ import annotations

import io
import tempfile
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

import modal
from blake3 import blake3
from modal.exception import NotFoundError

from ryla_graphs.modal_deploy.store.modal_errors import modal_errors
from ryla_graphs.problems import NotFound
from ryla_graphs.server.storage.base import Blob
from ryla_graphs.server.storage.blobs import CHUNK, GRACE_SECONDS, place_of

_IN_MEMORY = 32 * 2**20
"""Bytes of streamed content that are held in memory before they go to the disk."""


class VolumeBlobs:
    """Files on a volume; see `ryla_graphs.server.storage.base.Blobs`."""

    def __init__(self, volume: modal.Volume) -> None:
        self._volume = volume
        self._sizes: dict[str, int] = {}
        """The sizes of content that is known to exist."""
        self._lock = threading.Lock()
        self._touched: dict[str, float] = {}
        """When this process last put each content."""

    def put(self, content: bytes | Iterable[bytes]) -> Blob:
        """Upload content, unless it exists already."""
        if isinstance(content, bytes):
            return self._uploaded(io.BytesIO(content), blake3(content).hexdigest(), len(content))
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            hasher, size = blake3(), 0
            for chunk in content:
                hasher.update(chunk)
                size += len(chunk)
                file.write(chunk)
            file.seek(0)
            return self._uploaded(cast("BinaryIO", file), hasher.hexdigest(), size)

    def _uploaded(self, file: BinaryIO, digest: str, size: int) -> Blob:
        with self._lock:  # before the check, so that no sweep deletes it afterwards
            self._touched[digest] = time.time()
        if self.size(digest) == size:
            return Blob(digest, size, new=False)
        with _asking(digest), self._volume.batch_upload(force=True) as batch:
            batch.put_file(file, place_of(digest))
        self._sizes[digest] = size
        return Blob(digest, size, new=True)

    def size(self, digest: str) -> int | None:
        """The size in bytes; None if there is no such content."""
        if digest in self._sizes:
            return self._sizes[digest]
        try:
            with _asking(digest):
                entries = self._volume.listdir(place_of(digest))
        except NotFound:
            return None
        if entries:
            self._sizes[digest] = entries[0].size
        return self._sizes.get(digest)

    def read(self, digest: str) -> bytes:
        """The content; raises `NotFound`."""
        return b"".join(self.stream(digest))

    def stream(self, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to before `end`; reads and skips the bytes before `start`."""
        place, at = place_of(digest), 0
        with _asking(digest):
            for piece in self._volume.read_file(place):
                wanted = piece[max(0, start - at) : len(piece) if end is None else max(0, end - at)]
                at += len(piece)
                yield from (wanted[here : here + CHUNK] for here in range(0, len(wanted), CHUNK))
                if end is not None and at >= end:
                    return

    def sweep(self, needed: Collection[str]) -> None:
        """Delete content that nothing needs, unless it is young."""
        youngest = time.time() - GRACE_SECONDS
        with _asking(""):
            entries = self._volume.listdir("/", recursive=True)
        for entry in entries:
            digest = entry.path.rpartition("/")[2]
            if entry.path.strip("/") != _place_or_nothing(digest) or digest in needed or entry.mtime > youngest:
                continue
            with self._lock:  # held during removal, so that no `put` finds content that is about to go
                if self._touched.get(digest, 0.0) > youngest:
                    continue
                self._sizes.pop(digest, None)
                with _asking(digest):
                    self._volume.remove_file(entry.path)


def _place_or_nothing(digest: str) -> str:
    try:
        return place_of(digest)
    except NotFound:
        return ""


@contextmanager
def _asking(digest: str) -> Iterator[None]:
    with modal_errors("files"):
        try:
            yield
        except (NotFoundError, FileNotFoundError):
            raise NotFound(f"there is no content with the hash '{digest[:80]}'") from None
