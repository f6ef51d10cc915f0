"""Delivers the events of live jobs to any number of readers.

A worker thread publishes; readers are coroutines of one event loop. Nothing polls: a reader sleeps until the loop
wakes it. Events are sent at once, but progress at most every `PROGRESS_SECONDS`, so each of a thousand readers of a
fast sampler wakes only four times a second.
"""

from __future__ import annotations

import asyncio
import threading
from bisect import bisect_right
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from ryla_graphs.server.pool import Sleeper
from ryla_graphs.server.records import Ended, JobEvent

PROGRESS_SECONDS = 0.25
BACKLOG = 64
"""How many event numbers may be sent before one of them is in the store."""


class Channel:
    """The events of one live job. A progress event is a full snapshot, so it replaces the one before."""

    def __init__(self, loop: asyncio.AbstractEventLoop, kept: Sequence[JobEvent] = ()) -> None:
        self.progress: Mapping[str, Any] | None = None
        """The latest progress snapshot."""
        self.preview: JobEvent | None = None
        """The latest preview, which is stored nowhere else."""
        self.followers = 0
        """The number of current readers."""
        self._loop = loop
        self._lock = threading.Lock()
        self._events = list(kept)
        self._stored = kept[-1].seq if kept else 0
        # A process that died may have sent numbers that it did not store; skip these, so that no number is used twice.
        self._seq = self._stored + 2 * BACKLOG if kept else 0
        self.end: Ended | None = None
        """The job's end, once it has ended."""
        self._readers: set[asyncio.Future[None]] = set()
        self._waiting: list[Callable[[], None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._woken_at = 0.0

    def numbered(self, at: float, kind: str, data: Mapping[str, Any]) -> JobEvent:
        """Make the next event, without sending it. Events must be published in order, so only one writer at a time."""
        self._seq += 1
        return JobEvent(self._seq, at, kind, data)

    def publish(self, event: JobEvent) -> None:
        """Send an event to all readers."""
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
        """Publish events that another process has numbered and stored; skip those that were sent already."""
        for event in events:
            if event.seq > self._seq:
                self._seq = event.seq
                self.publish(event)
        self._stored = self._seq

    def unstored(self) -> list[JobEvent]:
        """The events that were sent but not stored yet."""
        with self._lock:
            return self._beyond(self._stored)

    def stored(self, events: Sequence[JobEvent]) -> None:
        """Note that events are in the store, and all before them."""
        if events:
            self._stored = events[-1].seq

    @property
    def full(self) -> bool:
        """Whether the unstored events should be stored now.

        That is so with the first event after a revival: its number tells the next process which ones were used.
        """
        return self._seq - self._stored >= BACKLOG

    def close(self, end: Ended) -> None:
        """End the channel: no more events will come."""
        with self._lock:
            self.end = end
            waiting, self._waiting = self._waiting, []
        for wake in waiting:
            wake()
        if self._readers:
            self._loop.call_soon_threadsafe(self._wake)

    def wake_at_end(self, wake: Callable[[], None]) -> bool:
        """Call `wake` when the job ends; False if it has ended already. Thread-safe."""
        with self._lock:
            if self.end is None:
                self._waiting.append(wake)
            return self.end is None

    async def follow(self, after: int = 0) -> AsyncGenerator[list[JobEvent], None]:
        """The events after number `after`, then live ones, until the job ends; includes previews."""
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
    """Wake all sleepers; returns the new, empty set."""
    for asleep in sleepers:
        if not asleep.done():
            asleep.set_result(None)
    return set()
