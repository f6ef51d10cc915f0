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

    def check(self, store: Store, owner: str, size: int, *, loras: bool = False, pending: int = 0) -> None:
        """Raise `RequestError` (`over_quota`) if an upload of this size would exceed the quota.

        `pending` are the bytes of uploads that are being stored at the moment.
        """
        limit, kept = self.loras if loras else self.uploads, store.uploaded_bytes(owner, loras=loras) + pending
        if kept + size > limit:
            what = "LoRAs" if loras else "uploads"
            raise RequestError(
                "over_quota",
                f"your {what} use {kept:,} of {limit:,} bytes, and this one has {size:,}; delete some first",
            )


class Allowance:
    """What each owner may still store, with the requests in progress counted; may be used from any thread."""

    def __init__(self, quota: Quota, store: Store, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._quota = quota
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._pending: Counter[tuple[str, bool]] = Counter()
        self._fresh: defaultdict[str, deque[tuple[float, int]]] = defaultdict(deque)

    @contextmanager
    def storing(self, owner: str, size: int, *, loras: bool = False) -> Iterator[None]:
        """Count an upload while the block stores it; raises `RequestError` (`over_quota`) if it would be too much."""
        with self._lock:
            self._quota.check(self._store, owner, size, loras=loras, pending=self._pending[owner, loras])
            self._pending[owner, loras] += size
        try:
            yield
        finally:
            with self._lock:
                self._pending[owner, loras] -= size

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
