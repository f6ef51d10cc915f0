"""What blocks goes to threads."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

MOST = 64
"""How many threads work for callers at once; more wait. Jobs do not count."""


class Pool:
    """Threads that are started as they are needed.

    Not the pool of asyncio or anyio, whose bookkeeping costs more than most of what is done here. And when a call has
    been answered its thread can go on with the job that it brought (`go_on`), so that no other thread has to wake up.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._tasks: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0
        self._threads = 0
        self._here = threading.local()

    async def call(self, work: Callable[[], T]) -> T:
        """What the work gives or raises, done in a thread."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def task() -> None:
            try:
                outcome = partial(done.set_result, work())
            except BaseException as error:  # noqa: BLE001 - raised where it is awaited
                outcome = partial(done.set_exception, error)
            with suppress(RuntimeError):  # the loop is closed, and nobody waits
                loop.call_soon_threadsafe(_settle, done, outcome)

        self._put(task)
        return await done

    def go_on(self, work: Callable[[], None]) -> None:
        """Do long work, which must not raise: in this thread, once the call that it works for is answered."""
        if getattr(self._here, "next", self) is None:
            self._here.next = work
        else:
            self._put(partial(self._long, work))

    def _put(self, task: Callable[[], None]) -> None:
        self._tasks.put(task)
        with self._lock:
            if self._idle:
                self._idle -= 1
            elif self._threads < self._most:
                self._threads += 1
                threading.Thread(target=self._work, name="ryla-worker", daemon=True).start()

    def _work(self) -> None:
        while True:
            try:
                task = self._tasks.get_nowait()
            except queue.Empty:
                with self._lock:
                    self._idle += 1
                task = self._tasks.get()
            self._here.next = None
            task()
            following, self._here.next = self._here.next, self
            if following is not None:
                self._long(following)

    def _long(self, work: Callable[[], None]) -> None:
        with self._lock:
            self._threads -= 1  # others may have its place meanwhile
        try:
            work()
        finally:
            with self._lock:
                self._threads += 1


def _settle(done: asyncio.Future[Any], outcome: Callable[[], None]) -> None:
    if not done.done():  # whoever waited may have gone
        outcome()


_POOL = Pool()


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do blocking work in a thread."""
    return await _POOL.call(partial(work, *args, **kwargs))


def go_on(work: Callable[[], None]) -> None:
    """Do long work, which must not raise: in this thread once its caller is answered, or in one of its own."""
    _POOL.go_on(work)
