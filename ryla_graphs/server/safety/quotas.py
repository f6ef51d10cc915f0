"""Storage quotas of owners, so that no owner's uploads fill the disk or displace another's."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.storage import Store


@dataclass(frozen=True, slots=True)
class Quota:
    """The most bytes that each owner may store."""

    uploads: int = 4 * 2**30
    loras: int = 64 * 2**30


class Quotas:
    """Holds the owners of a store to their quota. Thread-safe."""

    def __init__(self, store: Store, quota: Quota) -> None:
        self._store = store
        self._quota = quota
        self._arriving: Counter[tuple[str, bool]] = Counter()
        """The bytes of uploads that are not in the store yet, by owner, LoRAs apart."""
        self._lock = threading.Lock()

    @contextmanager
    def room(self, owner: str, size: int, *, loras: bool = False) -> Iterator[None]:
        """Room for an upload of this size while it is stored, which no upload that arrives at the same time gets.

        Raises `RequestError` (`over_quota`) if there is none.
        """
        of = owner, loras
        with self._lock:
            limit = self._quota.loras if loras else self._quota.uploads
            kept = self._store.uploaded_bytes(owner, loras=loras) + self._arriving[of]
            if kept + size > limit:
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
