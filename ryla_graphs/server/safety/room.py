"""Bounds the bytes of request bodies that are in memory at once, for each owner and for all.

A body counts from the moment its first byte may arrive until its work is done, also while the work waits for a thread.
Bodies up to `SMALL_BODY` have room of their own, so they never wait for larger ones.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from collections.abc import MutableMapping
from typing import Any

from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.pool import Sleeper

SMALL_BODY = 2**20
"""The most bytes of a small body."""

_KEY = "ryla_graphs.held"
"""Where the scope of a request has its `Held`."""


class _Turn(Sleeper):
    """A body that waits for room."""

    def __init__(self, owner: str, size: int) -> None:
        super().__init__()
        self.owner, self.size, self.came = owner, size, False


class Room:
    """A number of bytes that the bodies of all owners share; each owner may use `each` of them. Thread-safe."""

    def __init__(self, total: int, each: int) -> None:
        self._total = total
        self._each = each
        self._lock = threading.Lock()
        self._used: Counter[str] = Counter()
        self._line: deque[_Turn] = deque()

    def take(self, owner: str, size: int) -> None:
        """Take room at once; raises `RequestError` (`too_many_bodies`, `bodies_full`) if there is none."""
        with self._lock:
            if (error := self._refusal(owner, size)) is not None:
                raise error
            self._used[owner] += size

    async def wait(self, owner: str, size: int, seconds: float) -> None:
        """Take room as soon as there is some; raises as `take` does if there is none within `seconds`."""
        turn = _Turn(owner, size)
        with self._lock:
            self._line.append(turn)
            self._admit()
        if turn.came:
            return
        try:
            async with asyncio.timeout(seconds):
                await turn.sleep()
        except TimeoutError:
            if self._left(turn):
                raise self._refusal(owner, size) or _full(owner=False) from None
        except asyncio.CancelledError:
            if not self._left(turn):
                self.give(owner, size)
            raise

    def give(self, owner: str, size: int) -> None:
        """Give room back; may be called in any thread."""
        with self._lock:
            self._used[owner] -= size
            if not self._used[owner]:
                del self._used[owner]
            self._admit()

    def _left(self, turn: _Turn) -> bool:
        """Leave the line; False if the turn came before."""
        with self._lock:
            if turn.came:
                return False
            self._line.remove(turn)
            self._admit()  # those behind it, if it was only too large
            return True

    def _admit(self) -> None:
        """Let in who fits. Only a body that waits for its own owner is passed by others."""
        full: set[str] = set()
        for turn in list(self._line):
            if turn.owner in full or self._used[turn.owner] + turn.size > self._each:
                full.add(turn.owner)
                continue
            if self._used.total() + turn.size > self._total:
                break
            self._line.remove(turn)
            self._used[turn.owner] += turn.size
            turn.came = True
            turn.wake()

    def _refusal(self, owner: str, size: int) -> RequestError | None:
        if self._used[owner] + size > self._each:
            return _full(owner=True)
        return _full(owner=False) if self._used.total() + size > self._total else None


def _full(*, owner: bool) -> RequestError:
    if owner:
        return RequestError("too_many_bodies", "your other requests fill your share of the memory for bodies")
    return RequestError("bodies_full", "the requests of all callers fill the memory for bodies")


class BodyMemory:
    """The memory for the bodies of all requests: `total` bytes, a quarter of them for small bodies.

    Each owner may use half of either part, but always enough for one body of `largest` bytes.
    """

    def __init__(self, total: int, largest: int) -> None:
        small = max(total // 4, 2 * SMALL_BODY)
        large = max(total - small, largest)
        self._small = Room(small, small // 2)
        self._large = Room(large, max(large // 2, largest))

    def room_of(self, size: int) -> Room:
        """The room in which a body of this size counts."""
        return self._small if size <= SMALL_BODY else self._large


class Held:
    """What one body takes of the memory, until it is freed. Thread-safe."""

    def __init__(self, memory: BodyMemory, owner: str) -> None:
        self._memory = memory
        self._owner = owner
        self._lock = threading.Lock()
        self._size = 0

    async def reserve(self, size: int, seconds: float) -> None:
        """Wait for room for a body that declares its size; raises as `Room.wait` does."""
        await self._memory.room_of(size).wait(self._owner, size, seconds)
        self._size = size

    def grow(self, size: int) -> None:
        """Take room for a body that is this large so far; raises as `Room.take` does.

        It does not wait: bodies that wait with one half in memory could wait for each other.
        """
        with self._lock:
            if size <= self._size:
                return
            before, after = self._memory.room_of(self._size), self._memory.room_of(size)
            if after is before:
                after.take(self._owner, size - self._size)
            else:
                after.take(self._owner, size)
                before.give(self._owner, self._size)
            self._size = size

    def free(self) -> None:
        """Give the room back; does nothing if it is given back already."""
        with self._lock:
            size, self._size = self._size, 0
        if size:
            self._memory.room_of(size).give(self._owner, size)

    def put_in(self, scope: MutableMapping[str, Any]) -> None:
        """Let `free_body` find this by the scope of the request."""
        scope[_KEY] = self


def free_body(scope: MutableMapping[str, Any]) -> None:
    """Note that the body of a request is no longer in memory; may be called in any thread."""
    held = scope.get(_KEY)
    if isinstance(held, Held):
        held.free()
