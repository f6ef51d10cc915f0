"""Live jobs tell their events to any number of readers.

A worker thread publishes; readers are coroutines of one event loop. Nothing polls: a reader sleeps until the loop
wakes it. What happened is sent at once, progress at most every `PROGRESS_SECONDS`, so a thousand readers of a fast
sampler cost four wakes a second each.
"""

from __future__ import annotations

import asyncio
import threading
from bisect import bisect_right
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from ryla_graphs.server.pool import Sleeper
from ryla_graphs.server.records import Ended, JobEvent

PROGRESS_SECONDS = 0.25
BACKLOG = 64
"""So many numbers may be sent before the store has one of them."""


class Channel:
    """The events of one job that has not ended. A progress is a full snapshot, so the next one takes its place."""

    def __init__(self, loop: asyncio.AbstractEventLoop, kept: Sequence[JobEvent] = ()) -> None:
        self.progress: Mapping[str, Any] | None = None
        """The last snapshot."""
        self.preview: JobEvent | None = None
        """The last preview; not kept anywhere else."""
        self.followers = 0
        """How many read along now."""
        self._loop = loop
        self._lock = threading.Lock()
        self._events = list(kept)
        self._stored = kept[-1].seq if kept else 0
        # A process that died may have sent numbers that it did not keep; no number stands for two events.
        self._seq = self._stored + 2 * BACKLOG if kept else 0
        self.end: Ended | None = None
        """How the job ended."""
        self._readers: set[asyncio.Future[None]] = set()
        self._waiting: list[Callable[[], None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._woken_at = 0.0

    def numbered(self, at: float, kind: str, data: Mapping[str, Any]) -> JobEvent:
        """The next event, not sent yet. Numbers must be published in order: one writer at a time."""
        self._seq += 1
        return JobEvent(self._seq, at, kind, data)

    def publish(self, event: JobEvent) -> None:
        """Tell an event to all readers."""
        lazily = event.kind in ("progress", "preview")
        with self._lock:
            if event.kind == "preview":
                self.preview = event
            elif event.kind == "progress" and self._events and self._events[-1].kind == "progress":
                self._events[-1] = event
            else:
                self._events.append(event)
            if event.kind == "progress":
                self.progress = event.data
        if self._readers:
            self._loop.call_soon_threadsafe(self._wake_lazily if lazily else self._wake)

    def heard(self, events: Sequence[JobEvent]) -> None:
        """Publish what another process has numbered and stored; what was sent already is skipped."""
        for event in events:
            if event.seq > self._seq:
                self._seq = event.seq
                self.publish(event)
        self._stored = self._seq

    def unstored(self) -> list[JobEvent]:
        """What was sent and is not in the store."""
        with self._lock:
            return self._beyond(self._stored)

    def stored(self) -> None:
        """All that has a number is in the store."""
        self._stored = self._seq

    @property
    def full(self) -> bool:
        """Whether it is time to store what was sent."""
        return self._seq - self._stored >= BACKLOG

    def close(self, end: Ended) -> None:
        """There is nothing more to tell."""
        with self._lock:
            self.end = end
            waiting, self._waiting = self._waiting, []
        for wake in waiting:
            wake()
        if self._readers:
            self._loop.call_soon_threadsafe(self._wake)

    def wake_at_end(self, wake: Callable[[], None]) -> bool:
        """Call that when the job ends; False where it has ended. May be called in any thread."""
        with self._lock:
            if self.end is None:
                self._waiting.append(wake)
            return self.end is None

    async def follow(self, after: int = 0) -> AsyncIterator[list[JobEvent]]:
        """The events beyond `after`, then more as they come, until the job ends; previews are among them."""
        self.followers += 1
        try:
            async with aclosing(self._followed(after)) as batches:
                async for fresh in batches:
                    yield fresh
        finally:
            self.followers -= 1

    async def _followed(self, after: int) -> AsyncGenerator[list[JobEvent], None]:
        preview: JobEvent | None = None
        while True:
            asleep = self._loop.create_future()
            self._readers.add(asleep)
            try:
                closed = self.end is not None
                fresh = self._beyond(after)
                after = fresh[-1].seq if fresh else after
                if self.preview is not None and self.preview is not preview and not closed:
                    preview = self.preview
                    fresh.append(preview)
                if fresh:
                    yield fresh
                elif closed:
                    return
                else:
                    await asleep
            finally:
                self._readers.discard(asleep)

    async def ended(self) -> Ended:
        """Sleep until the job ends."""
        sleeper = Sleeper()
        if self.wake_at_end(sleeper.wake):
            await sleeper.sleep()
        assert self.end is not None
        return self.end

    def _beyond(self, seq: int) -> list[JobEvent]:
        return self._events[bisect_right(self._events, seq, key=lambda event: event.seq) :]

    def _wake_lazily(self) -> None:
        due = self._woken_at + PROGRESS_SECONDS
        if self._timer is None and self._loop.time() < due:
            self._timer = self._loop.call_at(due, self._wake)
        elif self._timer is None:
            self._wake()

    def _wake(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._woken_at = self._loop.time()
        self._readers = _woken(self._readers)


def _woken(sleepers: set[asyncio.Future[None]]) -> set[asyncio.Future[None]]:
    """Wake all; gives the empty set that is left."""
    for asleep in sleepers:
        if not asleep.done():
            asleep.set_result(None)
    return set()
