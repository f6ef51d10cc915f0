"""The bounded queue between callers and workers."""

from __future__ import annotations

import threading
from collections import deque

from ryla_graphs.server.errors import RequestError

RETRY_SECONDS = (1, 120)
"""The least and the most that a caller is told to wait."""


class JobQueue:
    """Ids of jobs in order. A caller reserves a place first, so that what is accepted always fits."""

    def __init__(self, limit: int, slots: int) -> None:
        self._limit = limit
        self._slots = slots
        self._ids: deque[str] = deque()
        self._reserved = 0
        self._closed = False
        self._seconds = 1.0
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._ids)

    def reserve(self) -> None:
        """Hold a place; raises `RequestError` (`queue_full`) where there is none."""
        with self._changed:
            if self._closed:
                raise RequestError("not_ready", "the server is stopping", retry_after=RETRY_SECONDS[0])
            if len(self._ids) + self._reserved >= self._limit:
                text = f"{len(self._ids)} jobs are waiting already, which is the limit"
                raise RequestError("queue_full", text, retry_after=self.wait_seconds())
            self._reserved += 1

    def release(self) -> None:
        """Give a reserved place back."""
        with self._changed:
            self._reserved -= 1

    def put(self, job_id: str) -> None:
        """Fill a reserved place."""
        with self._changed:
            self._reserved -= 1
            self._ids.append(job_id)
            self._changed.notify()

    def restore(self, job_ids: list[str]) -> None:
        """Take up jobs of another process, whatever the limit."""
        with self._changed:
            self._ids.extend(job_ids)
            self._changed.notify_all()

    def take(self) -> str | None:
        """The next job, as soon as there is one; None once the queue is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._ids or self._closed)
            return None if self._closed else self._ids.popleft()

    def remove(self, job_id: str) -> bool:
        """Take a job out; False where it is not waiting."""
        with self._changed:
            if job_id not in self._ids:
                return False
            self._ids.remove(job_id)
            return True

    def position(self, job_id: str) -> int | None:
        """How many are before a job; None where it does not wait."""
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
        """Let all workers go; what waits stays in the store."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
