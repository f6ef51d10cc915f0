"""Content-addressed files in a folder: ``ab/abcdef…``, each either complete or absent."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from blake3 import blake3

from ryla_graphs.problems import NotFound, StoreUnreachable
from ryla_graphs.server.storage.base import Blob
from ryla_graphs.server.storage.clock import SlowClock
from ryla_graphs.server.storage.disk_errors import disk_errors

CHUNK = 256 * 1024
GRACE_SECONDS = 3600.0
"""Seconds for which new content is never swept: the row that needs it may not be written yet."""

_HASH = re.compile(r"[0-9a-f]{64}")


class FileBlobs:
    """Files under a folder; see `ryla_graphs.server.storage.base.Blobs`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Paths are joined as text below: `Path` costs as much as writing a small file.
        self._root = str(folder)
        self._clock = SlowClock()
        begun = folder / "begun"
        begun.mkdir(mode=0o700, parents=True, exist_ok=True)
        for leftover in begun.iterdir():
            leftover.unlink()

    def path(self, digest: str) -> Path:
        """The path of the content; raises `NotFound` if there is none."""
        path = Path(self._place(digest))
        if not path.exists():
            raise _nothing(digest)
        return path

    def put(self, content: bytes | Iterable[bytes]) -> Blob:
        """Write to a temporary file, then move it into place; content that exists already is not written again."""
        self._clock.now()
        with disk_errors():
            try:
                return self._put(content)
            except FileNotFoundError as error:
                raise StoreUnreachable("files cannot be stored: their folder is gone") from error

    def _put(self, content: bytes | Iterable[bytes]) -> Blob:
        temporary = f"{self._root}/begun/{uuid.uuid4().hex}"
        try:
            if isinstance(content, bytes):
                digest, size = blake3(content).hexdigest(), len(content)
                if self._touched(digest):
                    return Blob(digest, size, new=False)
                with _opened(temporary) as file:
                    file.write(content)
            else:
                digest, size = _written(temporary, content)
                if self._touched(digest):
                    Path(temporary).unlink()
                    return Blob(digest, size, new=False)
            self._move(temporary, digest)
        except BaseException:
            with suppress(OSError):
                Path(temporary).unlink(missing_ok=True)
            raise
        return Blob(digest, size, new=True)

    def size(self, digest: str) -> int | None:
        try:
            with disk_errors():
                return Path(self._place(digest)).stat().st_size
        except (FileNotFoundError, NotFound):
            return None

    def read(self, digest: str) -> bytes:
        try:
            with disk_errors(), open(self._place(digest), "rb") as file:  # noqa: PTH123
                return file.read()
        except FileNotFoundError:
            raise _nothing(digest) from None

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
        """The size of all content in bytes."""
        return sum(path.stat().st_size for path in self._all())

    def sweep(self, needed: Collection[str]) -> None:
        """Delete content that nothing needs."""
        youngest = self._clock.now() - GRACE_SECONDS
        for path in self._all():
            if path.name not in needed and path.stat().st_mtime < youngest:
                path.unlink(missing_ok=True)

    def _all(self) -> Iterator[Path]:
        return (path for path in self._folder.glob("??/*") if _HASH.fullmatch(path.name))

    def _place(self, digest: str) -> str:
        return f"{self._root}/{place_of(digest)}"

    def _move(self, temporary: str, digest: str) -> None:
        place = self._place(digest)
        try:
            os.replace(temporary, place)  # noqa: PTH105
        except FileNotFoundError:
            Path(place).parent.mkdir(exist_ok=True)
            os.replace(temporary, place)  # noqa: PTH105

    def _touched(self, digest: str) -> bool:
        """Whether the content exists; if so, make it young again, so that no sweep deletes it now."""
        try:
            os.utime(self._place(digest))
        except FileNotFoundError:
            return False
        return True


def place_of(digest: str) -> str:
    """The path of content below the folder; raises `NotFound` if `digest` is not a hash."""
    # The hash may come from a caller, and must not lead out of the folder.
    if _HASH.fullmatch(digest) is None:
        raise _nothing(digest)
    return f"{digest[:2]}/{digest}"


def _written(path: str, content: Iterable[bytes]) -> tuple[str, int]:
    """Write content; returns its hash and size."""
    hasher, size = blake3(), 0
    with _opened(path) as file:
        for chunk in content:
            hasher.update(chunk)
            size += len(chunk)
            file.write(chunk)
    return hasher.hexdigest(), size


def _opened(path: str) -> BinaryIO:
    """A new file, in a folder that a cleaner of empty folders may have deleted."""
    try:
        return open(path, "xb", opener=_private)
    except FileNotFoundError:
        Path(path).parent.mkdir(mode=0o700, exist_ok=True)
        return open(path, "xb", opener=_private)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _nothing(digest: str) -> NotFound:
    return NotFound(f"there is no content with the hash '{digest[:80]}'")
