"""Threads for what blocks. Coroutines hand work over, and sleep until it is done or until somebody wakes them."""

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
"""Wakes a coroutine, from any thread; once is as good as often."""
SleepsOn = Callable[[T, Wake], bool]
"""Given what some work gave, whether the coroutine must sleep on; something else then calls what wakes it."""


class Sleeper:
    """A coroutine that sleeps until some thread wakes it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._awake: asyncio.Future[None] = self._loop.create_future()

    async def sleep(self) -> None:
        """Sleep, in the coroutine that made this."""
        await self._awake

    def wake(self) -> None:
        """Wake it; may be called in any thread, and again."""
        with suppress(RuntimeError):  # the loop is closed, and nothing sleeps there
            self._loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        if not self._awake.done():  # what slept may have gone
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
        """Do the work, in a thread; raises nothing."""
        try:
            given = self._work()
        except BaseException as error:  # noqa: BLE001 - raised where it is awaited
            self._raised = error
        else:
            self._given.append(given)
            sleeps_on = self._sleeps_on  # after what was given is there, see `result`
            if sleeps_on is not None and sleeps_on(given, self.wake):
                return
        self.wake()

    async def result(self, seconds: float | None = None) -> T:
        """What the work gives or raises; where it is done, the coroutine sleeps on for so long at most."""
        timer = None if seconds is None else self._loop.call_later(seconds, self._settle)
        try:
            await self.sleep()
            if not self._done:
                # The time is up, so it sleeps no longer than the work takes. One of two sees the other: the thread
                # gives first and then looks whether to wake; this says first that it is to be woken, and then looks.
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
    """A thread, and where it gets its next task from."""

    def __init__(self) -> None:
        self.tasks: queue.SimpleQueue[Wake] = queue.SimpleQueue()


class Pool:
    """Threads that are started as they are needed. The one that rested last works next: its memory is still warm.

    Not the pool of asyncio or anyio, whose bookkeeping costs more than most of what is done here. And when a call has
    been answered its thread can go on with the job that it brought (`go_on`), so that no other thread has to wake up.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._resting: list[_Worker] = []
        self._waiting: deque[Wake] = deque()
        self._threads = 0
        self._here = threading.local()

    def put(self, task: Wake) -> None:
        """Do a task, which must not raise."""
        with self._lock:
            if self._resting:
                self._resting.pop().tasks.put(task)
            elif self._threads < self._most:
                self._threads += 1
                threading.Thread(target=self._work, args=(task,), name="ryla-worker", daemon=True).start()
            else:
                self._waiting.append(task)

    def go_on(self, work: Wake) -> None:
        """Do long work, which must not raise: in this thread, once the task that it works at is done."""
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
            self._threads -= 1  # others may have its place meanwhile
        self._start_one()
        try:
            work()
        finally:
            with self._lock:
                self._threads += 1

    def _start_one(self) -> None:
        """Have a task that waits begin, where a place has become free."""
        with self._lock:
            task = self._waiting.popleft() if self._waiting else None
        if task is not None:
            self.put(task)
