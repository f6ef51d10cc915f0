"""Content-addressed files in a folder: ``ab/abcdef…``, each complete or not there at all."""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from blake3 import blake3

from ryla_graphs.errors import NotFound
from ryla_graphs.server.store.base import Blob

CHUNK = 256 * 1024
GRACE_SECONDS = 3600.0
"""Content this young is never swept: the row that needs it may be on its way."""

_HASH = re.compile(r"[0-9a-f]{64}")


class FileBlobs:
    """Files under a folder; see `ryla_graphs.server.store.base.Blobs`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._begun = folder / "begun"
        self._begun.mkdir(parents=True, exist_ok=True)
        for first in range(256):
            (folder / f"{first:02x}").mkdir(exist_ok=True)
        for leftover in self._begun.iterdir():
            leftover.unlink()

    def path(self, digest: str) -> Path:
        """Where the content is; raises `NotFound` where that is nowhere."""
        path = self._place(digest)
        if path is None or not path.exists():
            raise NotFound(f"there is no content with the hash '{digest[:80]}'")
        return path

    def put(self, content: bytes | Iterable[bytes]) -> Blob:
        """Write beside, then move into place; content that is there already is not written again."""
        if isinstance(content, bytes):
            digest = blake3(content).hexdigest()
            if self._touched(digest):
                return Blob(digest, len(content), new=False)
            content = (content,)
        temporary = self._begun / uuid.uuid4().hex
        hasher, size = blake3(), 0
        try:
            with temporary.open("xb") as file:
                for chunk in content:
                    hasher.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
            digest = hasher.hexdigest()
            if self._touched(digest):
                return Blob(digest, size, new=False)
            temporary.replace(self._folder / digest[:2] / digest)
        finally:
            temporary.unlink(missing_ok=True)
        return Blob(digest, size, new=True)

    def size(self, digest: str) -> int | None:
        path = self._place(digest)
        try:
            return path.stat().st_size if path is not None else None
        except FileNotFoundError:
            return None

    def read(self, digest: str) -> bytes:
        return self.path(digest).read_bytes()

    def stream(self, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        with self.path(digest).open("rb") as file:
            file.seek(start)
            left = None if end is None else end - start
            while left is None or left > 0:
                chunk = file.read(CHUNK if left is None else min(CHUNK, left))
                if not chunk:
                    return
                left = None if left is None else left - len(chunk)
                yield chunk

    def total(self) -> int:
        """All content together, in bytes."""
        return sum(path.stat().st_size for path in self._all())

    def sweep(self, needed: Collection[str]) -> None:
        """Remove what nothing needs."""
        youngest = time.time() - GRACE_SECONDS
        for path in self._all():
            if path.name not in needed and path.stat().st_mtime < youngest:
                path.unlink(missing_ok=True)

    def _all(self) -> Iterator[Path]:
        return (path for path in self._folder.glob("??/*") if _HASH.fullmatch(path.name))

    def _place(self, digest: str) -> Path | None:
        # A hash may come from a caller, and must not lead anywhere else.
        return self._folder / digest[:2] / digest if _HASH.fullmatch(digest) else None

    def _touched(self, digest: str) -> bool:
        """Whether the content is there; if so it is young again, so that no sweep takes it now."""
        try:
            os.utime(self._folder / digest[:2] / digest)
        except FileNotFoundError:
            return False
        return True
