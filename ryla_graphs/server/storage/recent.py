"""Keeps recent content in memory, since most of it is read right after it is made."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator

from ryla_graphs.server.storage.base import Blob, Blobs

LARGEST = 4 * 2**20
TOTAL = 32 * 2**20
"""The most bytes in memory of one file, and of all files."""


class RecentBlobs:
    """The content of a store, with the latest also in memory; see `ryla_graphs.server.storage.base.Blobs`."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._lock = threading.Lock()
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    def held(self, digest: str) -> bytes | None:
        """The content if it is in memory; does not block."""
        return self._held.get(digest)

    def put(self, content: bytes | Iterable[bytes]) -> Blob:
        blob = self._blobs.put(content)
        if isinstance(content, bytes) and len(content) <= LARGEST:
            self._hold(blob.hash, content)
        return blob

    def size(self, digest: str) -> int | None:
        return self._blobs.size(digest)

    def read(self, digest: str) -> bytes:
        held = self.held(digest)
        return self._blobs.read(digest) if held is None else held

    def stream(self, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        return self._blobs.stream(digest, start, end)

    def _hold(self, digest: str, content: bytes) -> None:
        with self._lock:
            if digest not in self._held:
                self._held[digest] = content
                self._bytes += len(content)
            while self._bytes > TOTAL:
                _, oldest = self._held.popitem(last=False)
                self._bytes -= len(oldest)
