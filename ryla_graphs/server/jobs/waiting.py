"""The bounded queue between callers and workers."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

from ryla_graphs.server.errors import RequestError

RETRY_SECONDS = (1, 120)
"""The least and the most seconds for `Retry-After`."""


class JobQueue:
    """The ids of waiting jobs in order, and the slots that jobs run in.

    A caller reserves a place first, so that an accepted job always fits. A thread that holds a slot runs one job after
    the other until `take` returns None.
    """

    def __init__(self, limit: int, slots: int) -> None:
        self._limit = limit
        self._slots = slots
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._positions: dict[str, int] | None = {}
        """The position of each; None after a change that moved some."""
        self._reserved = 0
        self._busy = 0
        self._closed = False
        self._seconds = 1.0
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._ids)

    def reserve(self) -> bool:
        """Reserve a slot, or else a place in the queue; True if it is a slot.

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
        """Release a reserved place."""
        with self._changed:
            self._reserved -= 1

    def put(self, job_id: str) -> bool:
        """Fill a reserved place; True if a slot has become free, which the caller then holds."""
        with self._changed:
            self._reserved -= 1
            self._append([job_id])
            return self._slot_for_one()

    def restore(self, job_ids: list[str]) -> int:
        """Queue jobs of another process, without a limit; returns how many slots the caller holds now."""
        with self._changed:
            self._append(job_ids)
            return sum(self._slot_for_one() for _ in job_ids)

    def take(self) -> str | None:
        """The next job for a slot that the caller holds; if there is none, releases the slot and returns None."""
        with self._changed:
            if self._ids and not self._closed:
                self._positions = None
                return self._ids.popitem(last=False)[0]
            self._busy -= 1
            self._changed.notify_all()
            return None

    def _slot_for_one(self) -> bool:
        free = self._busy < self._slots and not self._closed
        self._busy += free
        return free

    def remove(self, job_id: str) -> int | None:
        """Remove a job; returns how many jobs waited before it, None if it is not waiting."""
        with self._changed:
            if job_id not in self._ids:
                return None
            position = self._where()[job_id]
            del self._ids[job_id]
            self._positions = None
            return position

    def put_back(self, job_id: str, position: int) -> bool:
        """Undo `remove`; True if a slot has become free, which the caller then holds."""
        with self._changed:
            rest = [*self._ids][position:]
            self._append([job_id])
            for each in rest:
                self._ids.move_to_end(each)
            self._positions = None
            return self._slot_for_one()

    def position(self, job_id: str) -> int | None:
        """How many jobs wait before this one; None if it does not wait."""
        with self._changed:
            return self._where().get(job_id)

    def _append(self, job_ids: Iterable[str]) -> None:
        for job_id in job_ids:
            if self._positions is not None:
                self._positions[job_id] = len(self._ids)
            self._ids[job_id] = None

    def _where(self) -> dict[str, int]:
        """The position of each job. Lists ask for hundreds among thousands, so it is computed once for all."""
        if self._positions is None:
            self._positions = {job_id: position for position, job_id in enumerate(self._ids)}
        return self._positions

    def took(self, seconds: float) -> None:
        """Record how long a job took, for `wait_seconds`."""
        self._seconds += 0.2 * (seconds - self._seconds)

    def wait_seconds(self) -> int:
        """Estimated seconds until a place is free, from the durations of recent jobs."""
        least, most = RETRY_SECONDS
        return round(min(most, max(least, self._seconds * (len(self._ids) + 1) / self._slots)))

    def close(self) -> None:
        """Start no more jobs; the waiting ones stay in the store."""
        with self._changed:
            self._closed = True

    def rest(self, seconds: float) -> None:
        """Wait until no slot is held, for `seconds` at most."""
        with self._changed:
            self._changed.wait_for(lambda: not self._busy, seconds)
