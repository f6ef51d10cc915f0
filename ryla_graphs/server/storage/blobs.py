"""Content-addressed files in a folder: ``ab/abcdef…``, each complete or not there at all."""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from blake3 import blake3

from ryla_graphs.problems import NotFound
from ryla_graphs.server.storage.base import Blob
from ryla_graphs.server.storage.trouble import keeping

CHUNK = 256 * 1024
GRACE_SECONDS = 3600.0
"""Content this young is never swept: the row that needs it may be on its way."""

_HASH = re.compile(r"[0-9a-f]{64}")


class FileBlobs:
    """Files under a folder; see `ryla_graphs.server.storage.base.Blobs`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Joined as text below: `Path` costs as much as the writing of a small file.
        self._root = str(folder)
        begun = folder / "begun"
        begun.mkdir(mode=0o700, parents=True, exist_ok=True)
        for leftover in begun.iterdir():
            leftover.unlink()

    def path(self, digest: str) -> Path:
        """Where the content is; raises `NotFound` if that is nowhere."""
        path = Path(self._place(digest))
        if not path.exists():
            raise _nothing(digest)
        return path

    def put(self, content: bytes | Iterable[bytes]) -> Blob:
        """Write beside, then move into place; content that is there already is not written again."""
        with keeping():
            return self._put(content)

    def _put(self, content: bytes | Iterable[bytes]) -> Blob:
        temporary = f"{self._root}/begun/{uuid.uuid4().hex}"
        try:
            if isinstance(content, bytes):
                digest, size = blake3(content).hexdigest(), len(content)
                if self._touched(digest):
                    return Blob(digest, size, new=False)
                with open(temporary, "xb", opener=_private) as file:
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
            return Path(self._place(digest)).stat().st_size
        except (FileNotFoundError, NotFound):
            return None

    def read(self, digest: str) -> bytes:
        try:
            with keeping(), open(self._place(digest), "rb") as file:  # noqa: PTH123
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
        """Whether the content is there; if so it is young again, so that no sweep takes it now."""
        try:
            os.utime(self._place(digest))
        except FileNotFoundError:
            return False
        return True


def place_of(digest: str) -> str:
    """The path of a content below its folder; raises `NotFound` for what is no hash."""
    # A hash may come from a caller, and must not lead anywhere else.
    if _HASH.fullmatch(digest) is None:
        raise _nothing(digest)
    return f"{digest[:2]}/{digest}"


def _written(path: str, content: Iterable[bytes]) -> tuple[str, int]:
    """Hash and size of what was written."""
    hasher, size = blake3(), 0
    with open(path, "xb", opener=_private) as file:
        for chunk in content:
            hasher.update(chunk)
            size += len(chunk)
            file.write(chunk)
    return hasher.hexdigest(), size


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _nothing(digest: str) -> NotFound:
    return NotFound(f"there is no content with the hash '{digest[:80]}'")
