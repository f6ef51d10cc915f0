"""A thread pool. Coroutines hand over blocking work, and sleep until it is done or until another thread wakes them."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Generic, TypeVar

T = TypeVar("T")

Wake = Callable[[], None]
"""Wakes a coroutine, from any thread; calling it again does nothing."""
SleepsOn = Callable[[T, Wake], bool]
"""Says, given a result and a `Wake`, whether the coroutine must sleep on until something else calls the `Wake`."""


class Sleeper:
    """A coroutine that sleeps until some thread wakes it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._awake: asyncio.Future[None] = self._loop.create_future()

    async def sleep(self) -> None:
        """Sleep; call it in the coroutine that made this."""
        await self._awake

    def wake(self) -> None:
        """Wake the coroutine; may be called in any thread, and repeatedly."""
        with suppress(RuntimeError):  # the loop is closed, so nothing sleeps there
            self._loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        if not self._awake.done():  # the coroutine may be gone
            self._awake.set_result(None)


class Call(Sleeper, Generic[T]):
    """Work that a thread does for a coroutine."""

    def __init__(self, work: Callable[[], T], sleeps_on: SleepsOn[T] | None = None) -> None:
        super().__init__()
        self._work = work
        self._sleeps_on = sleeps_on
        self._given: list[T] = []
        self._raised: BaseException | None = None

    def run(self) -> None:
        """Do the work, in a thread; never raises."""
        try:
            given = self._work()
        except BaseException as error:  # noqa: BLE001 - raised where it is awaited
            self._raised = error
        else:
            self._given.append(given)
            sleeps_on = self._sleeps_on  # read after the result is set, see `result`
            if sleeps_on is not None and sleeps_on(given, self.wake):
                return
        self.wake()

    async def result(self, seconds: float | None = None) -> T:
        """Return or raise what the work does. Once it is done, the coroutine sleeps on for `seconds` at most."""
        timer = None if seconds is None else self._loop.call_later(seconds, self._settle)
        try:
            await self.sleep()
            if not self._done:
                # The time is up, so sleep only until the work is done. No wake-up is lost: the thread sets its result
                # and then checks `sleeps_on`; this clears `sleeps_on` and then checks for a result.
                self._awake, self._sleeps_on = self._loop.create_future(), None
                if not self._done:
                    await self.sleep()
        finally:
            if timer is not None:
                timer.cancel()
        if self._raised is not None:
            raise self._raised
        return self._given[0]

    @property
    def _done(self) -> bool:
        return bool(self._given) or self._raised is not None


class _Worker:
    """A thread, and the slot through which it gets its next task."""

    def __init__(self) -> None:
        self.tasks: queue.SimpleQueue[Wake] = queue.SimpleQueue()


class Pool:
    """Threads, started when needed. The thread that became idle last works next, because its caches are still warm.

    It replaces the pools of asyncio and anyio, whose bookkeeping costs more than most of the work here. Also, after a
    call is answered, its thread can continue with the job that came with it (`go_on`), without waking another thread.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._resting: list[_Worker] = []
        self._waiting: deque[Wake] = deque()
        self._threads = 0
        self._here = threading.local()

    def put(self, task: Wake) -> None:
        """Run a task, which must not raise."""
        with self._lock:
            if self._resting:
                self._resting.pop().tasks.put(task)
            elif self._threads < self._most:
                self._threads += 1
                threading.Thread(target=self._work, args=(task,), name="ryla-worker", daemon=True).start()
            else:
                self._waiting.append(task)

    def go_on(self, work: Wake) -> None:
        """Run long work, which must not raise, in this thread after its current task."""
        if getattr(self._here, "next", self) is None:
            self._here.next = work
        else:
            self.put(partial(self._long, work))

    def _work(self, task: Wake) -> None:
        worker, here = _Worker(), self._here
        while True:
            here.next = None
            task()
            following, here.next = here.next, self
            if following is not None:
                self._long(following)
            with self._lock:
                if resting := not self._waiting:
                    self._resting.append(worker)
                else:
                    task = self._waiting.popleft()
            if resting:
                task = worker.tasks.get()

    def _long(self, work: Wake) -> None:
        with self._lock:
            self._threads -= 1  # frees its place for another thread
        self._start_one()
        try:
            work()
        finally:
            with self._lock:
                self._threads += 1

    def _start_one(self) -> None:
        """Start a waiting task if a place has become free."""
        with self._lock:
            task = self._waiting.popleft() if self._waiting else None
        if task is not None:
            self.put(task)
