"""Storage quotas of owners, so that no owner's files fill the disk or displace another's."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.storage import Store

HOUR_SECONDS = 3600.0
"""The time over which new input files are counted: about as long as the store keeps those that no job needs."""


@dataclass(frozen=True, slots=True)
class Quota:
    """The most bytes that each owner may store."""

    uploads: int = 4 * 2**30
    loras: int = 64 * 2**30
    inputs: int = 16 * 2**30
    """Of input files within an hour that the server did not have yet. The inputs of ended jobs are deleted every hour,
    if there are too many; until then, refused requests and cancelled jobs would fill the disk."""


class Quotas:
    """Holds the owners of a store to their quota. Thread-safe."""

    def __init__(self, store: Store, quota: Quota, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._quota = quota
        self._clock = clock
        self._lock = threading.Lock()
        self._arriving: Counter[tuple[str, bool]] = Counter()
        """The bytes of uploads that are not in the store yet, by owner, LoRAs apart."""
        self._fresh: defaultdict[str, deque[tuple[float, int]]] = defaultdict(deque)
        """When each new input file of the last hour arrived, and its bytes, by owner."""

    @contextmanager
    def room(self, owner: str, size: int, *, loras: bool = False, digest: str | None = None) -> Iterator[None]:
        """Room for an upload of this size while it is stored, which no upload that arrives at the same time gets.

        If the owner has content with this `digest` among them already, it takes no more room.

        Raises `RequestError` (`over_quota`) if there is none.
        """
        of = owner, loras
        free = digest is not None and self._has(owner, digest, loras=loras)
        size = 0 if free else size
        with self._lock:
            limit = self._quota.loras if loras else self._quota.uploads
            kept = self._store.uploaded_bytes(owner, loras=loras) + self._arriving[of]
            if not free and kept + size > limit:
                what = "LoRAs" if loras else "uploads"
                raise RequestError(
                    "over_quota",
                    f"your {what} use {kept:,} of {limit:,} bytes, and this one has {size:,}; delete some first",
                )
            self._arriving[of] += size
        try:
            yield
        finally:
            with self._lock:
                self._arriving[of] -= size
                self._arriving += Counter()  # without owners who have nothing under way

    def _has(self, owner: str, digest: str, *, loras: bool) -> bool:
        """Whether the uploads of an owner, or the LoRAs, have this content."""
        same = self._store.assets(owner, digest)
        return any(asset.job_id is None and (asset.kind == "lora") is loras for asset in same)

    def check_inputs(self, owner: str) -> None:
        """Raise `RequestError` (`over_quota`) if the owner's requests brought too many new input files recently."""
        with self._lock:
            now, fresh = self._clock(), self._fresh[owner]
            while fresh and fresh[0][0] <= now - HOUR_SECONDS:
                fresh.popleft()
            used = sum(size for _, size in fresh)
            if not fresh:
                del self._fresh[owner]
        if used >= self._quota.inputs:
            wait = max(1, round(fresh[0][0] + HOUR_SECONDS - now)) if fresh else None
            text = f"your requests brought {used:,} bytes of new input files within an hour, of {self._quota.inputs:,}"
            raise RequestError("over_quota", f"{text}; wait, or name earlier files by their ids", retry_after=wait)

    def brought(self, owner: str, size: int) -> None:
        """Count a new input file."""
        with self._lock:
            self._fresh[owner].append((self._clock(), size))
