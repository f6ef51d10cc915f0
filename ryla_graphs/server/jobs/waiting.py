"""The bounded queue between callers and workers."""

from __future__ import annotations

import threading
from collections import deque

from ryla_graphs.server.errors import RequestError

RETRY_SECONDS = (1, 120)
"""The least and the most that a caller has to wait."""


class JobQueue:
    """Ids of jobs in order, and the slots that they run in.

    A caller reserves a place first, so that what is accepted always fits. Whoever holds a slot runs job after job until
    `take` has none for it.
    """

    def __init__(self, limit: int, slots: int) -> None:
        self._limit = limit
        self._slots = slots
        self._ids: deque[str] = deque()
        self._reserved = 0
        self._busy = 0
        self._closed = False
        self._seconds = 1.0
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._ids)

    def reserve(self) -> bool:
        """Hold a slot, or else a place in the queue; says whether it is a slot.

        Raises `RequestError`: `queue_full`, or `not_ready` while the server stops.
        """
        with self._changed:
            if self._closed:
                raise RequestError("not_ready", "the server is stopping", retry_after=RETRY_SECONDS[0])
            if self._busy < self._slots and not self._ids:
                self._busy += 1
                return True
            if len(self._ids) + self._reserved >= self._limit:
                text = f"{len(self._ids)} jobs are waiting already, which is the limit"
                raise RequestError("queue_full", text, retry_after=self.wait_seconds())
            self._reserved += 1
            return False

    def release(self) -> None:
        """Give a reserved place back."""
        with self._changed:
            self._reserved -= 1

    def put(self, job_id: str) -> bool:
        """Fill a reserved place; says whether that gave the caller a slot, since one has become free."""
        with self._changed:
            self._reserved -= 1
            self._ids.append(job_id)
            return self._slot_for_one()

    def restore(self, job_ids: list[str]) -> int:
        """Take up jobs of another process, whatever the limit; gives how many slots the caller holds now."""
        with self._changed:
            self._ids.extend(job_ids)
            return sum(self._slot_for_one() for _ in job_ids)

    def take(self) -> str | None:
        """The next job for a slot that the caller holds; None if there is none, and then the slot is given back."""
        with self._changed:
            if self._ids and not self._closed:
                return self._ids.popleft()
            self._busy -= 1
            self._changed.notify_all()
            return None

    def _slot_for_one(self) -> bool:
        free = self._busy < self._slots and not self._closed
        self._busy += free
        return free

    def remove(self, job_id: str) -> bool:
        """Take a job out; False where it is not waiting."""
        with self._changed:
            if job_id not in self._ids:
                return False
            self._ids.remove(job_id)
            return True

    def position(self, job_id: str) -> int | None:
        """How many are before a job; None if it does not wait."""
        with self._changed:
            return self._ids.index(job_id) if job_id in self._ids else None

    def took(self, seconds: float) -> None:
        """Learn how long a job took, for `wait_seconds`."""
        self._seconds += 0.2 * (seconds - self._seconds)

    def wait_seconds(self) -> int:
        """When a place may be free, by how long jobs took of late."""
        least, most = RETRY_SECONDS
        return round(min(most, max(least, self._seconds * (len(self._ids) + 1) / self._slots)))

    def close(self) -> None:
        """Let nothing more begin; what waits stays in the store."""
        with self._changed:
            self._closed = True

    def rest(self, seconds: float) -> None:
        """Wait until no slot is held, for so long at most."""
        with self._changed:
            self._changed.wait_for(lambda: not self._busy, seconds)
