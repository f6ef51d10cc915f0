"""What blocks goes to threads: a fair share of them for each owner, and none for callers who are gone.

A thread cannot be ended from outside, so work that may take long asks `checkpoint` between its steps.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from ryla_graphs.problems import RylaError

P = ParamSpec("P")
T = TypeVar("T")

MOST = 64
"""How many threads work for callers at once; more wait. Jobs do not count."""
SHARE = 16
"""So many of them may be at one owner's work; what else that owner wants waits; other owners do not."""
WORK_SECONDS = 120.0
"""How long the work of one request may take, its downloads included."""
_WATCHED_AFTER = 0.05
"""Most work is done before it is worth a look whether the caller is still there."""


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
            with suppress(RuntimeError):  # the loop is closed, and no caller waits
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


class CallerGone(BaseException):
    """No caller waits for the answer any more. No `Exception`, so that no handler makes an answer of it."""


class WorkTimedOut(RylaError, TimeoutError):
    """The work of a request took longer than it may."""


@dataclass(frozen=True)
class Caller:
    """Who asked for what is done now, and whether it is still wanted."""

    owner: str
    gone: threading.Event
    watch: Callable[[], None]
    """Begins to look whether the caller hangs up, which sets `gone`."""


CALLER: ContextVar[Caller | None] = ContextVar("caller", default=None)
_SHARES: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Semaphore]] = WeakKeyDictionary()


class _Work(threading.local):
    caller: Caller | None = None
    deadline: float | None = None


_WORK = _Work()


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do blocking work in a thread once the owner's share has one; raises `CallerGone` if no caller waits then."""
    caller = CALLER.get()
    if caller is None:
        return await _POOL.call(partial(work, *args, **kwargs))
    loop = asyncio.get_running_loop()
    watch = loop.call_later(_WATCHED_AFTER, caller.watch)
    try:
        async with _SHARES.setdefault(loop, {}).setdefault(caller.owner, asyncio.Semaphore(SHARE)):
            if caller.gone.is_set():
                raise CallerGone
            return await _POOL.call(partial(_done_for, caller, partial(work, *args, **kwargs)))
    finally:
        watch.cancel()


def _done_for(caller: Caller, work: Callable[[], T]) -> T:
    _WORK.caller, _WORK.deadline = caller, time.monotonic() + WORK_SECONDS
    try:
        return work()
    finally:
        _WORK.caller = _WORK.deadline = None


def checkpoint(*, timed: bool = True) -> None:
    """Called between two steps of long work; raises `CallerGone`, and `WorkTimedOut` if it is `timed`.

    Does nothing in threads that work for no caller, such as those of jobs.
    """
    if _WORK.caller is not None and _WORK.caller.gone.is_set():
        raise CallerGone
    if timed and _WORK.deadline is not None and time.monotonic() > _WORK.deadline:
        raise WorkTimedOut(f"the work of the request took more than {WORK_SECONDS:g} seconds")


def go_on(work: Callable[[], None]) -> None:
    """Do long work, which must not raise: in this thread once its caller is answered, or in one of its own."""
    _POOL.go_on(work)
